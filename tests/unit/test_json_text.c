/* JSON strings to bytes and back. */
#include "base/json.h"

#include "support/main.h"
#include "support/table.h"

static const struct {
    struct span json;
    struct span bytes;
} decoded[] = {
    {BYTES("\"\""), BYTES("")},
    {BYTES("\"abc\""), BYTES("abc")},
    {BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), BYTES("\"\\/\b\f\n\r\t")},
    {BYTES("\"a\\nb\\n\""), BYTES("a\nb\n")},
    {BYTES("\"\\u0041\\u007f\""), BYTES("A\x7f")},
    {BYTES("\"\\u0080\\u07ff\""), BYTES("\xc2\x80\xdf\xbf")},
    {BYTES("\"\\u0800\\uFFFF\""), BYTES("\xe0\xa0\x80\xef\xbf\xbf")},
    {BYTES("\"\\ud83d\\uDE00\""), BYTES("\xf0\x9f\x98\x80")},
    {BYTES("\"\\uD800\\uDC00\""), BYTES("\xf0\x90\x80\x80")},
    {BYTES("\"\\uDBFF\\uDFFF\""), BYTES("\xf4\x8f\xbf\xbf")},
    {BYTES("\"\xc3\xa4\\u00e4\xc3\xa4\""), BYTES("\xc3\xa4\xc3\xa4\xc3\xa4")},
    {BYTES("\"\\\\u0041\""), BYTES("\\u0041")},
    {BYTES("\"x\\\\\""), BYTES("x\\")},
};

static struct json_value check_string(struct span json)
{
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(json_check(json, &value, &flaw), ERR_OK);
    ck_assert_int_eq(value.kind, JSON_STRING);
    return value;
}

static void buf_is(const struct buf *b, struct span want)
{
    ck_assert_uint_eq(b->len, want.len);
    ck_assert(b->len == 0 || memcmp(b->at, want.at, want.len) == 0);
}

START_TEST(a_string_is_decoded)
{
    struct span json = exact_copy(decoded[_i].json);
    struct buf out = buf_make(4096);

    ck_assert_int_eq(json_decode(check_string(json), &out), ERR_OK);
    buf_is(&out, decoded[_i].bytes);
    buf_clear(&out);
    exact_free(json);
}
END_TEST

static const char *const no_text[] = {
    "\"\\u0000\"",        "\"ab\\u0000\"",      "\"\\ud800\"",
    "\"\\udc00\"",        "\"\\ud800\\u0041\"", "\"\\ud800\\ud800\"",
    "\"\\ud800xxxxxx\"",  "\"\\udfff\\udfff\"", "\"x\\ud83d\"",
    "\"\\ud83d\\n3456\"",
};

START_TEST(what_is_no_character_is_not_decoded)
{
    struct span json = exact_copy(span_of(no_text[_i]));
    struct buf out = buf_make(64);

    ck_assert_int_eq(buf_add_text(&out, "x"), ERR_OK);
    ck_assert_int_eq(json_decode((struct json_value){JSON_STRING, json}, &out),
                     ERR_SYNTAX);
    ck_assert_str_eq(out.at, "x");
    buf_clear(&out);
    exact_free(json);
}
END_TEST

START_TEST(decoding_appends_to_what_is_there)
{
    struct buf out = buf_make(4096);

    ck_assert_int_eq(buf_add_text(&out, "a"), ERR_OK);
    ck_assert_int_eq(json_decode(check_string(span_of("\"\\n\"")), &out), 0);
    ck_assert_str_eq(out.at, "a\n");
    buf_clear(&out);
}
END_TEST

START_TEST(what_does_not_fit_decoded_leaves_the_buffer_alone)
{
    struct json_value value = check_string(span_of("\"ab\\u00e4cd\""));

    for (size_t max = 1; max < 7; max++) {
        struct buf out = buf_make(max);

        ck_assert_int_eq(buf_add_text(&out, "x"), ERR_OK);
        ck_assert_int_eq(json_decode(value, &out), ERR_LIMIT);
        ck_assert_str_eq(out.at, "x");
        buf_clear(&out);
    }
}
END_TEST

static const struct {
    struct span bytes;
    const char *json;
} quoted[] = {
    {BYTES(""), "\"\""},
    {{NULL, 0}, "\"\""},
    {BYTES("abc"), "\"abc\""},
    {BYTES("\"\\/"), "\"\\\"\\\\/\""},
    {BYTES("a\nb\tc\r"), "\"a\\nb\\tc\\u000d\""},
    {BYTES("a\0b"), "\"a\\u0000b\""},
    {BYTES("\x1b[31m\x7f"), "\"\\u001b[31m\\u007f\""},
    {BYTES("\xc2\x80\xc2\x9f\xc2\xa0"), "\"\\u0080\\u009f\xc2\xa0\""},
    {BYTES("\xe2\x80\xa8\xe2\x80\xae"), "\"\\u2028\\u202e\""},
    {BYTES("\xc3\xa4\xf0\x9f\x98\x80"), "\"\xc3\xa4\xf0\x9f\x98\x80\""},
    {BYTES("a\xff\xc3"), "\"a\xef\xbf\xbd\xef\xbf\xbd\""},
    {BYTES("\xed\xa0\x80z"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbdz\""},
    {BYTES("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""},
    {BYTES("\xf0\x9f\x98"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
};

START_TEST(bytes_are_quoted)
{
    struct span bytes = quoted[_i].bytes;
    struct buf out = buf_make(4096);

    bytes = bytes.at ? exact_copy(bytes) : bytes;
    ck_assert_int_eq(json_quote(&out, bytes), ERR_OK);
    ck_assert_str_eq(out.at, quoted[_i].json);
    buf_clear(&out);
    exact_free(bytes);
}
END_TEST

START_TEST(what_does_not_fit_quoted_leaves_the_buffer_alone)
{
    for (size_t max = 1; max < 12; max++) {
        struct buf out = buf_make(max);

        ck_assert_int_eq(buf_add_text(&out, "x"), ERR_OK);
        ck_assert_int_eq(json_quote(&out, span_of("ab\x01z")), ERR_LIMIT);
        ck_assert_str_eq(out.at, "x");
        buf_clear(&out);
    }
}
END_TEST

/* Every character but U+0000, which the reader refuses on purpose. */
START_TEST(what_is_quoted_decodes_to_the_same)
{
    struct buf text = buf_make(64);
    struct buf json = buf_make(1024);
    struct buf back = buf_make(64);

    for (unsigned c = 1; c < 0x800; c++) {
        char two[] = {(char)(0xc0 | c >> 6), (char)(0x80 | (c & 0x3f))};
        char one = (char)c;

        buf_reset(&text);
        buf_reset(&json);
        buf_reset(&back);
        ck_assert_int_eq(buf_add(&text, c < 0x80 ? &one : two,
                                 c < 0x80 ? sizeof one : sizeof two),
                         ERR_OK);
        ck_assert_int_eq(json_quote(&json, buf_span(&text)), ERR_OK);
        ck_assert_int_eq(json_decode(check_string(buf_span(&json)), &back),
                         ERR_OK);
        buf_is(&back, buf_span(&text));
    }
    buf_clear(&text);
    buf_clear(&json);
    buf_clear(&back);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_text");
    TCase *tests = tcase_create("json_text");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_string_is_decoded, 0, ROWS(decoded));
    tcase_add_loop_test(tests, what_is_no_character_is_not_decoded, 0,
                        ROWS(no_text));
    tcase_add_test(tests, decoding_appends_to_what_is_there);
    tcase_add_test(tests, what_does_not_fit_decoded_leaves_the_buffer_alone);
    tcase_add_loop_test(tests, bytes_are_quoted, 0, ROWS(quoted));
    tcase_add_test(tests, what_does_not_fit_quoted_leaves_the_buffer_alone);
    tcase_add_test(tests, what_is_quoted_decodes_to_the_same);
    return run_suite(suite);
}

/* Which texts are JSON, and where the others go wrong. The cases follow
 * RFC 8259, the JSON parsing test suite (seriot.ch) and Unicode table 3-7. */
#include "base/json.h"

#include "support/main.h"
#include "support/table.h"

struct good {
    struct span text;
    enum json_kind kind;
};

static const struct good good[] = {
    {BYTES("null"), JSON_NULL},
    {BYTES("true"), JSON_BOOL},
    {BYTES("false"), JSON_BOOL},
    {BYTES("{}"), JSON_OBJECT},
    {BYTES("[]"), JSON_ARRAY},
    {BYTES("\"\""), JSON_STRING},
    {BYTES(" \t\r\nnull \t\r\n"), JSON_NULL},
    {BYTES("[ ]"), JSON_ARRAY},
    {BYTES("{ }"), JSON_OBJECT},
    {BYTES("[1 , 2\n]"), JSON_ARRAY},
    {BYTES("{ \"a\" : 1 , \"b\" : [ ] }"), JSON_OBJECT},
    {BYTES("[[],[[]],{}]"), JSON_ARRAY},
    {BYTES("[null,true,false,0,\"\"]"), JSON_ARRAY},
    {BYTES("{\"a\":{\"a\":{\"a\":1}}}"), JSON_OBJECT},
    {BYTES("[{\"a\":1},{\"a\":1}]"), JSON_ARRAY},
    {BYTES("{\"\":0}"), JSON_OBJECT},
    {BYTES("{\"a\":1,\"A\":2,\"a \":3,\"aa\":4}"), JSON_OBJECT},
    {BYTES("0"), JSON_NUMBER},
    {BYTES("-0"), JSON_NUMBER},
    {BYTES("-1"), JSON_NUMBER},
    {BYTES("9007199254740993"), JSON_NUMBER},
    {BYTES("123456789012345678901234567890"), JSON_NUMBER},
    {BYTES("0.5"), JSON_NUMBER},
    {BYTES("-0.0"), JSON_NUMBER},
    {BYTES("1e5"), JSON_NUMBER},
    {BYTES("1E5"), JSON_NUMBER},
    {BYTES("1e+05"), JSON_NUMBER},
    {BYTES("1E-400"), JSON_NUMBER},
    {BYTES("0e0"), JSON_NUMBER},
    {BYTES("10.01e+2"), JSON_NUMBER},
    {BYTES("1e400"), JSON_NUMBER},
    {BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), JSON_STRING},
    {BYTES("\"\\u0001\\u001f\\u0020\\u007f\""), JSON_STRING},
    {BYTES("\"\\uabcd\\uABCD\\uFfFf\""), JSON_STRING},
    {BYTES("\"\\ud83d\\ude00\""), JSON_STRING},
    {BYTES("\"\\uD800\\uDC00\\uDBFF\\uDFFF\""), JSON_STRING},
    {BYTES("\"\\ud7ff\\ue000\""), JSON_STRING},
    {BYTES("\"\\\\u0000\""), JSON_STRING},
    {BYTES("\"\x7f\""), JSON_STRING},
    {BYTES("\"/<>&'\""), JSON_STRING},
    {BYTES("\"\xc2\x80\xdf\xbf\""), JSON_STRING},
    {BYTES("\"\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\""), JSON_STRING},
    {BYTES("\"\xef\xbf\xbf\xef\xbb\xbf\""), JSON_STRING},
    {BYTES("\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\""), JSON_STRING},
    {BYTES("\"\xe2\x80\xa8\xe2\x80\xa9\""), JSON_STRING},
    {BYTES("{\"\xc3\xa4\":1,\"a\":2}"), JSON_OBJECT},
};

#define END         "the text ends too early"
#define VALUE       "expected a value"
#define WORD        "expected true, false or null"
#define DIGIT       "expected a digit"
#define HEX         "expected a hex digit"
#define ZERO        "leading zero"
#define BEHIND      "text behind the value"
#define NEXT_ITEM   "expected , or ]"
#define NEXT_MEMBER "expected , or }"
#define KEY         "expected a key in quotes"
#define COLON       "expected :"
#define TWICE       "duplicate key"
#define CONTROL     "control character in a string"
#define ESCAPE      "unknown escape"
#define NUL         "U+0000 in a string"
#define LONE        "lone surrogate"
#define UTF8        "invalid UTF-8"

struct bad {
    struct span text;
    size_t offset;
    const char *what;
};

static const struct bad bad[] = {
    /* Structure. */
    {BYTES(""), 0, END},
    {BYTES(" \n"), 2, END},
    {BYTES("["), 1, END},
    {BYTES("{"), 1, END},
    {BYTES("[1"), 2, END},
    {BYTES("[1,"), 3, END},
    {BYTES("{\"a\""), 4, END},
    {BYTES("{\"a\":"), 5, END},
    {BYTES("{\"a\":1"), 6, END},
    {BYTES("{\"a\":1,"), 7, END},
    {BYTES("]"), 0, VALUE},
    {BYTES("}"), 0, VALUE},
    {BYTES(","), 0, VALUE},
    {BYTES(":"), 0, VALUE},
    {BYTES("[1,]"), 3, VALUE},
    {BYTES("[,1]"), 1, VALUE},
    {BYTES("[1,,2]"), 3, VALUE},
    {BYTES("[1 2]"), 3, NEXT_ITEM},
    {BYTES("[1}"), 2, NEXT_ITEM},
    {BYTES("[\"a\":1]"), 4, NEXT_ITEM},
    {BYTES("{\"a\":1]"), 6, NEXT_MEMBER},
    {BYTES("{\"a\":1 \"b\":2}"), 7, NEXT_MEMBER},
    {BYTES("{\"a\":1,}"), 7, KEY},
    {BYTES("{,\"a\":1}"), 1, KEY},
    {BYTES("{a:1}"), 1, KEY},
    {BYTES("{'a':1}"), 1, KEY},
    {BYTES("{1:1}"), 1, KEY},
    {BYTES("{null:1}"), 1, KEY},
    {BYTES("{[]:1}"), 1, KEY},
    {BYTES("{\"a\" 1}"), 5, COLON},
    {BYTES("{\"a\",1}"), 4, COLON},
    {BYTES("{\"a\"::1}"), 5, VALUE},
    {BYTES("{\"a\":}"), 5, VALUE},
    {BYTES("{} {}"), 3, BEHIND},
    {BYTES("[]]"), 2, BEHIND},
    {BYTES("{\"a\":1} xyz"), 8, BEHIND},
    {BYTES("null\0"), 4, BEHIND},
    {BYTES("1 2"), 2, BEHIND},
    {BYTES("\0null"), 0, VALUE},
    {BYTES("[1,\0]"), 3, VALUE},
    {BYTES("[1\0]"), 2, NEXT_ITEM},
    {BYTES("\xef\xbb\xbf{}"), 0, VALUE},
    {BYTES("\xfe\xff\0{\0}"), 0, VALUE},
    {BYTES("[\v1]"), 1, VALUE},
    {BYTES("[\f]"), 1, VALUE},
    {BYTES("\xc2\xa0 1"), 0, VALUE},
    {BYTES("[1]/**/"), 3, BEHIND},
    {BYTES("//\n1"), 0, VALUE},
    {BYTES("#\n1"), 0, VALUE},
    /* Words. */
    {BYTES("nul"), 3, END},
    {BYTES("tru"), 3, END},
    {BYTES("nulL"), 3, WORD},
    {BYTES("trve"), 2, WORD},
    {BYTES("fals\0"), 4, WORD},
    {BYTES("TRUE"), 0, VALUE},
    {BYTES("None"), 0, VALUE},
    {BYTES("undefined"), 0, VALUE},
    {BYTES("nullx"), 4, BEHIND},
    {BYTES("truefalse"), 4, BEHIND},
    {BYTES("'a'"), 0, VALUE},
    /* Numbers. */
    {BYTES("NaN"), 0, VALUE},
    {BYTES("Infinity"), 0, VALUE},
    {BYTES("-Infinity"), 1, DIGIT},
    {BYTES("-"), 1, END},
    {BYTES("--1"), 1, DIGIT},
    {BYTES("+1"), 0, VALUE},
    {BYTES("- 1"), 1, DIGIT},
    {BYTES("012"), 1, ZERO},
    {BYTES("-01"), 2, ZERO},
    {BYTES("00"), 1, ZERO},
    {BYTES("[01]"), 2, ZERO},
    {BYTES("1."), 2, END},
    {BYTES("1.e5"), 2, DIGIT},
    {BYTES(".5"), 0, VALUE},
    {BYTES("-.5"), 1, DIGIT},
    {BYTES("1.5.5"), 3, BEHIND},
    {BYTES("1e"), 2, END},
    {BYTES("1e+"), 3, END},
    {BYTES("[1e]"), 3, DIGIT},
    {BYTES("[1E+-2]"), 4, DIGIT},
    {BYTES("1e5.5"), 3, BEHIND},
    {BYTES("0x10"), 1, BEHIND},
    {BYTES("1_000"), 1, BEHIND},
    {BYTES("1f"), 1, BEHIND},
    {BYTES("\xef\xbc\x91"), 0, VALUE},
    /* Strings. */
    {BYTES("\""), 1, END},
    {BYTES("\"abc"), 4, END},
    {BYTES("\"abc\\"), 5, END},
    {BYTES("\"abc\\\""), 6, END},
    {BYTES("\"a\nb\""), 2, CONTROL},
    {BYTES("\"a\tb\""), 2, CONTROL},
    {BYTES("\"a\0b\""), 2, CONTROL},
    {BYTES("\"\x1f\""), 1, CONTROL},
    {BYTES("{\"a\n\":1}"), 3, CONTROL},
    {BYTES("\"\\a\""), 2, ESCAPE},
    {BYTES("\"\\x41\""), 2, ESCAPE},
    {BYTES("\"\\'\""), 2, ESCAPE},
    {BYTES("\"\\0\""), 2, ESCAPE},
    {BYTES("\"\\\0\""), 2, ESCAPE},
    {BYTES("\"\\U0041\""), 2, ESCAPE},
    {BYTES("\"\\\n\""), 2, ESCAPE},
    {BYTES("\"\\\xc3\xa4\""), 2, ESCAPE},
    {BYTES("\"\\u"), 3, END},
    {BYTES("\"\\u00"), 5, END},
    {BYTES("\"\\u00\""), 5, HEX},
    {BYTES("\"\\u00g0\""), 5, HEX},
    {BYTES("\"\\u+041\""), 3, HEX},
    {BYTES("\"\\u 041\""), 3, HEX},
    {BYTES("\"\\u0000\""), 1, NUL},
    {BYTES("\"a\\u0000b\""), 2, NUL},
    {BYTES("{\"a\\u0000\":1}"), 3, NUL},
    {BYTES("\"\\ud800\""), 1, LONE},
    {BYTES("\"\\udc00\""), 1, LONE},
    {BYTES("\"\\udfff\\ud800\""), 1, LONE},
    {BYTES("\"\\ud800\\ud800\""), 1, LONE},
    {BYTES("\"\\udc00\\udc00\""), 1, LONE},
    {BYTES("\"\\ud800\\ue000\""), 1, LONE},
    {BYTES("\"\\ud800\\u0041\""), 1, LONE},
    {BYTES("\"\\ud800\\n\""), 1, LONE},
    {BYTES("\"\\ud800x\\udc00\""), 1, LONE},
    {BYTES("\"\\ud83d\xf0\x9f\x98\x80\""), 1, LONE},
    {BYTES("\"\\ud800\\udc0\""), 12, HEX},
    {BYTES("{\"\\udc00\":1}"), 2, LONE},
    /* UTF-8. */
    {BYTES("\"\x80\""), 1, UTF8},
    {BYTES("\"\xbf\""), 1, UTF8},
    {BYTES("\"ab\xff\""), 3, UTF8},
    {BYTES("\"\xfe\""), 1, UTF8},
    {BYTES("\"\xc0\x80\""), 1, UTF8},
    {BYTES("\"\xc0\xaf\""), 1, UTF8},
    {BYTES("\"\xc1\xbf\""), 1, UTF8},
    {BYTES("\"\xe0\x80\xaf\""), 1, UTF8},
    {BYTES("\"\xe0\x9f\xbf\""), 1, UTF8},
    {BYTES("\"\xf0\x80\x80\xaf\""), 1, UTF8},
    {BYTES("\"\xf0\x8f\xbf\xbf\""), 1, UTF8},
    {BYTES("\"\xed\xa0\x80\""), 1, UTF8},
    {BYTES("\"\xed\xbf\xbf\""), 1, UTF8},
    {BYTES("\"\xed\xa0\xbd\xed\xb8\x80\""), 1, UTF8},
    {BYTES("\"\xf4\x90\x80\x80\""), 1, UTF8},
    {BYTES("\"\xf5\x80\x80\x80\""), 1, UTF8},
    {BYTES("\"\xf8\x88\x80\x80\x80\""), 1, UTF8},
    {BYTES("\"\xc3\""), 1, UTF8},
    {BYTES("\"\xc3\xc3\xa4\""), 1, UTF8},
    {BYTES("\"\xe2\x82\""), 1, UTF8},
    {BYTES("\"\xe2\x82"), 1, UTF8},
    {BYTES("\"\xf0\x9f\x98\""), 1, UTF8},
    {BYTES("\"\xf0\x9f\x98"), 1, UTF8},
    {BYTES("\"\xf0"), 1, UTF8},
    {BYTES("\"\xe2\x28\xa1\""), 1, UTF8},
    {BYTES("\"\xf0\x28\x8c\xbc\""), 1, UTF8},
    {BYTES("\"\xc3\xa4\xe4\""), 3, UTF8},
    {BYTES("{\"\xe4\":1}"), 2, UTF8},
    {BYTES("[\"\xe9\"]"), 2, UTF8},
    /* Keys. */
    {BYTES("{\"a\":1,\"a\":1}"), 7, TWICE},
    {BYTES("{\"a\":1, \"b\":2, \"a\":3}"), 15, TWICE},
    {BYTES("{\"\":1,\"\":2}"), 6, TWICE},
    {BYTES("{\"a\":1,\"\\u0061\":2}"), 7, TWICE},
    {BYTES("{\"\\u0061b\":1,\"a\\u0062\":2}"), 13, TWICE},
    {BYTES("{\"/\":1,\"\\/\":2}"), 7, TWICE},
    {BYTES("{\"\\n\":1,\"\\u000a\":2}"), 8, TWICE},
    {BYTES("{\"\\u00E4\":1,\"\xc3\xa4\":2}"), 12, TWICE},
    {BYTES("{\"\\uD83D\\uDE00\":1,\"\xf0\x9f\x98\x80\":2}"), 18, TWICE},
    {BYTES("{\"p\":{\"a\":1,\"a\":2}}"), 12, TWICE},
    {BYTES("[[{\"a\":1,\"a\":2}]]"), 9, TWICE},
    {BYTES("{\"a\":{\"b\":1},\"a\":2}"), 13, TWICE},
};

START_TEST(what_the_grammar_allows_is_read)
{
    struct span text = exact_copy(good[_i].text);
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(json_check(text, &value, &flaw), ERR_OK);
    ck_assert_int_eq(value.kind, good[_i].kind);
    exact_free(text);
}
END_TEST

START_TEST(what_it_does_not_is_refused_at_its_byte)
{
    struct span text = exact_copy(bad[_i].text);
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(json_check(text, &value, &flaw), ERR_SYNTAX);
    ck_assert_str_eq(flaw.what, bad[_i].what);
    ck_assert_uint_eq(flaw.offset, bad[_i].offset);
    exact_free(text);
}
END_TEST

START_TEST(a_list_cut_anywhere_is_refused)
{
    struct span whole = good[_i].text;
    struct json_value value;
    struct json_flaw flaw;

    if (whole.at[0] != '{' && whole.at[0] != '[' && whole.at[0] != '"')
        return;
    for (size_t len = 0; len < whole.len; len++) {
        struct span text = exact_copy((struct span){whole.at, len});

        ck_assert_int_eq(json_check(text, &value, &flaw), ERR_SYNTAX);
        ck_assert_uint_le(flaw.offset, len);
        exact_free(text);
    }
}
END_TEST

START_TEST(an_empty_span_without_memory_is_refused)
{
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(json_check((struct span){NULL, 0}, &value, &flaw),
                     ERR_SYNTAX);
    ck_assert_uint_eq(flaw.offset, 0);
}
END_TEST

START_TEST(a_value_is_its_exact_bytes)
{
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(
        json_check(span_of(" { \"a\": 1.50e+0 }\n"), &value, &flaw), ERR_OK);
    ck_assert(span_is(value.raw, "{ \"a\": 1.50e+0 }"));
}
END_TEST

/* depth arrays, or objects of one member, around nothing. */
static enum err check_nested(size_t depth, const char *open, char close,
                             struct json_flaw *ret_flaw)
{
    struct buf text = buf_make(1 << 20);
    struct json_value value;
    enum err e;

    for (size_t i = 0; i < depth; i++)
        ck_assert_int_eq(buf_add_text(&text, i + 1 < depth ? open : "["), 0);
    for (size_t i = 0; i < depth; i++)
        ck_assert_int_eq(buf_add(&text, i > 0 ? &close : "]", 1), 0);
    e = json_check(buf_span(&text), &value, ret_flaw);
    buf_clear(&text);
    return e;
}

START_TEST(nesting_ends_at_its_bound)
{
    struct json_flaw flaw;

    ck_assert_int_eq(check_nested(JSON_DEPTH_MAX, "[", ']', &flaw), ERR_OK);
    ck_assert_int_eq(check_nested(JSON_DEPTH_MAX, "{\"a\":", '}', &flaw),
                     ERR_OK);
    ck_assert_int_eq(check_nested(JSON_DEPTH_MAX + 1, "[", ']', &flaw),
                     ERR_SYNTAX);
    ck_assert_uint_eq(flaw.offset, 64);
    ck_assert_str_eq(flaw.what, "nested too deeply");
    ck_assert_int_eq(check_nested(JSON_DEPTH_MAX + 1, "{\"a\":", '}', &flaw),
                     ERR_SYNTAX);
    ck_assert_uint_eq(flaw.offset, 5 * 64);
    ck_assert_int_eq(check_nested(100000, "[", ']', &flaw), ERR_SYNTAX);
}
END_TEST

START_TEST(siblings_do_not_count_as_depth)
{
    struct buf text = buf_make(1 << 20);
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(buf_add_text(&text, "[[]"), ERR_OK);
    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(buf_add_text(&text, ",[[]],{\"a\":{}}"), ERR_OK);
    ck_assert_int_eq(buf_add_text(&text, "]"), ERR_OK);
    ck_assert_int_eq(json_check(buf_span(&text), &value, &flaw), ERR_OK);
    buf_clear(&text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json");
    TCase *tests = tcase_create("json");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, what_the_grammar_allows_is_read, 0, ROWS(good));
    tcase_add_loop_test(tests, what_it_does_not_is_refused_at_its_byte, 0,
                        ROWS(bad));
    tcase_add_loop_test(tests, a_list_cut_anywhere_is_refused, 0, ROWS(good));
    tcase_add_test(tests, an_empty_span_without_memory_is_refused);
    tcase_add_test(tests, a_value_is_its_exact_bytes);
    tcase_add_test(tests, nesting_ends_at_its_bound);
    tcase_add_test(tests, siblings_do_not_count_as_depth);
    return run_suite(suite);
}

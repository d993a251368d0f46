/* Base64 with one spelling for every sequence of bytes. */
#include "base/base64.h"

#include "support/main.h"
#include "support/table.h"

#include <openssl/evp.h>

static const struct {
    const char *text;
    struct span bytes;
} good[] = {
    {"", BYTES("")},
    {"Zg==", BYTES("f")},
    {"Zm8=", BYTES("fo")},
    {"Zm9v", BYTES("foo")},
    {"Zm9vYg==", BYTES("foob")},
    {"Zm9vYmE=", BYTES("fooba")},
    {"Zm9vYmFy", BYTES("foobar")},
    {"AAAA", BYTES("\0\0\0")},
    {"AA==", BYTES("\0")},
    {"/+8=", BYTES("\xff\xef")},
    {"++//", BYTES("\xfb\xef\xff")},
};

static const char *const bad[] = {
    "Z",        "Zg",       "Zg=",        "Zm9",        "=",         "====",
    "Zm9v=",    "Zg===",    "Z===",       "Zg=v",       "=Zg=",      "Zg==Zg==",
    "Zm8=Zm9v", "Zm9v====", "Zh==",       "Zm9=",       "Zm9v\n",    "Zm\n9v",
    " Zm9v",    "Zm9v ",    "Zm 9",       "Zm9vYg==\n", "Zm-v",      "Zm_v",
    "Zm.v",     "Zm9v\x80", "Zm\xff\xff", "Zm9\xc3",    "Zm9v\nYmE", "Zm@v",
    "Zm[v",     "Zm`v",     "Zm{v",       "Zm:v",       "Zm,v",
};

START_TEST(what_rfc_4648_encodes_is_decoded)
{
    struct span text = exact_copy(span_of(good[_i].text));
    struct buf out = buf_make(100);

    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(base64_decode(text, &out), ERR_OK);
    ck_assert_uint_eq(out.len, 1 + good[_i].bytes.len);
    ck_assert(memcmp(out.at + 1, good[_i].bytes.at, good[_i].bytes.len) == 0);
    buf_clear(&out);
    exact_free(text);
}
END_TEST

START_TEST(bytes_are_encoded_as_rfc_4648_has_it)
{
    struct span bytes = exact_copy(good[_i].bytes);
    struct buf out = buf_make(100);

    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(base64_encode(bytes, &out), ERR_OK);
    ck_assert_str_eq(out.at + 1, good[_i].text);
    buf_clear(&out);
    exact_free(bytes);
}
END_TEST

START_TEST(a_text_that_does_not_fit_is_not_begun)
{
    struct buf out = buf_make(7);

    ck_assert_int_eq(base64_encode(span_of("fooba"), &out), ERR_LIMIT);
    ck_assert_int_eq(base64_encode(span_of("foobarfoo"), &out), ERR_LIMIT);
    ck_assert_uint_eq(out.len, 0);
    ck_assert_int_eq(base64_encode(span_of("foo"), &out), ERR_OK);
    ck_assert_str_eq(out.at, "Zm9v");
    buf_clear(&out);
}
END_TEST

START_TEST(any_other_spelling_is_refused)
{
    struct span text = exact_copy(span_of(bad[_i]));
    struct buf out = buf_make(100);

    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(base64_decode(text, &out), ERR_SYNTAX);
    ck_assert_str_eq(out.at, ">");
    buf_clear(&out);
    exact_free(text);
}
END_TEST

START_TEST(a_nul_byte_is_no_digit)
{
    struct span text = BYTES("Zm\0v");
    struct buf out = buf_make(100);

    ck_assert_int_eq(base64_decode(text, &out), ERR_SYNTAX);
    buf_clear(&out);
}
END_TEST

START_TEST(what_libcrypto_encodes_is_decoded_at_every_length)
{
    unsigned char bytes[3000], text[4001];
    struct buf out = buf_make(sizeof bytes);

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 7 + i / 256);
    for (int len = 0; len <= (int)sizeof bytes; len++) {
        int text_len = EVP_EncodeBlock(text, bytes, len);
        struct span s = {(const char *)text, (size_t)text_len};

        buf_reset(&out);
        ck_assert_int_eq(base64_decode(s, &out), ERR_OK);
        ck_assert_uint_eq(out.len, (size_t)len);
        ck_assert(memcmp(out.at, bytes, out.len) == 0);
    }
    buf_clear(&out);
}
END_TEST

START_TEST(a_flaw_far_behind_leaves_the_buffer_alone)
{
    char text[4096];
    struct buf out = buf_make(sizeof text);

    memset(text, 'A', sizeof text);
    text[4000] = '*';
    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(base64_decode((struct span){text, sizeof text}, &out),
                     ERR_SYNTAX);
    ck_assert_str_eq(out.at, ">");
    buf_clear(&out);
}
END_TEST

START_TEST(what_does_not_fit_leaves_the_buffer_alone)
{
    struct buf out = buf_make(5);

    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(base64_decode(span_of("Zm9vYmE="), &out), ERR_LIMIT);
    ck_assert_str_eq(out.at, ">");
    ck_assert_int_eq(base64_decode(span_of("Zm9vYg=="), &out), ERR_OK);
    ck_assert_str_eq(out.at, ">foob");
    buf_clear(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base64");
    TCase *tests = tcase_create("base64");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, what_rfc_4648_encodes_is_decoded, 0, ROWS(good));
    tcase_add_loop_test(tests, bytes_are_encoded_as_rfc_4648_has_it, 0,
                        ROWS(good));
    tcase_add_test(tests, a_text_that_does_not_fit_is_not_begun);
    tcase_add_loop_test(tests, any_other_spelling_is_refused, 0, ROWS(bad));
    tcase_add_test(tests, a_nul_byte_is_no_digit);
    tcase_add_test(tests, what_libcrypto_encodes_is_decoded_at_every_length);
    tcase_add_test(tests, a_flaw_far_behind_leaves_the_buffer_alone);
    tcase_add_test(tests, what_does_not_fit_leaves_the_buffer_alone);
    return run_suite(suite);
}

#include "link/resp.h"
#include "support/main.h"

static const struct {
    int64_t number;
    const char *word;
} numbers[] = {
    {0, "$1\r\n0\r\n"},
    {7, "$1\r\n7\r\n"},
    {-1, "$2\r\n-1\r\n"},
    {1795292651300, "$13\r\n1795292651300\r\n"},
    {INT64_MAX, "$19\r\n9223372036854775807\r\n"},
    {INT64_MIN, "$20\r\n-9223372036854775808\r\n"},
};

START_TEST(a_number_is_a_word_of_digits)
{
    struct buf out = buf_make(100);

    ck_assert_int_eq(resp_number(&out, numbers[_i].number), ERR_OK);
    ck_assert_str_eq(out.at, numbers[_i].word);
    buf_clear(&out);
}
END_TEST

START_TEST(words_keep_their_bytes)
{
    struct buf out = buf_make(1000);
    const char expected[] = "*3\r\n$4\r\nPING\r\n$0\r\n\r\n$3\r\na\0\n\r\n";

    ck_assert_int_eq(resp_head(&out, 3), ERR_OK);
    ck_assert_int_eq(resp_word(&out, span_of("PING")), ERR_OK);
    ck_assert_int_eq(resp_word(&out, (struct span){NULL, 0}), ERR_OK);
    ck_assert_int_eq(resp_word(&out, (struct span){"a\0\n", 3}), ERR_OK);
    ck_assert_uint_eq(out.len, sizeof expected - 1);
    ck_assert_mem_eq(out.at, expected, sizeof expected);
    buf_clear(&out);
}
END_TEST

START_TEST(a_word_that_does_not_fit_changes_nothing)
{
    struct buf out = buf_make(40);

    ck_assert_int_eq(resp_word(&out, span_of("first")), ERR_OK);
    ck_assert_int_eq(resp_word(&out, span_of("a word far too long for it")),
                     ERR_LIMIT);
    ck_assert_str_eq(out.at, "$5\r\nfirst\r\n");
    buf_clear(&out);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.resp");
    TCase *all = tcase_create("all");

    tcase_add_loop_test(all, a_number_is_a_word_of_digits, 0,
                        (int)(sizeof numbers / sizeof *numbers));
    tcase_add_test(all, words_keep_their_bytes);
    tcase_add_test(all, a_word_that_does_not_fit_changes_nothing);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}

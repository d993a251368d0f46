/* Borrowed bytes: compared, read as numbers, copied, cut. */
#include "base/span.h"

#include "support/main.h"
#include "support/table.h"

START_TEST(a_span_equals_a_text_of_the_same_bytes)
{
    ck_assert(span_is(span_of("abc"), "abc"));
    ck_assert(!span_is(span_of("abc"), "abd"));
    ck_assert(!span_is(span_of("abc"), "ab"));
    ck_assert(!span_is(span_of("ab"), "abc"));
    ck_assert(span_is(span_of(""), ""));
    ck_assert(span_is((struct span){NULL, 0}, ""));
    ck_assert(!span_is((struct span){"a\0b", 3}, "a"));
}
END_TEST

static const struct {
    const char *text;
    bool good;
    uint64_t number;
} numbers[] = {
    {"0", true, 0},
    {"7", true, 7},
    {"007", true, 7},
    {"1700000000123", true, 1700000000123},
    {"18446744073709551615", true, UINT64_MAX},
    {"18446744073709551616", false, 0},
    {"18446744073709551620", false, 0},
    {"99999999999999999999999", false, 0},
    {"", false, 0},
    {"-1", false, 0},
    {"+1", false, 0},
    {" 1", false, 0},
    {"1 ", false, 0},
    {"1x", false, 0},
    {"0x1", false, 0},
    {"1.0", false, 0},
    {"\xb2", false, 0},
};

START_TEST(a_number_fills_the_whole_span)
{
    struct span text = exact_copy(span_of(numbers[_i].text));
    uint64_t number = 42;

    ck_assert(span_number(text, &number) == numbers[_i].good);
    ck_assert_uint_eq(number, numbers[_i].good ? numbers[_i].number : 42);
    exact_free(text);
}
END_TEST

START_TEST(a_copy_needs_room_for_its_nul)
{
    char dst[4] = "zzz";

    ck_assert(span_copy(span_of("abc"), dst, sizeof dst));
    ck_assert_str_eq(dst, "abc");
    ck_assert(!span_copy(span_of("abcd"), dst, sizeof dst));
    ck_assert_str_eq(dst, "");
    ck_assert(span_copy((struct span){NULL, 0}, dst, 1));
    ck_assert_str_eq(dst, "");
}
END_TEST

START_TEST(texts_are_joined_as_far_as_there_is_room)
{
    char dst[6];

    ck_assert(span_join(dst, sizeof dst,
                        (const char *const[]){"ab", ":", "cd", NULL}));
    ck_assert_str_eq(dst, "ab:cd");
    ck_assert(!span_join(dst, sizeof dst,
                         (const char *const[]){"abc", ":", "de", NULL}));
    ck_assert_str_eq(dst, "abc:d");
    ck_assert(
        !span_join(dst, sizeof dst, (const char *const[]){"abcde", "f", NULL}));
    ck_assert_str_eq(dst, "abcde");
    ck_assert(span_join(dst, 1, (const char *const[]){NULL}));
    ck_assert_str_eq(dst, "");
}
END_TEST

START_TEST(a_cut_takes_what_is_in_front_of_the_separator)
{
    struct span rest = span_of("a,,b");

    ck_assert(span_is(span_cut(&rest, ','), "a"));
    ck_assert(span_is(rest, ",b"));
    ck_assert(span_is(span_cut(&rest, ','), ""));
    ck_assert(span_is(span_cut(&rest, ','), "b"));
    ck_assert_uint_eq(rest.len, 0);
    ck_assert(span_is(span_cut(&rest, ','), ""));
}
END_TEST

START_TEST(a_separator_at_the_end_leaves_an_empty_rest)
{
    struct span rest = span_of("a,");

    ck_assert(span_is(span_cut(&rest, ','), "a"));
    ck_assert_uint_eq(rest.len, 0);
}
END_TEST

static const struct {
    struct span text;
    const char *trimmed;
} trims[] = {
    {BYTES(""), ""},           {BYTES(" \t \r\n"), ""},
    {BYTES("a"), "a"},         {BYTES("\t a b\t\r\n"), "a b"},
    {BYTES("\r\na"), "\r\na"},
};

START_TEST(blanks_around_it_go_and_line_ends_behind)
{
    struct span s = trims[_i].text;

    ck_assert(span_is(span_trim(s), trims[_i].trimmed));
}
END_TEST

START_TEST(a_byte_of_zero_is_no_blank)
{
    ck_assert_uint_eq(span_trim((struct span){" \0 ", 3}).len, 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("span");
    TCase *tests = tcase_create("span");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_span_equals_a_text_of_the_same_bytes);
    tcase_add_loop_test(tests, a_number_fills_the_whole_span, 0, ROWS(numbers));
    tcase_add_test(tests, a_copy_needs_room_for_its_nul);
    tcase_add_test(tests, texts_are_joined_as_far_as_there_is_room);
    tcase_add_test(tests, a_cut_takes_what_is_in_front_of_the_separator);
    tcase_add_loop_test(tests, blanks_around_it_go_and_line_ends_behind, 0,
                        ROWS(trims));
    tcase_add_test(tests, a_byte_of_zero_is_no_blank);
    tcase_add_test(tests, a_separator_at_the_end_leaves_an_empty_rest);
    return run_suite(suite);
}

#include "cli/moment.h"

#include "support/main.h"

START_TEST(a_moment_is_written_in_utc)
{
    static const struct {
        int64_t ms;
        const char *expected;
    } rows[] = {
        {1700000000123, "2023-11-14T22:13:20.123Z"},
        {951827696007, "2000-02-29T12:34:56.007Z"},
        {0, "1970-01-01T00:00:00.000Z"},
        {-5, "-5"},
        {INT64_MAX, "292278994-08-17T07:12:55.807Z"},
    };
    char text[MOMENT_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        moment_text(rows[i].ms, text);
        ck_assert_str_eq(text, rows[i].expected);
    }
}
END_TEST

START_TEST(a_text_that_is_no_moment_is_left_as_it_is)
{
    char text[MOMENT_MAX];

    ck_assert(moment_of_text(span_of("1700000000000"), text));
    ck_assert_str_eq(text, "2023-11-14T22:13:20.000Z");
    ck_assert(!moment_of_text(span_of(""), text));
    ck_assert(!moment_of_text(span_of("0"), text));
    ck_assert(!moment_of_text(span_of("12:30"), text));
    ck_assert(!moment_of_text(span_of("18446744073709551615"), text));
}
END_TEST

START_TEST(a_length_has_its_two_largest_units)
{
    static const struct {
        int64_t ms;
        const char *expected;
    } rows[] = {
        {0, "0ms"},       {999, "999ms"},     {1000, "1.0s"},
        {9999, "9.9s"},   {10000, "10s"},     {59999, "59s"},
        {60000, "1m 0s"}, {3725000, "1h 2m"}, {90061000, "1d 1h"},
    };
    char text[MOMENT_MAX];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        moment_length(rows[i].ms, text);
        ck_assert_str_eq(text, rows[i].expected);
    }
}
END_TEST

int main(void)
{
    return run_tests("cli.moment", 10, a_moment_is_written_in_utc,
                     a_text_that_is_no_moment_is_left_as_it_is,
                     a_length_has_its_two_largest_units);
}

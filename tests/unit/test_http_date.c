/* Retry-After: seconds, three forms of dates, and whatever else is sent. */
#include "model/http_date.h"
#include "support/main.h"

#define S   INT64_C(1000)
#define DAY (24 * 3600 * S)

/* The RFC's own example, 1994-11-06 08:49:37 GMT. */
#define RFC (INT64_C(784111777) * S)

static const struct row {
    const char *value;
    int64_t now_ms, want_ms;
} rows[] = {
    /* Delta seconds. */
    {"0", RFC, 0},
    {"1", RFC, S},
    {"120", RFC, 120 * S},
    {"007", RFC, 7 * S},
    {" 120 ", RFC, 120 * S},
    {"\t5", RFC, 5 * S},
    {"864000", RFC, 10 * DAY},
    {"864001", RFC, 10 * DAY},
    {"18446744073709551615", RFC, 10 * DAY},
    {"99999999999999999999999999", RFC, 10 * DAY},
    /* The three forms of one date. */
    {"Sun, 06 Nov 1994 08:49:37 GMT", RFC - 5 * S, 5 * S},
    {"Sunday, 06-Nov-94 08:49:37 GMT", RFC - 5 * S, 5 * S},
    {"Sun Nov  6 08:49:37 1994", RFC - 5 * S, 5 * S},
    {"Sun, 06 Nov 1994 08:49:37 GMT", RFC - 1, 1},
    {"Sun, 06 Nov 1994 08:49:37 GMT", RFC, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", RFC + 1, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT", RFC - 11 * DAY, 10 * DAY},
    {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_MIN, 10 * DAY},
    {"Sun, 06 Nov 1994 08:49:37 GMT", INT64_MAX, 0},
    {"Fri, 31 Dec 9999 23:59:59 GMT", RFC, 10 * DAY},
    /* Leap years, leap seconds, turns of the year. */
    {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800 * S - S, S},
    {"Fri, 01 Mar 2024 00:00:00 GMT", 1709164800 * S, DAY},
    {"Tue, 29 Feb 2000 00:00:00 GMT", 951782400 * S - S, S},
    {"Wed, 29 Feb 2023 00:00:00 GMT", 1677628800 * S - DAY, 0},
    {"Thu, 29 Feb 2100 00:00:00 GMT", 4107542400 * S - DAY, 0},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800 * S - S, S},
    {"Sun, 01 Jan 2017 00:00:00 GMT", 1483228800 * S - S, S},
    /* A two-digit year is the nearest one. */
    {"Friday, 01-Jan-27 00:00:00 GMT", 1798761600 * S - S, S},
    {"Thursday, 01-Jan-70 00:00:00 GMT", 1798761600 * S, 10 * DAY},
    {"Saturday, 01-Jan-78 00:00:00 GMT", 1798761600 * S, 0},
    {"Friday, 01-Jan-77 00:00:00 GMT", 1798761600 * S, 10 * DAY},
    {"Friday, 01-Jan-27 00:00:00 GMT", 3376684800 * S, 10 * DAY},
    {"Friday, 01-Jan-00 00:00:00 GMT", 4102444800 * S - S, S},
    /* Nothing that means anything. */
    {"", RFC, 0},
    {" ", RFC, 0},
    {"-5", RFC, 0},
    {"+5", RFC, 0},
    {"1.5", RFC, 0},
    {"1e9", RFC, 0},
    {"NaN", RFC, 0},
    {"5 s", RFC, 0},
    {"5, 6", RFC, 0},
    {"soon", RFC, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT x", 0, 0},
    {"Sun, 06 Nov 1994 08:49:37 CET", 0, 0},
    {"Sun, 06 Nov 1994 08:49:37", 0, 0},
    {"Sun, 06 Nov 1994 24:00:00 GMT", 0, 0},
    {"Sun, 06 Nov 1994 08:60:37 GMT", 0, 0},
    {"Sun, 32 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun, 31 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun, 00 Nov 1994 08:49:37 GMT", 0, 0},
    {"Sun, 06 Foo 1994 08:49:37 GMT", 0, 0},
    {"06 Nov 1994 08:49:37 GMT", 0, 0},
    {"1994-11-06T08:49:37Z", 0, 0},
    {"Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT aaaaaaaaaa",
     0, 0},
};

START_TEST(the_wait_is_what_the_header_says)
{
    ck_assert_msg(
        retry_after_ms(span_of(rows[_i].value), rows[_i].now_ms) ==
            rows[_i].want_ms,
        "%s: %lld", rows[_i].value,
        (long long)retry_after_ms(span_of(rows[_i].value), rows[_i].now_ms));
}
END_TEST

START_TEST(a_nul_ends_no_date)
{
    static const char date[] = "Sun, 06 Nov 1994 08:49:37 GMT\0 or later";

    ck_assert_int_eq(retry_after_ms((struct span){date, sizeof(date) - 1}, 0),
                     0);
    ck_assert_int_eq(retry_after_ms((struct span){NULL, 0}, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model.http_date");
    TCase *tests = tcase_create("http_date");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, the_wait_is_what_the_header_says, 0,
                        sizeof(rows) / sizeof(rows[0]));
    tcase_add_test(tests, a_nul_ends_no_date);
    return run_suite(suite);
}

/* How durations are spread, from few numbers. */
#include "cli/spread.h"
#include "support/main.h"

START_TEST(a_quantile_is_right_to_within_a_sixteenth)
{
    const uint64_t tops[] = {1, 15, 16, 100, 1000, 60000, 86400000};

    for (size_t i = 0; i < sizeof tops / sizeof *tops; i++) {
        struct spread s = {0};

        for (uint64_t n = 1; n <= 1000; n++)
            spread_add(&s, tops[i] * n / 1000);
        for (unsigned percent = 1; percent <= 100; percent++) {
            uint64_t is = tops[i] * percent / 100, got = spread_at(&s, percent);
            uint64_t off = got > is ? got - is : is - got;

            ck_assert_msg(off <= is / 16 + 1, "%u %% of %llu: %llu", percent,
                          (unsigned long long)tops[i], (unsigned long long)got);
        }
    }
}
END_TEST

START_TEST(the_longest_of_all_has_a_place)
{
    struct spread s = {0};

    ck_assert_uint_eq(spread_at(&s, 50), 0);
    spread_add(&s, UINT64_MAX);
    ck_assert_uint_gt(spread_at(&s, 50), 86400000);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("unit.spread");
    TCase *t = tcase_create("spread");

    suite_add_tcase(s, t);
    tcase_add_test(t, a_quantile_is_right_to_within_a_sixteenth);
    tcase_add_test(t, the_longest_of_all_has_a_place);
    return run_suite(s);
}

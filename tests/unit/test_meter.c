#include "model/meter.h"

#include "support/main.h"
#include "support/table.h"

START_TEST(a_meter_adds_up)
{
    struct meter m = {0};

    meter_add(&m, 1);
    meter_add(&m, 41);
    ck_assert_uint_eq(meter_read(&m), 42);
    meter_set(&m, 7);
    ck_assert_uint_eq(meter_read(&m), 7);
}
END_TEST

static const struct {
    int64_t us;
    unsigned bucket;
    uint64_t sum;
} times[] = {
    {-5, 0, 0},
    {0, 0, 0},
    {1000, 0, 1000},
    {1001, 1, 1001},
    {2500, 1, 2500},
    {2501, 2, 2501},
    {60000000, METER_BOUNDS - 1, 60000000},
    {60000001, METER_BOUNDS, 60000001},
    {INT64_MAX, METER_BOUNDS, INT64_MAX},
};

START_TEST(a_duration_goes_into_the_first_bucket_that_holds_it)
{
    struct meter_times t = {0};
    struct meter_sum sum = {0};

    meter_time(&t, times[_i].us);
    meter_collect(&t, &sum);
    ck_assert_uint_eq(meter_count(&sum), 1);
    ck_assert_uint_eq(sum.buckets[times[_i].bucket], 1);
    ck_assert_uint_eq(sum.sum_us, times[_i].sum);
}
END_TEST

START_TEST(each_bound_is_above_the_one_before)
{
    for (unsigned n = 1; n < METER_BOUNDS; n++)
        ck_assert_int_lt(meter_bounds_us[n - 1], meter_bounds_us[n]);
}
END_TEST

START_TEST(sums_of_several_writers_add_up)
{
    struct meter_times a = {0}, b = {0};
    struct meter_sum sum = {0}, more = {0};

    meter_time(&a, 1);
    meter_time(&b, 1);
    meter_time(&b, 3000);
    meter_collect(&a, &sum);
    meter_collect(&b, &more);
    meter_merge(&more, &sum);
    ck_assert_uint_eq(sum.buckets[0], 2);
    ck_assert_uint_eq(sum.buckets[2], 1);
    ck_assert_uint_eq(meter_count(&sum), 3);
    ck_assert_uint_eq(sum.sum_us, 3002);
    ck_assert_uint_eq(meter_read(&a.sum_us), 1);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model.meter");
    TCase *tests = tcase_create("meter");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_meter_adds_up);
    tcase_add_loop_test(tests,
                        a_duration_goes_into_the_first_bucket_that_holds_it, 0,
                        ROWS(times));
    tcase_add_test(tests, each_bound_is_above_the_one_before);
    tcase_add_test(tests, sums_of_several_writers_add_up);
    return run_suite(suite);
}

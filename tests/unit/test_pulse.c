#include "service/pulse.h"
#include "support/main.h"

enum { SELDOM_MS = 3600 * 1000 };

static const int64_t stuck_ms[] = {100, 400, 10000, SELDOM_MS};

START_TEST(who_is_soon_missed_beats_more_often)
{
    int64_t every_ms = pulse_calm_ms(stuck_ms[_i]);

    ck_assert_int_gt(every_ms, 0);
    ck_assert_int_lt(2 * every_ms, stuck_ms[_i]);
    ck_assert_int_le(every_ms, 1000);
}
END_TEST

static void count(void *arg)
{
    unsigned *beats = arg;

    ++*beats;
}

static void close_both(struct pulse *p, uv_loop_t *loop)
{
    pulse_close(p);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(loop), 0);
}

START_TEST(a_loop_that_beats_seldom_is_not_late)
{
    struct pulse p = {.beaten = NULL};
    uv_loop_t loop;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    pulse_open(&p, &loop);
    pulse_every(&p, SELDOM_MS);
    ck_assert_int_eq(pulse_lag_us(&p), 0);
    close_both(&p, &loop);
}
END_TEST

/* Otherwise it would be an hour until the first one. */
START_TEST(another_pace_counts_from_now)
{
    unsigned beats = 0;
    struct pulse p = {.beaten = count, .arg = &beats};
    uv_loop_t loop;

    ck_assert_int_eq(uv_loop_init(&loop), 0);
    pulse_open(&p, &loop);
    pulse_every(&p, SELDOM_MS);
    pulse_every(&p, 1);
    while (beats < 3)
        (void)uv_run(&loop, UV_RUN_ONCE);
    close_both(&p, &loop);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unit.pulse");
    TCase *tests = tcase_create("pulse");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, who_is_soon_missed_beats_more_often, 0,
                        sizeof stuck_ms / sizeof *stuck_ms);
    tcase_add_test(tests, a_loop_that_beats_seldom_is_not_late);
    tcase_add_test(tests, another_pace_counts_from_now);
    return run_suite(suite);
}

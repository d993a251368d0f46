/* When to try again: doubling, explicit lists, jitter, what receivers ask. */
#include "model/policy.h"
#include "support/main.h"

#define SECOND 1000
#define MINUTE (60 * SECOND)
#define HOUR   (60 * MINUTE)

static const struct wait {
    struct retry retry;
    uint32_t attempts, dice;
    int64_t want_ms;
} waits[] = {
    /* Doubling from the base, up to the cap. */
    {{.base_ms = 5000, .cap_ms = HOUR}, 1, 0, 5000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 2, 0, 10000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 8, 0, 640000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 10, 0, 2560000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 11, 0, HOUR},
    {{.base_ms = 5000, .cap_ms = HOUR}, UINT32_MAX, 0, HOUR},
    {{.base_ms = 5000, .cap_ms = 5000}, 1, 0, 5000},
    {{.base_ms = 5000, .cap_ms = 3000}, 1, 0, 3000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 0, 0, 5000},
    {{.base_ms = 0, .cap_ms = HOUR}, 9, 0, 0},
    /* No overflow, whatever is given. */
    {{.base_ms = INT64_MAX, .cap_ms = INT64_MAX}, 1, 0, INT64_MAX},
    {{.base_ms = INT64_MAX, .cap_ms = INT64_MAX}, 9, 0, INT64_MAX},
    {{.base_ms = 1, .cap_ms = INT64_MAX}, 63, 0, INT64_C(1) << 62},
    {{.base_ms = 1, .cap_ms = INT64_MAX}, 64, 0, INT64_MAX},
    {{.base_ms = 3, .cap_ms = INT64_MAX}, 62, 0, INT64_C(3) << 61},
    {{.base_ms = INT64_MIN, .cap_ms = INT64_MIN}, 2, UINT32_MAX, 0},
    {{.base_ms = 7, .cap_ms = INT64_MIN}, 2, UINT32_MAX, 0},
    /* Jitter shortens, by its percentage at most. */
    {{.base_ms = 10000, .cap_ms = HOUR, .jitter = 20}, 1, 0, 10000},
    {{.base_ms = 10000, .cap_ms = HOUR, .jitter = 20}, 1, 1u << 31, 9000},
    {{.base_ms = 10000, .cap_ms = HOUR, .jitter = 20}, 1, UINT32_MAX, 8001},
    {{.base_ms = 10000, .cap_ms = HOUR, .jitter = 100}, 1, UINT32_MAX, 1},
    {{.base_ms = 10000, .cap_ms = HOUR, .jitter = 900}, 1, UINT32_MAX, 1},
    {{.base_ms = INT64_MAX, .cap_ms = INT64_MAX, .jitter = 100},
     1,
     1u << 31,
     (INT64_C(1) << 62)},
    /* Explicit lists: the last one repeats, and no cap cuts them. */
    {{.schedule_ms = {0, 5000, 5 * HOUR}, .schedule_len = 3, .cap_ms = HOUR},
     1,
     0,
     0},
    {{.schedule_ms = {0, 5000, 5 * HOUR}, .schedule_len = 3}, 2, 0, 5000},
    {{.schedule_ms = {0, 5000, 5 * HOUR}, .schedule_len = 3, .cap_ms = HOUR},
     3,
     0,
     5 * HOUR},
    {{.schedule_ms = {0, 5000, 5 * HOUR}, .schedule_len = 3}, 99, 0, 5 * HOUR},
    {{.schedule_ms = {0, 5000, 10000}, .schedule_len = 3, .jitter = 50},
     3,
     1u << 31,
     7500},
    {{.schedule_ms = {-5}, .schedule_len = 1}, 1, UINT32_MAX, 0},
    {{.schedule_ms = {[31] = 9}, .schedule_len = 99}, UINT32_MAX, 0, 9},
};

START_TEST(the_wait_follows_the_schedule)
{
    const struct wait *w = &waits[_i];

    ck_assert_int_eq(policy_wait_ms(&w->retry, w->attempts, w->dice),
                     w->want_ms);
}
END_TEST

static const struct hinted {
    struct retry retry;
    int64_t hint_ms;
    uint32_t dice;
    int64_t want_ms;
} hints[] = {
    /* The plan is the floor. */
    {{.base_ms = 5000, .cap_ms = HOUR}, 0, 0, 5000},
    {{.base_ms = 5000, .cap_ms = HOUR}, -9, UINT32_MAX, 5000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 2000, UINT32_MAX, 5000},
    /* Never earlier than asked; spread upwards by 10 % at most. */
    {{.base_ms = 5000, .cap_ms = HOUR}, 30000, 0, 30000},
    {{.base_ms = 5000, .cap_ms = HOUR}, 30000, 1u << 31, 31500},
    {{.base_ms = 5000, .cap_ms = HOUR}, 30000, UINT32_MAX, 32999},
    {{.base_ms = 5000, .cap_ms = HOUR, .jitter = 100}, 5000, UINT32_MAX, 5499},
    /* The cap of waits is not the cap of hints. */
    {{.base_ms = 5000, .cap_ms = HOUR}, 2 * HOUR, 0, 2 * HOUR},
    {{.base_ms = 5000, .cap_ms = HOUR, .hint_cap_ms = MINUTE},
     2 * HOUR,
     0,
     MINUTE},
    {{.base_ms = 5000, .cap_ms = HOUR}, INT64_MAX, UINT32_MAX, INT64_MAX},
};

START_TEST(what_the_receiver_asks_for_is_honoured)
{
    const struct hinted *h = &hints[_i];

    ck_assert_int_eq(policy_wait_hinted_ms(&h->retry, 1, h->hint_ms, h->dice),
                     h->want_ms);
}
END_TEST

START_TEST(a_hint_has_a_least_and_a_most)
{
    const struct retry r = {.hint_cap_ms = MINUTE};

    ck_assert_int_eq(policy_hint_ms(&r, 0, 5000, 0), 5000);
    ck_assert_int_eq(policy_hint_ms(&r, -9, 5000, 0), 5000);
    ck_assert_int_eq(policy_hint_ms(&r, 6000, 5000, 0), 6000);
    ck_assert_int_eq(policy_hint_ms(&r, HOUR, 5000, 0), MINUTE);
    ck_assert_int_eq(policy_hint_ms(&r, 0, 5000, 1u << 31), 5250);
    ck_assert_int_eq(policy_hint_ms(&r, HOUR, 0, UINT32_MAX), 65999);
}
END_TEST

START_TEST(no_input_leads_to_a_negative_wait)
{
    static const int64_t times[] = {
        INT64_MIN, INT64_MIN / 2 + 1, -1,       0, 1,
        99,        INT64_MAX / 2 + 1, INT64_MAX};
    static const uint32_t counts[] = {0,  1,  2,   31,  32,        33,
                                      62, 63, 100, 101, UINT32_MAX};
    enum { TIMES = 8, COUNTS = 11 };

    for (int i = 0; i < TIMES * TIMES * COUNTS * COUNTS; i++) {
        int64_t base = times[i % TIMES], cap = times[i / TIMES % TIMES];
        uint32_t n = counts[i / TIMES / TIMES % COUNTS];
        uint32_t jitter = counts[i / TIMES / TIMES / COUNTS];
        struct retry r = {.base_ms = base, .cap_ms = cap, .jitter = jitter};

        ck_assert_int_ge(policy_wait_ms(&r, n, UINT32_MAX), 0);
        ck_assert_int_ge(policy_wait_hinted_ms(&r, n, base, n), 0);
    }
}
END_TEST

START_TEST(a_point_that_is_not_configured_has_sane_rules)
{
    struct policy p = policy_default();

    ck_assert_str_eq(p.method, "POST");
    ck_assert_str_eq(p.content_type, "application/json");
    ck_assert_int_gt(p.connect_ms, 0);
    ck_assert_int_lt(p.connect_ms, p.total_ms);
    ck_assert_int_eq(p.total_ms, 20 * SECOND);
    ck_assert_uint_eq(p.retry.attempts, 8);
    ck_assert_int_eq(p.retry.base_ms, 5 * SECOND);
    ck_assert_int_eq(p.retry.cap_ms, HOUR);
    ck_assert_int_ge(p.retry.max_age_ms, HOUR);
    ck_assert(!p.only_200 && !p.json_answer && !p.envelope && !p.http2);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("model.policy");
    TCase *tests = tcase_create("policy");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, the_wait_follows_the_schedule, 0, ROWS(waits));
    tcase_add_loop_test(tests, what_the_receiver_asks_for_is_honoured, 0,
                        ROWS(hints));
    tcase_add_test(tests, a_hint_has_a_least_and_a_most);
    tcase_add_test(tests, no_input_leads_to_a_negative_wait);
    tcase_add_test(tests, a_point_that_is_not_configured_has_sane_rules);
    return run_suite(suite);
}

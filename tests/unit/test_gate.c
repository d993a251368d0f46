/* What gates count: failures in a window, waits, shares, starts and rates. */
#include "model/gate.h"
#include "support/main.h"
#include "support/table.h"

static const struct circuit usual = {50, 20, 60000, 5000, 120000};

/* `bad` of `all` calls fail, the last one among them, over `span_ms`; then one
 * more fails after a pause. */
static const struct opening {
    struct circuit circuit;
    uint32_t all, bad;
    int64_t span_ms, pause_ms;
    bool want;
} openings[] = {
    {{50, 20, 60000, 0, 0}, 19, 19, 0, 0, true},
    {{50, 20, 60000, 0, 0}, 18, 18, 0, 0, false},
    {{50, 20, 60000, 0, 0}, 19, 9, 0, 0, true},
    {{50, 20, 60000, 0, 0}, 19, 8, 0, 0, false},
    {{50, 20, 60000, 0, 0}, 199, 99, 0, 0, true},
    {{100, 20, 60000, 0, 0}, 30, 29, 0, 0, false},
    {{100, 1, 60000, 0, 0}, 0, 0, 0, 0, true},
    {{1, 20, 60000, 0, 0}, 99, 0, 0, 0, true},
    {{1, 20, 60000, 0, 0}, 100, 0, 0, 0, false},
    {{0, 20, 60000, 0, 0}, 99, 99, 0, 0, false},
    /* What is older than the window does not count, what is half as old does.
     */
    {{50, 20, 60000, 0, 0}, 30, 30, 0, 60000, false},
    {{50, 20, 60000, 0, 0}, 30, 30, 0, 59999, true},
    {{50, 20, 60000, 0, 0}, 30, 30, 29999, 30000, true},
    {{50, 20, 60000, 0, 0}, 30, 30, 29999, 61000, false},
    {{50, 20, 60000, 0, 0}, 30, 30, 0, -1, false},
    {{50, 20, 0, 0, 0}, 30, 30, 0, 1, true},
    {{50, 20, 0, 0, 0}, 30, 30, 0, 2, false},
};

START_TEST(a_circuit_opens_when_enough_of_enough_calls_failed)
{
    const struct opening *o = &openings[_i];
    struct gate_window w = {0};
    int64_t now = 1000;

    for (uint32_t n = 0; n < o->all; n++) {
        now = 1000 + o->span_ms * n / (o->all > 1 ? o->all - 1 : 1);
        (void)gate_window_add(&w, &o->circuit, n >= o->all - o->bad, now);
    }
    ck_assert_int_eq(gate_window_add(&w, &o->circuit, true, now + o->pause_ms),
                     o->want);
}
END_TEST

START_TEST(a_success_never_opens_a_circuit)
{
    struct gate_window w = {0};

    for (int n = 0; n < 18; n++)
        ck_assert(!gate_window_add(&w, &usual, true, 1));
    for (int n = 0; n < 5; n++)
        ck_assert(!gate_window_add(&w, &usual, false, 1));
    ck_assert(gate_window_add(&w, &usual, true, 1));
}
END_TEST

START_TEST(the_count_of_a_window_does_not_overflow)
{
    struct gate_window w = {
        0, {UINT32_MAX, UINT32_MAX}, {UINT32_MAX, UINT32_MAX}};

    ck_assert(gate_window_add(&w, &usual, true, 1));
    ck_assert_uint_eq(w.calls[0], UINT32_MAX);
    ck_assert_uint_eq(w.failures[0], UINT32_MAX);
}
END_TEST

static const struct wait {
    struct circuit circuit;
    uint32_t step, dice;
    int64_t want_ms;
} waits[] = {
    {{.wait_ms = 5000, .cap_ms = 120000}, 0, 0, 5000},
    {{.wait_ms = 5000, .cap_ms = 120000}, 0, UINT32_MAX, 4000},
    {{.wait_ms = 5000, .cap_ms = 120000}, 1, 0, 10000},
    {{.wait_ms = 5000, .cap_ms = 120000}, 4, 0, 80000},
    {{.wait_ms = 5000, .cap_ms = 120000}, 5, 0, 120000},
    {{.wait_ms = 5000, .cap_ms = 120000}, UINT32_MAX, UINT32_MAX, 96000},
    {{.wait_ms = 5000, .cap_ms = 1000}, 0, 0, 1000},
    {{.wait_ms = 0, .cap_ms = 1000}, 9, 0, 0},
    {{.wait_ms = 1, .cap_ms = INT64_MAX}, 61, 0, INT64_C(1) << 61},
    {{.wait_ms = 1, .cap_ms = INT64_MAX}, 62, 0, INT64_MAX},
    {{.wait_ms = INT64_MAX, .cap_ms = INT64_MAX}, 0, 0, INT64_MAX},
    {{.wait_ms = -1, .cap_ms = -1}, 0, UINT32_MAX, 0},
};

START_TEST(a_wait_doubles_up_to_its_cap)
{
    const struct wait *w = &waits[_i];

    ck_assert_int_eq(gate_wait_ms(&w->circuit, w->step, w->dice), w->want_ms);
}
END_TEST

START_TEST(the_shares_of_all_services_are_the_limit)
{
    for (uint32_t services = 1; services < 20; services++)
        for (uint32_t limit = 0; limit < 50; limit++) {
            uint32_t sum = 0, least = UINT32_MAX, most = 0;

            for (uint32_t rank = 0; rank < services; rank++) {
                uint32_t share = gate_share(limit, services, rank, "acme:lead");

                sum += share;
                least = share < least ? share : least;
                most = share > most ? share : most;
            }
            ck_assert_uint_eq(sum, limit);
            ck_assert_uint_le(most - least, 1);
        }
    ck_assert_uint_eq(gate_share(9, 0, 0, "acme:lead"), 0);
}
END_TEST

START_TEST(single_slots_are_spread_over_the_services)
{
    uint32_t of[4] = {0};
    char name[] = "acme:a";

    for (; name[5] < 'z'; name[5]++)
        for (uint32_t rank = 0; rank < 4; rank++)
            of[rank] += gate_share(1, 4, rank, name);
    for (int rank = 0; rank < 4; rank++)
        ck_assert_uint_gt(of[rank], 0);
}
END_TEST

START_TEST(another_url_has_another_mark)
{
    char a[GATE_MARK_SIZE], b[GATE_MARK_SIZE];

    gate_mark(a, "https://a.example/lead");
    gate_mark(b, "https://a.example/lead");
    ck_assert_str_eq(a, b);
    gate_mark(b, "https://b.example/lead");
    ck_assert_str_ne(a, b);
    gate_mark(a, "");
    ck_assert_str_eq(a, "cbf29ce484222325");
}
END_TEST

START_TEST(a_start_grows_by_one_up_to_the_limit)
{
    ck_assert_uint_eq(gate_start_grow(GATE_START, 4), 2);
    ck_assert_uint_eq(gate_start_grow(3, 4), 4);
    ck_assert_uint_eq(gate_start_grow(4, 4), 0);
    ck_assert_uint_eq(gate_start_grow(1, 0), 0);
    ck_assert_uint_eq(gate_start_grow(0, 4), 0);
}
END_TEST

static const struct interval {
    uint32_t per_second, services;
    int64_t want_us;
} intervals[] = {
    {0, 3, 0},       {1, 1, 1000000},
    {10, 1, 100000}, {10, 0, 100000},
    {10, 4, 400000}, {1000000, 1, 1},
    {3, 1, 333333},  {1, UINT32_MAX, INT64_C(4294967295000000)},
};

START_TEST(a_rate_is_an_interval)
{
    const struct interval *i = &intervals[_i];

    ck_assert_int_eq(gate_interval_us(i->per_second, i->services), i->want_us);
}
END_TEST

/* Takes whatever it gets, every step_us for so long. */
static uint32_t take_all(int64_t interval_us, int64_t step_us, int64_t span_us)
{
    struct gate_pace p = {0};
    uint32_t taken = 0;

    for (int64_t now = 5000000; now < 5000000 + span_us; now += step_us) {
        uint32_t room = gate_pace_room(&p, interval_us, now, 1000000);

        gate_pace_take(&p, interval_us, now, (int32_t)room);
        taken += room;
        ck_assert_uint_eq(gate_pace_room(&p, interval_us, now, 9), 0);
        ck_assert_int_gt(gate_pace_next_us(&p, interval_us), now);
    }
    return taken;
}

static const struct pace {
    int64_t interval_us, step_us, span_us;
    uint32_t want; /* the rate and the burst */
} paces[] = {
    {1000, 100, 1000000, 1099},     {1000, 50000, 1000001, 1100},
    {10000, 1000, 1000000, 109},    {100000, 1000, 1000000, 10},
    {1000000, 1000, 3000001, 4},    {400000, 10000, 2000001, 6},
    {10000, 500000, 10000000, 200},
};

START_TEST(a_rate_is_kept_and_used)
{
    const struct pace *p = &paces[_i];

    ck_assert_uint_eq(take_all(p->interval_us, p->step_us, p->span_us),
                      p->want);
}
END_TEST

START_TEST(what_is_given_back_can_be_taken_again)
{
    struct gate_pace p = {0};

    gate_pace_take(&p, 100000, 1000000, 1);
    ck_assert_uint_eq(gate_pace_room(&p, 100000, 1000000, 5), 0);
    gate_pace_take(&p, 100000, 1000000, -1);
    ck_assert_uint_eq(gate_pace_room(&p, 100000, 1000000, 5), 1);
    ck_assert_uint_eq(gate_pace_room(&p, 0, 1000000, 5), 5);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model.gate");
    TCase *c = tcase_create("gate");

    suite_add_tcase(s, c);
    tcase_add_loop_test(c, a_circuit_opens_when_enough_of_enough_calls_failed,
                        0, ROWS(openings));
    tcase_add_test(c, a_success_never_opens_a_circuit);
    tcase_add_test(c, the_count_of_a_window_does_not_overflow);
    tcase_add_loop_test(c, a_wait_doubles_up_to_its_cap, 0, ROWS(waits));
    tcase_add_test(c, the_shares_of_all_services_are_the_limit);
    tcase_add_test(c, single_slots_are_spread_over_the_services);
    tcase_add_test(c, another_url_has_another_mark);
    tcase_add_test(c, a_start_grows_by_one_up_to_the_limit);
    tcase_add_loop_test(c, a_rate_is_an_interval, 0, ROWS(intervals));
    tcase_add_loop_test(c, a_rate_is_kept_and_used, 0, ROWS(paces));
    tcase_add_test(c, what_is_given_back_can_be_taken_again);
    return run_suite(s);
}

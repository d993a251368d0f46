/* The calls of stages/gate.h against a real server. */
#include "stages/gate.h"

#include "support/gated.h"
#include "support/main.h"
#include "support/redis_link.h"

#include <stdio.h>

static struct functions f;
static struct redis_link l;
static struct gate_call call;

static const char gate[] = "acme:on-lead";

/* What came back last. */
static int calls;
static struct gate_told told;
static struct gate_news row;
static char name[GATE_NAME_SIZE], why[GATE_WHY_MAX + 1], mark[32];

static void over(void *arg, const struct gate_told *t)
{
    ck_assert_ptr_eq(arg, &told);
    calls++;
    told = *t;
    if (t->count == 0)
        return;
    gate_told_row(t, 0, &row);
    ck_assert(span_copy(row.gate, name, sizeof name));
    ck_assert(span_copy(row.state.why, why, sizeof why));
    ck_assert(span_copy(row.state.mark, mark, sizeof mark));
}

static void open_all(void)
{
    f = functions_open(NULL);
    redis_link_open(&l, redis_server_address(f.server));
    redis_link_up(&l);
    call = (struct gate_call){l.redis, &f.keys, 1000, "host/1", &told, over};
}

static void close_all(void)
{
    redis_link_close(&l);
    functions_close(&f);
}

static void until_over(enum err e, enum gate_end want)
{
    int before = calls;

    ck_assert_int_eq(e, ERR_OK);
    link_until(&l, calls == before + 1, "the reply");
    ck_assert_int_eq(told.end, want);
}

static const struct gate_shutting circuit = {
    .kind = GATE_CIRCUIT,
    .wait_ms = 5000,
    .step = 2,
    .why = "15 of 20\ncalls failed \x1b[31m",
};

START_TEST(a_gate_is_shut_and_opened)
{
    until_over(gate_shut(&call, gate, &circuit), GATE_TOLD);
    ck_assert(told.changed);
    ck_assert_int_eq(told.version, 1);
    ck_assert_uint_eq(told.count, 1);
    ck_assert_str_eq(name, gate);
    ck_assert_int_eq(row.state.kind, GATE_CIRCUIT);
    ck_assert_int_eq(row.state.until_ms, told.now_ms + 5000);
    ck_assert_int_eq(row.state.since_ms, told.now_ms);
    ck_assert_uint_eq(row.state.step, 2);
    ck_assert_str_eq(mark, "-");
    ck_assert_str_eq(why, "15 of 20 calls failed  [31m");
    until_over(gate_open(&call, gate, GATE_PAUSED, "no"), GATE_TOLD);
    ck_assert(!told.changed);
    ck_assert_int_eq(row.state.kind, GATE_CIRCUIT);
    until_over(gate_open(&call, gate, GATE_CIRCUIT, "answered"), GATE_TOLD);
    ck_assert(told.changed);
    ck_assert_int_eq(row.state.kind, GATE_NONE);
    ck_assert_ptr_nonnull(strstr(
        redis_server_ask(f.server, "XRANGE", f.keys.outcomes, "-", "+", NULL),
        "\nerror\nanswered\n"));
}
END_TEST

START_TEST(a_shut_without_effect_tells_what_is_in_its_way)
{
    const struct gate_shutting paused = {
        .kind = GATE_PAUSED, .wait_ms = -1, .mark = "m1", .why = "holidays"};

    until_over(gate_shut(&call, gate, &paused), GATE_TOLD);
    until_over(gate_shut(&call, gate, &circuit), GATE_TOLD);
    ck_assert(!told.changed);
    ck_assert_int_eq(row.state.kind, GATE_PAUSED);
    ck_assert_int_eq(row.state.until_ms, 0);
    ck_assert_str_eq(why, "holidays");
    ck_assert_str_eq(mark, "m1");
}
END_TEST

START_TEST(the_end_of_a_probe_may_come_before_its_time)
{
    struct gate_shutting again = circuit;

    until_over(gate_shut(&call, gate, &circuit), GATE_TOLD);
    again.wait_ms = 10;
    until_over(gate_shut(&call, gate, &again), GATE_TOLD);
    ck_assert(!told.changed);
    again.probe_ms = row.state.until_ms;
    until_over(gate_shut(&call, gate, &again), GATE_TOLD);
    ck_assert(told.changed);
    ck_assert_int_eq(row.state.until_ms, told.now_ms + 10);
}
END_TEST

START_TEST(news_are_read)
{
    until_over(gates_read(&call, 0, 10), GATE_TOLD);
    ck_assert(told.whole);
    ck_assert_uint_eq(told.count, 0);
    ck_assert_int_eq(told.version, 0);
    until_over(gate_shut(&call, "a:", &circuit), GATE_TOLD);
    until_over(gate_shut(&call, "b:", &circuit), GATE_TOLD);
    until_over(gates_read(&call, 1, 10), GATE_TOLD);
    ck_assert(!told.whole);
    ck_assert_uint_eq(told.count, 1);
    ck_assert_str_eq(name, "b:");
    ck_assert_uint_eq(row.parked, 0);
    until_over(gates_read(&call, 0, 1), GATE_TOLD);
    ck_assert(told.whole);
    ck_assert_uint_eq(told.count, 1);
    ck_assert_str_eq(name, "a:");
    ck_assert_int_eq(told.version, 1);
}
END_TEST

START_TEST(a_state_that_cannot_be_read_is_a_pause)
{
    until_over(gate_shut(&call, gate, &circuit), GATE_TOLD);
    gated_set(&f, gate, "nonsense");
    until_over(gates_read(&call, 0, 10), GATE_TOLD);
    ck_assert_int_eq(row.state.kind, GATE_PAUSED);
    ck_assert_int_eq(row.state.until_ms, 0);
    ck_assert_str_eq(why, "its state cannot be read");
}
END_TEST

START_TEST(a_missing_library_is_loaded_for_the_next_call)
{
    redis_server_ask(f.server, "FUNCTION", "FLUSH", NULL);
    until_over(gate_shut(&call, gate, &circuit), GATE_AGAIN);
    until_over(gate_shut(&call, gate, &circuit), GATE_TOLD);
    ck_assert(told.changed);
}
END_TEST

START_TEST(an_error_is_no_answer)
{
    redis_server_ask(f.server, "SET", f.keys.gates, "x", NULL);
    until_over(gates_read(&call, 0, 10), GATE_UNKNOWN);
    ck_assert_int_eq(l.downs, 0);
}
END_TEST

START_TEST(without_a_reply_it_is_unknown)
{
    redis_server_pause(f.server);
    ck_assert_int_eq(gate_shut(&call, gate, &circuit), ERR_OK);
    (void)redis_link_step(&l);
    redis_break(l.redis, "cut");
    redis_server_resume(f.server);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(told.end, GATE_UNKNOWN);
    ck_assert_int_eq(gate_open(&call, gate, GATE_NONE, ""), ERR_REDIS);
    ck_assert_int_eq(calls, 1);
}
END_TEST

/* As a command line does it: words, one reply. */
START_TEST(the_words_are_those_of_the_calls)
{
    const struct gate_shutting paused = {
        .kind = GATE_PAUSED, .wait_ms = -1, .why = "holidays"};
    struct gate_words w;

    gate_words(&w, &call, "shut", gate, &paused);
    ck_assert_int_eq(redis_link_send(&l, 0, GATE_WORDS, w.at), ERR_OK);
    link_until(&l, l.answers[0].calls == 1, "the reply");
    ck_assert_int_eq(l.answers[0].errors, 0);
    ck_assert_int_eq(strncmp(gated_state(&f, gate), "paused ", 7), 0);
    gate_words(&w, &call, "open", gate, &(struct gate_shutting){.why = "back"});
    ck_assert_int_eq(redis_link_send(&l, 1, GATE_WORDS, w.at), ERR_OK);
    link_until(&l, l.answers[1].calls == 1, "the reply");
    ck_assert_str_eq(gated_state(&f, gate), "(nil)");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.gate");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_gate_is_shut_and_opened);
    tcase_add_test(t, a_shut_without_effect_tells_what_is_in_its_way);
    tcase_add_test(t, the_end_of_a_probe_may_come_before_its_time);
    tcase_add_test(t, news_are_read);
    tcase_add_test(t, a_state_that_cannot_be_read_is_a_pause);
    tcase_add_test(t, a_missing_library_is_loaded_for_the_next_call);
    tcase_add_test(t, an_error_is_no_answer);
    tcase_add_test(t, without_a_reply_it_is_unknown);
    tcase_add_test(t, the_words_are_those_of_the_calls);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

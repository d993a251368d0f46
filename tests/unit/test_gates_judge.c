/* What calls say about a gate, and what becomes of it. */
#include "service/gates_figures.h"
#include "support/circuit.h"
#include "support/main.h"
#include "support/table.h"

static const struct outcome busy = {.verdict = VERDICT_RETRY,
                                    .class = CLASS_EXTENSION_BUSY,
                                    .pauses = true,
                                    .hold_ms = 7000,
                                    .reason = "busy"};
static const struct outcome gone = {.verdict = VERDICT_DEAD,
                                    .class = CLASS_GONE,
                                    .stops = true,
                                    .reason = "gone"};

START_TEST(failures_open_the_circuit_at_once_and_for_all)
{
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gates_bed b = circuit_opened(changes);
    struct gate_pass pass = {0};

    ck_assert_str_eq(changes[0].gate, "acme:lead");
    ck_assert_int_eq(changes[0].kind, GATE_CIRCUIT);
    ck_assert(!changes[0].opens);
    ck_assert_int_eq(changes[0].wait_ms, 1000);
    ck_assert_uint_eq(changes[0].step, 0);
    ck_assert_int_eq(changes[0].probe_ms, 0);
    ck_assert_str_eq(changes[0].why,
                     "4 of 4 calls failed; the last: no answer");
    ck_assert(!gates_bed_enter(&b, &pass, "acme", "lead"));
    ck_assert_str_eq(gates_parked_at(&pass), "acme:lead");
    gates_bed_leave(&b, &pass);
    ck_assert(gates_bed_enter(&b, &pass, "acme", "sale"));
    gates_bed_leave(&b, &pass);
    ck_assert_uint_eq(gates_turns(b.gates, 0).shut[GATE_CIRCUIT], 0);
    gates_bed_agree(&b, &changes[0], "circuit 1 1000 0 - why", 1);
    ck_assert_uint_eq(gates_turns(b.gates, 0).shut[GATE_CIRCUIT], 1);
    ck_assert(!gates_bed_enter(&b, &pass, "acme", "lead"));
    gates_bed_leave(&b, &pass);
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_circuit_that_redis_does_not_know_of_is_open_no_longer)
{
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gates_bed b = circuit_opened(changes);
    struct gate_pass pass = {0};

    gates_changed(b.gates, &changes[0], NULL, b.now_us);
    ck_assert(gates_bed_enter(&b, &pass, "acme", "lead"));
    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &circuit_bad, changes), 1);
    gates_bed_leave(&b, &pass);
    gates_bed_close(&b);
}
END_TEST

START_TEST(what_was_called_before_it_opened_changes_nothing)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass early[2] = {{0}};

    ck_assert(gates_bed_enter(&b, &early[0], "acme", "lead"));
    ck_assert(gates_bed_enter(&b, &early[1], "acme", "lead"));
    for (int n = 0; n < 4; n++)
        (void)circuit_call(&b, &circuit_bad, changes);
    gates_bed_agree(&b, &changes[0], "circuit 1 1000 0 - why", 2);
    ck_assert_uint_eq(gates_bed_judge(&b, &early[0], &circuit_bad, changes), 0);
    ck_assert_uint_eq(gates_bed_judge(&b, &early[1], &circuit_good, changes),
                      0);
    gates_bed_leave(&b, &early[0]);
    gates_bed_leave(&b, &early[1]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_gate_where_nobody_waits_opens_when_its_time_has_come)
{
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gates_bed b = circuit_opened(changes);
    struct gate_take take;

    gates_bed_agree(&b, &changes[0], "circuit 1 1000 0 - why", 0);
    gates_bed_take(&b, 9, NULL, NULL);
    b.now_us += 1000000;
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:lead", &take), 1);
    b.now_us += 1000;
    ck_assert(
        gates_took(b.gates, &take,
                   &(struct gate_report){
                       .news = {.state = {.kind = GATE_CIRCUIT, .until_ms = 1}},
                       .server_ms = 2,
                       .now_us = b.now_us},
                   b.now_us, &changes[0]));
    ck_assert(changes[0].opens);
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_agree(&b, &changes[0], "", 0);
    ck_assert_uint_eq(gates_turns(b.gates, 0).opened[GATE_CIRCUIT], 1);
    ck_assert_uint_eq(gates_turns(b.gates, 0).shut[GATE_CIRCUIT], 1);
    ck_assert_uint_eq(circuit_call(&b, &circuit_good, changes), 0);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_throttled_call_shuts_the_whole_container_once)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX], more[GATE_CHANGES_MAX];
    struct gate_pass pass[3] = {{0}}, late = {0};

    for (int n = 0; n < 3; n++)
        ck_assert(gates_bed_enter(&b, &pass[n], "acme", n ? "lead" : "sale"));
    ck_assert_uint_eq(
        gates_bed_judge(&b, &pass[0], &circuit_throttled, changes), 1);
    ck_assert_str_eq(changes[0].gate, "acme:");
    ck_assert_int_eq(changes[0].kind, GATE_WAIT);
    ck_assert_int_eq(changes[0].wait_ms, 5000);
    ck_assert_uint_eq(gates_bed_judge(&b, &pass[1], &circuit_throttled, more),
                      0);
    gates_bed_agree(&b, &changes[0], "wait 1 5000 0 - why", 0);
    ck_assert_uint_eq(
        gates_bed_judge(&b, &pass[2], &circuit_throttled, changes), 0);
    ck_assert(!gates_bed_enter(&b, &late, "acme", "other"));
    ck_assert_str_eq(gates_parked_at(&late), "acme:");
    gates_bed_leave(&b, &late);
    for (int n = 0; n < 3; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(an_extension_that_asks_for_it_is_left_alone)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];

    ck_assert_uint_eq(circuit_call(&b, &busy, changes), 1);
    ck_assert_str_eq(changes[0].gate, "acme:lead");
    ck_assert_int_eq(changes[0].kind, GATE_WAIT);
    ck_assert_int_eq(changes[0].wait_ms, 7000);
    gates_bed_agree(&b, &changes[0], "wait 1 7000 0 - why", 0);
    gates_bed_take(&b, 9, NULL, NULL);
    ck_assert_int_eq(gates_next_us(b.gates, 0), b.now_us + 7000000);
    gates_bed_close(&b);
}
END_TEST

START_TEST(an_extension_that_is_gone_stays_so_while_nobody_asks)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = {0};
    struct gate_take take;

    ck_assert_uint_eq(circuit_call(&b, &gone, changes), 1);
    ck_assert_int_eq(changes[0].kind, GATE_GONE);
    ck_assert_str_eq(changes[0].mark, "abc");
    gates_bed_agree(&b, &changes[0], "gone 1 1000 0 abc why", 0);
    b.now_us += 9000000;
    gates_bed_take(&b, 9, NULL, NULL);
    ck_assert(!gates_bed_enter(&b, &pass, "acme", "lead"));
    gates_bed_leave(&b, &pass);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:lead", &take), 1);
    gates_pass(b.gates, &take,
               &(struct gate_news){
                   .state = {.kind = GATE_GONE, .mark = span_of("abc")}},
               &pass);
    ck_assert_str_eq(pass.mark, "abc");
    (void)gates_bed_took(&b, &take, "gone 1 9000 0 abc why", 0, changes);
    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &gone, changes), 1);
    ck_assert_int_eq(changes[0].kind, GATE_GONE);
    ck_assert_uint_eq(changes[0].step, 1);
    gates_bed_leave(&b, &pass);
    gates_bed_close(&b);
}
END_TEST

START_TEST(what_an_operator_paused_waits_for_an_operator)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = {0};

    gates_bed_tell(&b, 1, false, "acme: paused 1 0 0 - maintenance/3");
    b.now_us += INT64_C(1000000000000);
    gates_bed_take(&b, 9, NULL, NULL);
    ck_assert(!gates_bed_enter(&b, &pass, "acme", "lead"));
    gates_bed_leave(&b, &pass);
    gates_bed_tell(&b, 2, false, "acme:");
    ck_assert_uint_eq(circuit_call(&b, &circuit_good, changes), 0);
    gates_bed_close(&b);
}
END_TEST

START_TEST(what_a_whole_reading_does_not_tell_is_over)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = {0};

    gates_bed_tell(&b, 1, false,
                   "acme: paused 1 0 0 - -/3;two: paused 1 0 0 - -/0");
    gates_reset(b.gates, 0);
    ck_assert(!gates_known(b.gates, 0));
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_tell(&b, 4, true, "two: paused 1 0 0 - -/0");
    ck_assert(!gates_known(b.gates, 0));
    gates_bed_tell(&b, 4, false, "");
    ck_assert(gates_known(b.gates, 0));
    ck_assert_uint_eq(circuit_call(&b, &circuit_good, changes), 0);
    ck_assert(!gates_bed_enter(&b, &pass, "two", "lead"));
    gates_bed_leave(&b, &pass);
    gates_bed_close(&b);
}
END_TEST

START_TEST(news_are_asked_for_once_and_again_after_a_failure)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    int64_t since = -1;

    b.now_us += 100000;
    ck_assert(!gates_ask(b.gates, 0, b.now_us, &since));
    gates_see(b.gates, 0, 3);
    gates_see(b.gates, 0, -1);
    ck_assert(gates_ask(b.gates, 0, b.now_us, &since));
    ck_assert_int_eq(since, 0);
    ck_assert(!gates_ask(b.gates, 0, b.now_us, &since));
    gates_learn(b.gates, 0, NULL, b.now_us);
    ck_assert(!gates_ask(b.gates, 0, b.now_us, &since));
    b.now_us += 300000;
    ck_assert(gates_ask(b.gates, 0, b.now_us, &since));
    gates_bed_close(&b);
}
END_TEST

/* Somebody has deleted its key, or it is another one. */
START_TEST(a_redis_that_counts_anew_is_read_anew)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = {0};

    gates_bed_tell(&b, 500, false, "acme: paused 1 0 0 - -/3");
    gates_bed_tell(&b, 2, true, "two: paused 1 0 0 - -/0");
    gates_bed_tell(&b, 2, false, "");
    ck_assert_uint_eq(circuit_call(&b, &circuit_good, changes), 0);
    ck_assert(!gates_bed_enter(&b, &pass, "two", "lead"));
    gates_bed_leave(&b, &pass);
    gates_bed_close(&b);
}
END_TEST

START_TEST(an_old_version_behind_a_new_one_is_no_news)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    int64_t since;

    gates_bed_tell(&b, 5, false, "acme: paused 1 0 0 - -/3");
    b.now_us += 100000;
    gates_see(b.gates, 0, 4);
    ck_assert(gates_has_news(b.gates, 0));
    gates_see(b.gates, 0, 5);
    ck_assert(!gates_has_news(b.gates, 0));
    ck_assert(!gates_ask(b.gates, 0, b.now_us, &since));
    gates_bed_close(&b);
}
END_TEST

START_TEST(jobs_whose_gate_somebody_deleted_are_taken_up)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_take take;
    struct gate_change change;

    gates_bed_tell(&b, 1, false, "acme:lead /3");
    ck_assert_uint_eq(gates_bed_take(&b, 2, "acme:lead", &take), 2);
    (void)gates_bed_took(&b, &take, "full 1 0 0 - -", 1, &change);
    gates_bed_close(&b);
}
END_TEST

int main(void)
{
    return run_tests("service.gates_judge", 10,
                     a_redis_that_counts_anew_is_read_anew,
                     an_old_version_behind_a_new_one_is_no_news,
                     jobs_whose_gate_somebody_deleted_are_taken_up,
                     failures_open_the_circuit_at_once_and_for_all,
                     a_circuit_that_redis_does_not_know_of_is_open_no_longer,
                     what_was_called_before_it_opened_changes_nothing,
                     a_gate_where_nobody_waits_opens_when_its_time_has_come,
                     a_throttled_call_shuts_the_whole_container_once,
                     an_extension_that_asks_for_it_is_left_alone,
                     an_extension_that_is_gone_stays_so_while_nobody_asks,
                     what_an_operator_paused_waits_for_an_operator,
                     what_a_whole_reading_does_not_tell_is_over,
                     news_are_asked_for_once_and_again_after_a_failure);
}

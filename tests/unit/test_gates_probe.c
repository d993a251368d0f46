/* Gates that are shut: who tries, and what follows from that. */
#include "support/circuit.h"
#include "support/main.h"
#include "support/table.h"

/* Its circuit has just opened; Redis knows, and holds two of its jobs. */
static struct gates_bed shut(void)
{
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gates_bed b = circuit_opened(changes);

    gates_bed_agree(&b, &changes[0], "circuit 1 1000 0 - why", 2);
    return b;
}

/* Takes the one probe that there is when the time has come. */
static struct gate_pass probe(struct gates_bed *b, const char *state)
{
    struct gate_pass pass;
    struct gate_take take;
    struct gate_news news = {
        .state = {.kind = GATE_CIRCUIT, .until_ms = 77, .mark = span_of("-")}};
    struct gate_change change;

    gates_bed_take(b, 9, NULL, NULL);
    b->now_us = gates_next_us(b->gates, 0);
    ck_assert_uint_eq(gates_bed_take(b, 9, "acme:lead", &take), 1);
    gates_pass(b->gates, &take, &news, &pass);
    ck_assert(gates_bed_enter(b, &pass, "acme", "lead"));
    ck_assert(!gates_bed_took(b, &take, state, 1, &change));
    gates_bed_take(b, 9, NULL, NULL);
    return pass;
}

START_TEST(a_probe_that_succeeds_opens_the_gate_and_it_starts_slowly)
{
    struct gates_bed b = shut();
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = probe(&b, "circuit 1 9000 0 - why");
    struct gate_take take;

    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &circuit_good, changes), 1);
    ck_assert(changes[0].opens);
    ck_assert_int_eq(changes[0].kind, GATE_CIRCUIT);
    gates_bed_leave(&b, &pass);
    gates_bed_agree(&b, &changes[0], "full 1 0 0 - -", 50);
    for (unsigned n = 1; n < 20; n *= 2) {
        struct gate_pass passes[32];

        ck_assert_uint_eq(gates_bed_take(&b, 99, "acme:lead", &take), n);
        for (unsigned at = 0; at < n; at++) {
            gates_pass(b.gates, &take, NULL, &passes[at]);
            ck_assert_uint_eq(
                gates_bed_judge(&b, &passes[at], &circuit_good, changes), 0);
        }
        (void)gates_bed_took(&b, &take, "full 1 0 0 - -", 50, changes);
        for (unsigned at = 0; at < n; at++)
            gates_bed_leave(&b, &passes[at]);
    }
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_probe_that_fails_waits_longer_up_to_the_cap)
{
    static const int64_t waits[] = {2000, 3000, 3000};
    struct gates_bed b = shut();
    struct gate_change changes[GATE_CHANGES_MAX];

    for (unsigned n = 0; n < 3; n++) {
        char state[64];
        struct gate_pass pass;

        (void)snprintf(state, sizeof state, "circuit 1 9000 %u - why", n);
        pass = probe(&b, state);
        ck_assert_uint_eq(gates_bed_judge(&b, &pass, &circuit_bad, changes), 1);
        ck_assert(!changes[0].opens);
        ck_assert_int_eq(changes[0].wait_ms, waits[n]);
        ck_assert_uint_eq(changes[0].step, n + 1);
        ck_assert_int_eq(changes[0].probe_ms, 77);
        gates_bed_leave(&b, &pass);
        (void)snprintf(state, sizeof state, "circuit 1 %d %u - why",
                       (int)waits[n], n + 1);
        gates_bed_agree(&b, &changes[0], state, 1);
    }
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_probe_without_a_call_is_followed_by_the_next_one)
{
    struct gates_bed b = shut();
    struct gate_pass pass = probe(&b, "circuit 1 9000 3 - why");
    struct gate_change change;
    struct gate_take take;

    ck_assert(gates_leave(b.gates, &pass, b.now_us, &change));
    ck_assert(!change.opens);
    ck_assert_int_eq(change.wait_ms, 0);
    ck_assert_uint_eq(change.step, 3);
    ck_assert_int_eq(change.probe_ms, 77);
    ck_assert_str_eq(change.why, "why");
    gates_bed_agree(&b, &change, "circuit 1 0 3 - why", 1);
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_tell(&b, 5, false, "acme:lead circuit 1 1 3 - why/1");
    b.now_us += 1000;
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:lead", &take), 1);
    gates_bed_close(&b);
}
END_TEST

START_TEST(the_end_of_a_resumed_gate_s_probe_changes_nothing)
{
    struct gates_bed b = shut();
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = probe(&b, "circuit 1 9000 0 - why");

    gates_bed_tell(&b, 9, false, "acme:lead");
    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &circuit_bad, changes), 0);
    gates_bed_leave(&b, &pass);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_container_s_probe_says_what_becomes_of_it)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX], change;
    struct gate_pass pass;
    struct gate_take take;
    struct gate_news news = {.state = {.until_ms = 78}};

    gates_bed_tell(&b, 1, false,
                   "acme: wait 1 100 2 - why/2;acme:lead full 1 0 0 - -/2");
    gates_bed_take(&b, 9, NULL, NULL);
    for (int n = 0; n < 2; n++) {
        b.now_us += 100000;
        ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:", &take), 1);
        gates_pass(b.gates, &take, &news, &pass);
        ck_assert(
            !gates_bed_took(&b, &take, "wait 1 9000 2 - why", 1, &change));
        ck_assert(gates_bed_enter(&b, &pass, "acme", "sale"));
        ck_assert_uint_eq(
            gates_bed_judge(&b, &pass, n ? &circuit_good : &circuit_throttled,
                            changes),
            1);
        gates_bed_leave(&b, &pass);
        ck_assert_str_eq(changes[0].gate, "acme:");
        ck_assert_int_eq(changes[0].opens, n);
        if (n == 0)
            ck_assert_uint_eq(changes[0].step, 3);
        gates_bed_agree(&b, &changes[0],
                        n ? "full 1 0 0 - -" : "wait 1 100 3 - why", n ? 0 : 1);
    }
    /* Its extensions' jobs go on, one by one at first. */
    ck_assert_uint_eq(gates_take(b.gates, 0, 9, b.now_us,
                                 (struct gate_take[GATE_TAKES_MAX]){{0}}),
                      1);
    gates_bed_close(&b);
}
END_TEST

/* It is no failure of the extension's. */
START_TEST(calls_that_are_refused_one_by_one_do_not_keep_it_slow)
{
    static const struct outcome rejected = {
        .verdict = VERDICT_DEAD, .class = CLASS_REJECTED, .reason = "422"};
    struct gates_bed b = shut();
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_pass pass = probe(&b, "circuit 1 9000 0 - why");
    struct gate_take take;

    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &rejected, changes), 1);
    ck_assert(changes[0].opens);
    gates_bed_leave(&b, &pass);
    gates_bed_agree(&b, &changes[0], "full 1 0 0 - -", 50);
    ck_assert_uint_eq(gates_bed_take(&b, 99, "acme:lead", &take), 1);
    gates_pass(b.gates, &take, NULL, &pass);
    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &rejected, changes), 0);
    (void)gates_bed_took(&b, &take, "full 1 0 0 - -", 50, changes);
    gates_bed_leave(&b, &pass);
    ck_assert_uint_eq(gates_bed_take(&b, 99, "acme:lead", &take), 2);
    (void)gates_bed_took(&b, &take, "full 1 0 0 - -", 48, changes);
    gates_bed_close(&b);
}
END_TEST

START_TEST(the_end_of_a_pause_may_be_a_quarantine)
{
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_news news = {
        .state = {.kind = GATE_PAUSED, .until_ms = 77, .mark = span_of("-")}};
    struct gate_take take;
    struct gate_pass pass;

    gates_bed_tell(&b, 1, false, "acme: paused 1 1000 0 - maintenance/3");
    b.now_us = gates_next_us(b.gates, 0);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:", &take), 1);
    gates_pass(b.gates, &take, &news, &pass);
    (void)gates_bed_took(&b, &take, "paused 1 9000 0 - maintenance", 2,
                         changes);
    ck_assert(gates_bed_enter(&b, &pass, "acme", "lead"));
    ck_assert_uint_eq(gates_bed_judge(&b, &pass, &circuit_throttled, changes),
                      1);
    ck_assert_int_eq(changes[0].kind, GATE_WAIT);
    ck_assert_int_eq(changes[0].wait_ms, 5000);
    ck_assert_int_eq(changes[0].probe_ms, 77);
    gates_bed_leave(&b, &pass);
    gates_bed_agree(&b, &changes[0], "wait 1 5000 1 - slow", 2);
    b.now_us = gates_next_us(b.gates, 0);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:", &take), 1);
    (void)gates_bed_took(&b, &take, "wait 1 9000 1 - slow", 2, changes);
    gates_bed_close(&b);
}
END_TEST

START_TEST(gates_are_tried_in_the_order_of_their_times)
{
    static const char *const order[] = {"b:p", "e:p", "g:p", "a:p",
                                        "f:p", "d:p", "c:p"};
    struct gates_bed b = gates_bed_open(circuit_config);
    struct gate_change change;
    struct gate_take take;

    gates_bed_tell(&b, 1, false,
                   "a:p circuit 1 400 0 - w/1;b:p circuit 1 100 0 - w/1;"
                   "c:p circuit 1 700 0 - w/1;d:p circuit 1 600 0 - w/1;"
                   "e:p circuit 1 200 0 - w/1;f:p circuit 1 500 0 - w/1;"
                   "g:p circuit 1 300 0 - w/1");
    gates_bed_take(&b, 9, NULL, NULL);
    for (int n = 0; n < ROWS(order); n++) {
        b.now_us = gates_next_us(b.gates, 0);
        ck_assert_uint_eq(gates_bed_take(&b, 9, order[n], &take), 1);
        ck_assert(
            !gates_bed_took(&b, &take, "circuit 1 90000 0 - w", 1, &change));
    }
    gates_bed_close(&b);
}
END_TEST

int main(void)
{
    return run_tests("service.gates_probe", 10,
                     calls_that_are_refused_one_by_one_do_not_keep_it_slow,
                     the_end_of_a_pause_may_be_a_quarantine,

                     a_probe_that_succeeds_opens_the_gate_and_it_starts_slowly,
                     a_probe_that_fails_waits_longer_up_to_the_cap,
                     a_probe_without_a_call_is_followed_by_the_next_one,
                     the_end_of_a_resumed_gate_s_probe_changes_nothing,
                     a_container_s_probe_says_what_becomes_of_it,
                     gates_are_tried_in_the_order_of_their_times);
}

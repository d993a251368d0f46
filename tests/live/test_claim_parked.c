/* Taking parked jobs up, against a real server. */
#include "stages/claim.h"

#include "support/gated.h"
#include "support/main.h"
#include "support/recording.h"

#include <stdio.h>

static struct functions f;
static struct redis_link l;
static struct holder holder;

static const char gate[] = "acme:on-lead";

/* One asker, and what came back last. */
struct asker {
    struct claim_call call;
    int calls, probes;
    enum claim_end end;
    size_t count, gate_count;
    int64_t version, now_ms;
    char numbers[64], gates[64], field[64];
    enum gate_kind kind;
    int64_t until_ms;
    uint64_t parked;
};

static struct asker one;

static void over(void *arg, const struct claimed *c)
{
    struct asker *a = arg;
    struct claimed_parked job;
    struct gate_news news;

    a->calls++;
    a->end = c->end;
    a->count = c->count;
    a->gate_count = c->gate_count;
    a->version = c->version;
    a->now_ms = c->now_ms;
    a->numbers[0] = a->gates[0] = '\0';
    for (size_t i = 0; c->jobs && i < c->count; i++) {
        char text[16];

        claimed_parked_job(c, i, &job);
        (void)snprintf(
            text, sizeof text, "%c ",
            *((char *)memmem(job.record.at, job.record.len, "{\"n\":", 5) + 5));
        strncat(a->numbers, text, sizeof a->numbers - strlen(a->numbers) - 1);
        ck_assert(span_copy(job.gate, a->gates, sizeof a->gates));
        ck_assert(span_copy(job.field, a->field, sizeof a->field));
        a->probes += job.probe;
    }
    for (size_t i = 0; i < c->gate_count; i++) {
        claimed_gate(c, i, &news);
        a->kind = news.state.kind;
        a->until_ms = news.state.until_ms;
        a->parked = news.parked;
    }
}

static void open_all(void)
{
    struct epoch epoch;

    f = functions_open(NULL);
    epoch = functions_join(&f, "600000");
    holder = (struct holder){.keys = &f.keys};
    memcpy(holder.epoch, epoch.text, sizeof holder.epoch);
    (void)snprintf(holder.tag, sizeof holder.tag, "3");
    redis_link_open(&l, redis_server_address(f.server));
    redis_link_up(&l);
    one = (struct asker){.call = {l.redis, &one, over}};
}

static void close_all(void)
{
    redis_link_close(&l);
    functions_close(&f);
}

static enum err send_ask(struct asker *a, const char *name, unsigned count)
{
    const struct claim_gate gates[] = {{name, count}};

    return claim_parked(&a->call, &holder,
                        &(struct claim_parking){gates, 1, 60000, 5});
}

static enum claim_end take(unsigned count)
{
    int before = one.calls;

    ck_assert_int_eq(send_ask(&one, gate, count), ERR_OK);
    link_until(&l, one.calls == before + 1, "the end of the claim");
    return one.end;
}

START_TEST(parked_jobs_are_claimed_with_their_gate)
{
    gated_fill(&f, holder.epoch, gate, 1, 3);
    ck_assert_int_eq(take(2), CLAIM_DONE);
    ck_assert_str_eq(one.numbers, "1 2 ");
    ck_assert_str_eq(one.gates, gate);
    ck_assert_int_eq(one.probes, 0);
    ck_assert_int_eq(strncmp(one.field, "3:", 2), 0);
    ck_assert_int_eq(one.version, 1);
    ck_assert_int_gt(one.now_ms, 1000000000000);
    ck_assert_uint_eq(one.gate_count, 1);
    ck_assert_int_eq(one.kind, GATE_FULL);
    ck_assert_uint_eq(one.parked, 1);
    ck_assert_int_eq(take(2), CLAIM_DONE);
    ck_assert_str_eq(one.numbers, "3 ");
    ck_assert_int_eq(one.kind, GATE_NONE);
    ck_assert_uint_eq(one.parked, 0);
    ck_assert_int_eq(functions_held(&f, holder.epoch), 3);
}
END_TEST

START_TEST(many_gates_are_asked_at_once)
{
    struct claim_gate gates[200];
    char names[200][16];

    for (int i = 0; i < 200; i++) {
        (void)snprintf(names[i], sizeof names[i], "t%d:p", i);
        gates[i] = (struct claim_gate){names[i], 1};
    }
    gated_fill(&f, holder.epoch, "t0:p", 1, 1);
    gated_fill(&f, holder.epoch, "t199:p", 2, 3);
    ck_assert_int_eq(
        claim_parked(&one.call, &holder,
                     &(struct claim_parking){gates, 200, 60000, 5}),
        ERR_OK);
    link_until(&l, one.calls == 1, "the end of the claim");
    ck_assert_str_eq(one.numbers, "1 2 ");
    ck_assert_uint_eq(one.gate_count, 200);
    ck_assert_uint_eq(one.parked, 1);
}
END_TEST

START_TEST(of_four_who_ask_at_once_one_gets_the_probe)
{
    struct asker askers[4];
    int done = 0, probes = 0;

    gated_fill(&f, holder.epoch, gate, 1, 3);
    gated_set(&f, gate, "circuit 7 " GATED_PAST " 2 m x");
    for (int i = 0; i < 4; i++) {
        askers[i] = (struct asker){.call = {l.redis, &askers[i], over}};
        ck_assert_int_eq(send_ask(&askers[i], gate, 3), ERR_OK);
    }
    while (done < 4) {
        (void)redis_link_step(&l);
        done = 0;
        for (int i = 0; i < 4; i++)
            done += askers[i].calls;
    }
    for (int i = 0; i < 4; i++) {
        probes += askers[i].probes;
        ck_assert_uint_eq(askers[i].count, (size_t)askers[i].probes);
        ck_assert_int_eq(askers[i].kind, GATE_CIRCUIT);
        ck_assert_int_eq(askers[i].until_ms, askers[0].now_ms + 60000);
    }
    ck_assert_int_eq(probes, 1);
    functions_census(&f, 1, 3);
}
END_TEST

/* The claim was carried out and its reply lost. */
START_TEST(a_lost_reply_loses_no_job)
{
    gated_fill(&f, holder.epoch, gate, 1, 3);
    ck_assert_int_eq(send_ask(&one, gate, 2), ERR_OK);
    redis_flush(l.redis);
    wait_until(functions_held(&f, holder.epoch) == 2, LINK_LIMIT_MS,
               "the claim to arrive");
    redis_break(l.redis, "cut");
    ck_assert_int_eq(one.end, CLAIM_UNKNOWN);
    ck_assert_int_eq(one.version, -1);
    link_until(&l, l.ups == 2, "the reconnection");
    ck_assert_int_eq(claim_recover(&one.call, &holder, NULL, 0), ERR_OK);
    link_until(&l, one.calls == 2, "the end of the recovery");
    ck_assert_int_eq(one.end, CLAIM_DONE);
    ck_assert_str_eq(functions_place(&f, 1), "later");
    ck_assert_str_eq(functions_place(&f, 2), "later");
    ck_assert_str_eq(functions_place(&f, 3), "parked");
    functions_census(&f, 1, 3);
    /* Of the old generation nothing is taken any more. */
    ck_assert_int_eq(take(1), CLAIM_OLD);
    holder.generation = 1;
    ck_assert_int_eq(take(1), CLAIM_DONE);
    ck_assert_str_eq(one.numbers, "3 ");
}
END_TEST

START_TEST(a_taken_lease_takes_nothing_up)
{
    gated_fill(&f, holder.epoch, gate, 1, 3);
    functions_take_lease(&f, holder.epoch);
    ck_assert_int_eq(take(3), CLAIM_LEASE);
    ck_assert_int_eq(gated_length(&f, gate), 3);
}
END_TEST

START_TEST(a_missing_library_is_loaded_for_the_next_claim)
{
    gated_fill(&f, holder.epoch, gate, 1, 3);
    redis_server_ask(f.server, "FUNCTION", "FLUSH", NULL);
    ck_assert_int_eq(take(3), CLAIM_AGAIN);
    ck_assert_int_eq(take(3), CLAIM_DONE);
    ck_assert_uint_eq(one.count, 3);
}
END_TEST

/* The way there, by the recorder. */
START_TEST(a_recorded_park_waits_at_its_gate)
{
    struct recording t;

    recording_open(&t);
    recording_claim(&t, 1, 3);
    recording_add(&t, 1,
                  (struct record_entry){.move = MOVE_PARK, .gate = gate});
    recording_add(
        &t, 2,
        (struct record_entry){
            .move = MOVE_PARK, .gate = "acme:", .outcome = &recording_retry});
    recording_add(&t, 3,
                  (struct record_entry){.move = MOVE_PARK, .gate = gate});
    recording_until(&t, t.settled == 3, "all to be settled");
    recording_each_once(&t, 1, 3, 0);
    ck_assert_int_eq(recording_outcomes(&t), 1);
    ck_assert_int_eq(gated_length(&t.f, gate), 2);
    ck_assert_int_eq(gated_length(&t.f, "acme:"), 1);
    functions_census(&t.f, 1, 3);
    recording_close(&t);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.claim_parked");
    TCase *t = tcase_create("all");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, parked_jobs_are_claimed_with_their_gate);
    tcase_add_test(t, many_gates_are_asked_at_once);
    tcase_add_test(t, of_four_who_ask_at_once_one_gets_the_probe);
    tcase_add_test(t, a_lost_reply_loses_no_job);
    tcase_add_test(t, a_taken_lease_takes_nothing_up);
    tcase_add_test(t, a_missing_library_is_loaded_for_the_next_claim);
    tcase_add_test(t, a_recorded_park_waits_at_its_gate);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

/* The claim stage against a real server: what each reply, or none, means. */
#include "stages/claim.h"

#include "support/functions.h"
#include "support/main.h"
#include "support/redis_link.h"

#include <stdio.h>

static struct functions f;
static struct redis_link l;
static struct holder holder;
static struct claim_call call;
static const struct claim_share ten = {
    .count = 10, .due_count = 5, .alone_from = 5};

/* What came back last. */
static int calls;
static enum claim_end end;
static size_t count;
static int64_t now_ms;
static char fields[16][64], records[16][256];

static void over(void *arg, const struct claimed *c)
{
    struct span field, record;

    ck_assert_ptr_eq(arg, &holder);
    calls++;
    end = c->end;
    count = c->count;
    now_ms = c->now_ms;
    for (size_t i = 0; c->jobs && i < c->count; i++) {
        claimed_job(c, i, &field, &record);
        ck_assert(span_copy(field, fields[i], sizeof fields[i]));
        ck_assert(span_copy(record, records[i], sizeof records[i]));
    }
}

static void open_all(void)
{
    struct epoch epoch;

    f = functions_open(NULL);
    epoch = functions_join(&f, "600000");
    holder.keys = &f.keys;
    memcpy(holder.epoch, epoch.text, sizeof holder.epoch);
    (void)snprintf(holder.tag, sizeof holder.tag, "3");
    redis_link_open(&l, redis_server_address(f.server));
    redis_link_up(&l);
    call = (struct claim_call){l.redis, &holder, over};
}

static void close_all(void)
{
    redis_link_close(&l);
    functions_close(&f);
}

static enum claim_end claim_ten(void)
{
    int before = calls;

    ck_assert_int_eq(claim(&call, &holder, &ten), ERR_OK);
    link_until(&l, calls == before + 1, "the end of the claim");
    return end;
}

static enum claim_end recover(const struct span *known, size_t known_count)
{
    int before = calls;

    ck_assert_int_eq(claim_recover(&call, &holder, known, known_count), ERR_OK);
    link_until(&l, calls == before + 1, "the end of the recovery");
    return end;
}

START_TEST(new_jobs_have_names_and_come_as_they_are)
{
    functions_push(&f, 1, 3);
    ck_assert_int_eq(claim_ten(), CLAIM_DONE);
    ck_assert_uint_eq(count, 3);
    ck_assert_int_gt(now_ms, 1000000000000);
    ck_assert_int_eq(strncmp(fields[0], "3:0-", 4), 0);
    ck_assert_str_eq(records[0], "{\"n\":1}");
    ck_assert_str_eq(records[2], "{\"n\":3}");
    ck_assert_int_eq(functions_held(&f, holder.epoch), 3);
    ck_assert_int_eq(claim_ten(), CLAIM_DONE);
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(a_taken_lease_is_told)
{
    functions_push(&f, 1, 3);
    functions_take_lease(&f, holder.epoch);
    ck_assert_int_eq(claim_ten(), CLAIM_LEASE);
    ck_assert_int_eq(recover(NULL, 0), CLAIM_LEASE);
    functions_census(&f, 1, 3);
}
END_TEST

START_TEST(a_missing_library_is_loaded_for_the_next_claim)
{
    functions_push(&f, 1, 3);
    redis_server_ask(f.server, "FUNCTION", "FLUSH", NULL);
    ck_assert_int_eq(claim_ten(), CLAIM_AGAIN);
    ck_assert_int_eq(claim_ten(), CLAIM_DONE);
    ck_assert_uint_eq(count, 3);
}
END_TEST

START_TEST(without_a_connection_nothing_is_asked)
{
    redis_break(l.redis, "cut");
    ck_assert_int_eq(claim(&call, &holder, &ten), ERR_REDIS);
    ck_assert_int_eq(claim_recover(&call, &holder, NULL, 0), ERR_REDIS);
    ck_assert_int_eq(calls, 0);
}
END_TEST

/* The claim was carried out and its reply lost. */
START_TEST(a_lost_claim_is_recovered_but_for_what_is_known)
{
    struct span known;
    char kept[64];

    functions_push(&f, 1, 1);
    ck_assert_int_eq(claim_ten(), CLAIM_DONE);
    (void)snprintf(kept, sizeof kept, "%s", fields[0]);
    known = span_of(kept);
    functions_push(&f, 2, 4);
    ck_assert_int_eq(claim(&call, &holder, &ten), ERR_OK);
    redis_flush(l.redis);
    wait_until(functions_held(&f, holder.epoch) == 4, LINK_LIMIT_MS,
               "the claim to arrive");
    redis_break(l.redis, "cut");
    ck_assert_int_eq(end, CLAIM_UNKNOWN);
    ck_assert_int_eq(calls, 2);
    link_until(&l, l.ups == 2, "the reconnection");
    ck_assert_int_eq(recover(&known, 1), CLAIM_DONE);
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(functions_place(&f, 1), "held");
    for (int n = 2; n <= 4; n++)
        ck_assert_str_eq(functions_place(&f, n), "later");
    /* The old generation is over; the new one is what was answered. */
    ck_assert_int_eq(claim_ten(), CLAIM_OLD);
    holder.generation = 1;
    ck_assert_int_eq(claim_ten(), CLAIM_DONE);
    ck_assert_uint_eq(count, 3);
    functions_census(&f, 1, 4);
}
END_TEST

START_TEST(a_recovery_without_reply_is_unknown_too)
{
    redis_server_pause(f.server);
    ck_assert_int_eq(claim_recover(&call, &holder, NULL, 0), ERR_OK);
    (void)redis_link_step(&l);
    redis_break(l.redis, "cut");
    redis_server_resume(f.server);
    ck_assert_int_eq(calls, 1);
    ck_assert_int_eq(end, CLAIM_UNKNOWN);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.claim");
    TCase *t = tcase_create("stages.claim");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, new_jobs_have_names_and_come_as_they_are);
    tcase_add_test(t, a_taken_lease_is_told);
    tcase_add_test(t, a_missing_library_is_loaded_for_the_next_claim);
    tcase_add_test(t, without_a_connection_nothing_is_asked);
    tcase_add_test(t, a_lost_claim_is_recovered_but_for_what_is_known);
    tcase_add_test(t, a_recovery_without_reply_is_unknown_too);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

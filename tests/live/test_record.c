/* The recorder against a real server: what it writes. */
#include "support/main.h"
#include "support/recording.h"

#include <stdio.h>

static struct recording t;

static void open_all(void)
{
    recording_open(&t);
}

static void close_all(void)
{
    recording_close(&t);
}

/* How often the function was called. */
static int64_t calls(void)
{
    const char *stats =
        redis_server_ask(t.f.server, "INFO", "commandstats", NULL);
    const char *call = strstr(stats, "cmdstat_fcall:calls=");

    return call ? strtoll(call + 20, NULL, 10) : 0;
}

START_TEST(many_jobs_leave_in_few_batches)
{
    int64_t before;

    recording_claim(&t, 1, RECORDING_JOBS);
    recording_deliver(&t, 1, RECORDING_JOBS);
    ck_assert_uint_eq(recorder_pending(t.recorder), RECORDING_JOBS);
    before = calls();
    recording_until(&t, t.settled == RECORDING_JOBS, "all to be settled");
    recording_each_once(&t, 1, RECORDING_JOBS, 0);
    ck_assert_int_eq(calls() - before, (RECORDING_JOBS + 127) / 128);
    ck_assert_int_eq(recording_outcomes(&t), RECORDING_JOBS);
    ck_assert_int_eq(functions_held(&t.f, t.mine.text), 0);
}
END_TEST

START_TEST(what_moves_on_is_sent_beside_a_batch_that_is_under_way)
{
    recording_claim(&t, 1, 3);
    recording_deliver(&t, 1, 1);
    recorder_flush(t.recorder);
    recording_deliver(&t, 2, 2);
    recorder_flush(t.recorder);
    ck_assert(!recorder_has_moves(t.recorder));
    recording_add(&t, 3, (struct record_entry){.move = MOVE_LATER});
    recorder_flush(t.recorder);
    ck_assert(recorder_has_moves(t.recorder));
    ck_assert(recorder_send_moves(t.recorder));
    ck_assert(recorder_has_moves(t.recorder));
    link_until(&t.l, t.settled == 3, "all to be settled, without a flush");
    ck_assert(!recorder_has_moves(t.recorder));
    recording_each_once(&t, 1, 3, 0);
}
END_TEST

/* Redis would serve nobody else while it moves them all. */
START_TEST(large_jobs_leave_in_batches_of_some_bytes)
{
    int64_t before;

    recording_claim(&t, 1, 20);
    for (int n = 1; n <= 20; n++)
        recording_add(
            &t, n,
            (struct record_entry){.move = n <= 10 ? MOVE_LATER : MOVE_DONE,
                                  .bytes = 1 << 20,
                                  .outcome = &recording_retry});
    before = calls();
    recording_until(&t, t.settled == 20, "all to be settled");
    recording_each_once(&t, 1, 20, 0);
    /* Three each, because their words count; what is done moves nothing. */
    ck_assert_int_eq(calls() - before, 4);
}
END_TEST

START_TEST(each_move_arrives_where_it_should)
{
    recording_claim(&t, 1, 4);
    recording_add(&t, 1,
                  (struct record_entry){.outcome = &recording_delivered});
    recording_add(&t, 2,
                  (struct record_entry){.move = MOVE_LATER,
                                        .delay_ms = 70000,
                                        .outcome = &recording_retry});
    recording_add(
        &t, 3,
        (struct record_entry){.move = MOVE_DEAD, .outcome = &recording_dead});
    recording_add(&t, 4, (struct record_entry){.move = MOVE_LATER});
    recording_until(&t, t.settled == 4, "all to be settled");
    ck_assert_str_eq(functions_place(&t.f, 1), "nowhere");
    ck_assert_str_eq(functions_place(&t.f, 2), "later");
    ck_assert_str_eq(functions_place(&t.f, 3), "dead");
    ck_assert_str_eq(functions_place(&t.f, 4), "later");
    functions_census(&t.f, 2, 4);
    ck_assert_int_eq(recording_outcomes(&t), 3);
    recording_each_once(&t, 1, 4, 0);
}
END_TEST

/* The only outcome entry, without its id, one field or value a line. */
static const char *entry(void)
{
    const char *text = redis_server_ask(t.f.server, "XRANGE", t.f.keys.outcomes,
                                        "-", "+", NULL);

    ck_assert_ptr_nonnull(strchr(text, '\n'));
    return strchr(text, '\n') + 1;
}

static struct attempt answered_503(void)
{
    struct attempt a = {
        .end = ATTEMPT_ANSWERED,
        .status = 503,
        .body = span_of("over\nloaded \x1b[31m\xff and more"),
        .dns_us = 1499,
        .connect_us = 2500,
        .tls_us = 30000,
        .ttfb_us = 400,
        .total_us = 34600,
    };

    return a;
}

START_TEST(an_outcome_has_its_fields_in_their_order)
{
    const struct attempt a = answered_503();
    long long due;
    char want[1024];

    recording_claim(&t, 1, 1);
    recording_add(&t, 1,
                  (struct record_entry){.move = MOVE_LATER,
                                        .delay_ms = 70000,
                                        .attempt = &a,
                                        .outcome = &recording_retry,
                                        .attempts = 3,
                                        .at_ms = 1234567890123,
                                        .queue_ms = 45});
    recording_until(&t, t.settled == 1, "it to be settled");
    due = strtoll(strrchr(redis_server_ask(t.f.server, "ZRANGE", t.f.keys.later,
                                           "0", "-1", "WITHSCORES", NULL),
                          '\n') +
                      1,
                  NULL, 10);
    (void)snprintf(want, sizeof want,
                   "id\nevt_1\ncontainer\nacme\npoint\non-lead\nattempt\n3\n"
                   "verdict\nretry\nclass\ntimeout\nstatus\n503\nms\n35\n"
                   "error\nno answer in time\nat\n1234567890123\n"
                   "next_at\n%lld\nworker\nhost-1/2\ndns_ms\n1\nconnect_ms\n3\n"
                   "tls_ms\n30\nttfb_ms\n0\nqueue_ms\n45\n"
                   "body\nover loaded  [31",
                   due);
    ck_assert_str_eq(entry(), want);
}
END_TEST

START_TEST(without_a_call_there_are_no_phases)
{
    recording_claim(&t, 1, 1);
    recording_add(&t, 1,
                  (struct record_entry){.move = MOVE_DEAD,
                                        .outcome = &recording_dead,
                                        .at_ms = 5,
                                        .detail = "because\r\nof \x1b]0;x\x07"
                                                  "\xc3\xa4\xff"});
    recording_until(&t, t.settled == 1, "it to be settled");
    ck_assert_str_eq(entry(),
                     "id\nevt_1\ncontainer\nacme\npoint\non-lead\nattempt\n0\n"
                     "verdict\ndead\nclass\nrejected\nstatus\n0\nms\n0\n"
                     "error\nbecause  of  ]0;x \xc3\xa4?\nat\n5\n"
                     "next_at\n\nworker\nhost-1/2\nqueue_ms\n0");
}
END_TEST

/* Which text becomes the `error` field. */
static const struct {
    const struct outcome *outcome;
    const char *detail, *attempt_error, *error;
} errors[] = {
    {&recording_retry, NULL, "", "no answer in time"},
    {&recording_retry, NULL, "Operation timed out", "Operation timed out"},
    {&recording_retry, "detail", "Operation timed out", "detail"},
    {&recording_delivered, NULL, "", ""},
};

START_TEST(the_most_exact_reason_is_told)
{
    struct attempt a = {.end = ATTEMPT_TIMEOUT};
    char want[64];

    (void)snprintf(a.error, sizeof a.error, "%s", errors[_i].attempt_error);
    recording_claim(&t, 1, 1);
    recording_add(&t, 1,
                  (struct record_entry){.outcome = errors[_i].outcome,
                                        .detail = errors[_i].detail,
                                        .attempt = &a});
    recording_until(&t, t.settled == 1, "it to be settled");
    (void)snprintf(want, sizeof want, "\nerror\n%s\nat\n", errors[_i].error);
    ck_assert_ptr_nonnull(strstr(entry(), want));
}
END_TEST

START_TEST(a_long_reason_is_cut)
{
    char reason[600];
    const char *error;

    memset(reason, 'x', sizeof reason - 1);
    reason[sizeof reason - 1] = '\0';
    recording_claim(&t, 1, 1);
    recording_add(
        &t, 1,
        (struct record_entry){.outcome = &recording_retry, .detail = reason});
    recording_until(&t, t.settled == 1, "it to be settled");
    error = strstr(entry(), "error\n") + 6;
    ck_assert_uint_eq(strcspn(error, "\n"), 256);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.record");
    TCase *tests = tcase_create("stages.record");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, many_jobs_leave_in_few_batches);
    tcase_add_test(tests,
                   what_moves_on_is_sent_beside_a_batch_that_is_under_way);
    tcase_add_test(tests, large_jobs_leave_in_batches_of_some_bytes);
    tcase_add_test(tests, each_move_arrives_where_it_should);
    tcase_add_test(tests, an_outcome_has_its_fields_in_their_order);
    tcase_add_test(tests, without_a_call_there_are_no_phases);
    tcase_add_loop_test(tests, the_most_exact_reason_is_told, 0, ROWS(errors));
    tcase_add_test(tests, a_long_reason_is_cut);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

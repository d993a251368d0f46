/* The recorder against a real server: lost replies, lost leases, refusals. */
#include "support/main.h"
#include "support/recording.h"

#include <stdlib.h>
#include <string.h>

static struct recording t;

static void open_all(void)
{
    recording_open(&t);
}

static void close_all(void)
{
    recording_close(&t);
}

/* The server did the work, and nobody heard of it. */
START_TEST(a_lost_reply_is_asked_for_again_without_second_effect)
{
    struct digest before;

    recording_claim(&t, 1, 200);
    recording_deliver(&t, 1, 200);
    recorder_flush(t.recorder);
    redis_flush(t.l.redis);
    wait_until(recording_outcomes(&t) == 200, LINK_LIMIT_MS, "the outcomes");
    before = functions_digest(&t.f);
    redis_break(t.l.redis, "cut");
    ck_assert_int_eq(t.settled, 0);
    ck_assert_uint_eq(recorder_pending(t.recorder), 200);
    recording_until(&t, t.settled == 200, "all to be settled");
    recording_each_once(&t, 1, 200, 0);
    ck_assert_str_eq(functions_digest(&t.f).text, before.text);
}
END_TEST

START_TEST(a_killed_server_is_asked_again_when_it_is_back)
{
    recording_claim(&t, 1, 200);
    recording_deliver(&t, 1, 100);
    redis_server_pause(t.f.server);
    recording_turn(&t);
    redis_server_kill(t.f.server);
    recording_until(&t, t.l.downs == 1, "the loss");
    ck_assert_int_eq(t.settled, 0);
    ck_assert_uint_eq(recorder_pending(t.recorder), 100);
    redis_server_start_again(t.f.server);
    recording_until(&t, t.settled == 100, "all to be settled");
    recording_each_once(&t, 1, 100, 0);
    recording_deliver(&t, 101, 200);
    recording_until(&t, t.settled == 200, "all to be settled");
    recording_each_once(&t, 1, 200, 0);
    ck_assert_int_eq(recording_outcomes(&t), 200);
    ck_assert_int_eq(functions_held(&t.f, t.mine.text), 0);
}
END_TEST

/* To a server that accepts and does not answer. */
static void connect_anew(void)
{
    redis_break(t.l.redis, "cut");
    recording_until(&t, redis_is_up(t.l.redis), "a connection");
    recording_turn(&t);
}

static int64_t count_calls(void)
{
    const char *stats =
        redis_server_ask(t.f.server, "INFO", "commandstats", NULL);
    const char *found = strstr(stats, "cmdstat_fcall:calls=");

    return found ? strtoll(found + 20, NULL, 10) : 0;
}

START_TEST(one_batch_asks_whether_a_server_that_was_lost_is_back)
{
    enum { BATCHES = 20, BREAKS = 3 };

    recording_claim(&t, 1, BATCHES);
    redis_server_ask(t.f.server, "CONFIG", "RESETSTAT", NULL);
    for (int n = 1; n <= BATCHES; n++) {
        recording_deliver(&t, n, n);
        recorder_flush(t.recorder);
        redis_flush(t.l.redis);
    }
    redis_server_pause(t.f.server);
    for (int n = 0; n < BREAKS; n++)
        connect_anew();
    redis_server_resume(t.f.server);
    recording_until(&t, t.settled == BATCHES, "all to be settled");
    recording_each_once(&t, 1, BATCHES, 0);
    ck_assert_int_le(count_calls(), BATCHES + (BREAKS - 1) + BATCHES);
}
END_TEST

START_TEST(nothing_is_added_to_a_batch_that_was_sent)
{
    recording_claim(&t, 1, 2);
    recording_deliver(&t, 1, 1);
    recorder_flush(t.recorder);
    recording_deliver(&t, 2, 2);
    redis_break(t.l.redis, "cut");
    recording_until(&t, t.settled == 2, "both to be settled");
    recording_each_once(&t, 1, 2, 0);
    ck_assert_int_eq(recording_outcomes(&t), 2);
}
END_TEST

START_TEST(a_missing_library_is_loaded_and_the_batch_sent_again)
{
    recording_claim(&t, 1, 150);
    recording_deliver(&t, 1, 150);
    redis_server_ask(t.f.server, "FUNCTION", "FLUSH", NULL);
    recording_until(&t, t.settled == 150, "all to be settled");
    recording_each_once(&t, 1, 150, 0);
    ck_assert_int_eq(recording_outcomes(&t), 150);
    ck_assert_int_eq(t.refusals, 0);
}
END_TEST

START_TEST(a_refusal_is_told_and_tried_again)
{
    recording_claim(&t, 1, 3);
    recording_deliver(&t, 1, 3);
    redis_server_ask(t.f.server, "ACL", "SETUSER", "default", "-fcall", NULL);
    recording_until(&t, t.refusals > 0, "the refusal");
    ck_assert_ptr_nonnull(strstr(t.refusal, "NOPERM"));
    ck_assert_int_eq(t.settled, 0);
    redis_server_ask(t.f.server, "ACL", "SETUSER", "default", "+fcall", NULL);
    recording_until(&t, t.settled == 3, "all to be settled");
    recording_each_once(&t, 1, 3, 0);
}
END_TEST

START_TEST(a_taken_lease_loses_the_batch_and_names_the_epoch)
{
    recording_claim(&t, 1, 200);
    recording_deliver(&t, 1, 200);
    functions_take_lease(&t.f, t.mine.text);
    recording_until(&t, t.settled == 200, "all to be settled");
    recording_each_once(&t, 1, 200, 1);
    ck_assert_int_ge(t.leases_lost, 1);
    ck_assert_str_eq(t.lost_epoch, t.mine.text);
    ck_assert_int_eq(recording_outcomes(&t), 0);
    functions_census(&t.f, 1, 200);
}
END_TEST

START_TEST(each_epoch_has_its_own_batch)
{
    struct epoch second = functions_join(&t.f, "600000");

    recording_claim(&t, 1, 3);
    recording_deliver(&t, 1, 3);
    recording_hold_under(&t, &second);
    recording_claim(&t, 4, 6);
    recording_deliver(&t, 4, 6);
    functions_take_lease(&t.f, t.mine.text);
    recording_until(&t, t.settled == 6, "all to be settled");
    recording_each_once(&t, 1, 3, 1);
    recording_each_once(&t, 4, 6, 0);
    ck_assert_int_eq(t.leases_lost, 1);
    ck_assert_str_eq(t.lost_epoch, t.mine.text);
    functions_census(&t.f, 1, 3);
}
END_TEST

START_TEST(giving_up_settles_what_waits_and_the_reply_the_rest)
{
    recording_claim(&t, 1, 4);
    recording_deliver(&t, 1, 2);
    recorder_flush(t.recorder);
    recording_deliver(&t, 3, 4);
    recorder_lost(t.recorder);
    ck_assert_int_eq(t.settled, 2);
    ck_assert_int_eq(t.fates[3].lost + t.fates[4].lost, 2);
    recording_until(&t, t.settled == 4, "the rest");
    ck_assert_int_eq(t.fates[1].lost, 0);
    ck_assert_uint_eq(recorder_pending(t.recorder), 0);
    ck_assert_int_eq(recording_outcomes(&t), 2);
    functions_census(&t.f, 3, 4);
}
END_TEST

static void deliver_second(struct recording *r, const struct fate *fate)
{
    if (fate == &r->fates[1])
        recording_deliver(r, 2, 2);
}

START_TEST(the_next_may_be_recorded_while_one_is_settled)
{
    t.on_settled = deliver_second;
    recording_claim(&t, 1, 2);
    recording_deliver(&t, 1, 1);
    recording_until(&t, t.settled == 2, "both to be settled");
    recording_each_once(&t, 1, 2, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.record_loss");
    TCase *tests = tcase_create("stages.record_loss");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests,
                   a_lost_reply_is_asked_for_again_without_second_effect);
    tcase_add_test(tests, a_killed_server_is_asked_again_when_it_is_back);
    tcase_add_test(tests,
                   one_batch_asks_whether_a_server_that_was_lost_is_back);
    tcase_add_test(tests, nothing_is_added_to_a_batch_that_was_sent);
    tcase_add_test(tests, a_missing_library_is_loaded_and_the_batch_sent_again);
    tcase_add_test(tests, a_refusal_is_told_and_tried_again);
    tcase_add_test(tests, a_taken_lease_loses_the_batch_and_names_the_epoch);
    tcase_add_test(tests, each_epoch_has_its_own_batch);
    tcase_add_test(tests, giving_up_settles_what_waits_and_the_reply_the_rest);
    tcase_add_test(tests, the_next_may_be_recorded_while_one_is_settled);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

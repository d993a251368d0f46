/* A service with a Redis of its own: nothing to set up, nothing left behind,
 * nothing forgotten. */
#include "link/redis_sync.h"
#include "support/embedded_probe.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

/* Answers to a PING, and nobody else's answer is taken for it. */
static bool is_up(const struct world *w)
{
    struct redis_sync *link = NULL;
    const struct reply *reply;
    bool up =
        redis_sync_open(&w->address, WORLD_LIMIT_MS, &link, NULL) == ERR_OK &&
        redis_ask_words(link, &reply, "PING", NULL) == ERR_OK &&
        reply_kind(reply) == REPLY_TEXT;

    redis_sync_close(&link);
    return up;
}

static struct process *start(struct world *w)
{
    struct process *s = world_start(w);

    wait_until(is_up(w), WORLD_LIMIT_MS, process_err(s));
    return s;
}

static pid_t redis_pid(const struct world *w)
{
    static const char field[] = "process_id:";
    struct redis_sync *link = NULL;
    const struct reply *reply;
    const char *at;
    pid_t ret;

    ck_assert_int_eq(redis_sync_open(&w->address, WORLD_LIMIT_MS, &link, NULL),
                     ERR_OK);
    ck_assert_int_eq(redis_ask_words(link, &reply, "INFO", "server", NULL),
                     ERR_OK);
    at = strstr(reply_span(reply).at, field);
    ck_assert_ptr_nonnull(at);
    ret = (pid_t)strtol(at + sizeof field - 1, NULL, 10);
    redis_sync_close(&link);
    return ret;
}

START_TEST(jobs_pushed_to_its_socket_are_delivered_and_no_server_stays)
{
    struct world *w = world_open_embedded();
    struct process *s = start(w);
    pid_t redis = redis_pid(w);

    world_push_many(w, "job", 0, 100);
    world_expect_delivered(w, "job", 100);
    world_expect_calls(w, "job", 100, false);
    world_stop(w, s);
    ck_assert(embedded_probe_is_gone(redis));
    world_close(&w);
}
END_TEST

START_TEST(a_restart_keeps_jobs_and_outcomes)
{
    struct world *w = world_open_embedded();
    struct process *s;

    world_configure(w, "drain_timeout: 0\n");
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    s = start(w);
    world_push_many(w, "job", 0, 10);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 10, WORLD_LIMIT_MS);
    world_stop(w, s);
    peer_on(w->peer, .path = "/lead");
    s = start(w);
    world_expect_delivered(w, "job", 10);
    world_stop(w, s);
    s = start(w);
    /* The journal reads on where it was: nothing came twice. */
    world_push_many(w, "more", 0, 1);
    journal_expect(w->journal, "more-0", "delivered/ok/200");
    ck_assert_uint_eq(journal_read(w->journal), 11);
    world_close(&w);
}
END_TEST

START_TEST(a_killed_services_redis_ends_and_the_next_goes_on)
{
    struct world *w = world_open_embedded();
    pid_t redis;

    world_configure(w, "lease: 1s\n");
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    /* The Redis becomes ours: not every init waits for orphans. */
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
    start(w);
    redis = redis_pid(w);
    world_push_many(w, "job", 0, 10);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 10, WORLD_LIMIT_MS);
    world_kill(w, w->services[0]);
    wait_until(embedded_probe_is_gone(redis), WORLD_LIMIT_MS,
               "the Redis to follow");
    peer_on(w->peer, .path = "/lead");
    start(w);
    world_expect_delivered(w, "job", 10);
    world_close(&w);
}
END_TEST

START_TEST(a_redis_that_dies_is_started_again)
{
    struct world *w = world_open_embedded();
    struct process *s = start(w);
    pid_t redis = redis_pid(w);

    world_push_many(w, "a", 0, 10);
    world_expect_delivered(w, "a", 10);
    ck_assert_int_eq(kill(redis, SIGKILL), 0);
    wait_until(strstr(process_err(s), "started again") != NULL && is_up(w),
               WORLD_LIMIT_MS, "another Redis");
    ck_assert_int_ne(redis_pid(w), redis);
    world_push_many(w, "b", 0, 10);
    world_expect_delivered(w, "b", 10);
    world_close(&w);
}
END_TEST

START_TEST(two_services_on_one_folder_share_its_redis)
{
    struct world *w = world_open_embedded();
    struct process *a = start(w), *b = start(w);
    pid_t redis = redis_pid(w);

    world_push_many(w, "job", 0, 200);
    world_expect_delivered(w, "job", 200);
    world_expect_calls(w, "job", 200, false);
    world_stop(w, b);
    ck_assert_int_eq(redis_pid(w), redis);
    world_stop(w, a);
    ck_assert(embedded_probe_is_gone(redis));
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.embedded_run", 60,
        jobs_pushed_to_its_socket_are_delivered_and_no_server_stays,
        a_restart_keeps_jobs_and_outcomes,
        a_killed_services_redis_ends_and_the_next_goes_on,
        a_redis_that_dies_is_started_again,
        two_services_on_one_folder_share_its_redis);
}

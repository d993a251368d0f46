/* libextq where Redis cannot serve: full, loading, silent, killed. */
#include "support/client/client_bed.h"
#include "support/fake_redis.h"
#include "support/main.h"
#include "support/process.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 20000, SHORT_MS = 200 };

START_TEST(a_full_redis_is_said_and_takes_nothing)
{
    struct client_bed *b = client_bed_open(NULL, 0, TIMEOUT_MS);

    ck_assert_int_eq(client_submit(b, 0), EXTQ_OK);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_OK);
    (void)redis_server_ask(b->redis, "CONFIG", "SET", "maxmemory", "1", NULL);
    ck_assert_int_eq(client_enqueue(b, 1), EXTQ_FULL);
    ck_assert_ptr_nonnull(strstr(extq_error(b->x), "memory limit"));
    ck_assert_int_eq(client_submit(b, 2), EXTQ_OK);
    ck_assert_int_eq(client_submit(b, 3), EXTQ_OK);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_FULL);
    ck_assert_int_eq(b->fates[2], EXTQ_FULL);
    ck_assert_int_eq(b->fates[3], EXTQ_FULL);
    (void)redis_server_ask(b->redis, "CONFIG", "SET", "maxmemory", "0", NULL);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_OK);
    ck_assert_int_eq(client_enqueue(b, 1), EXTQ_OK);
    ck_assert_int_eq(redis_server_count(b->redis, "LLEN", bed_jobs_key, NULL),
                     2);
    client_bed_close(&b);
}
END_TEST

START_TEST(a_replica_takes_nothing)
{
    struct client_bed *b = client_bed_open(NULL, 0, TIMEOUT_MS);

    (void)redis_server_ask(b->redis, "REPLICAOF", "127.0.0.1", "1", NULL);
    ck_assert_int_eq(client_enqueue(b, 1), EXTQ_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(extq_error(b->x), "READONLY"));
    (void)redis_server_ask(b->redis, "REPLICAOF", "NO", "ONE", NULL);
    ck_assert_int_eq(client_enqueue(b, 1), EXTQ_OK);
    ck_assert_uint_eq(client_queued(b, 1), 1);
    client_bed_close(&b);
}
END_TEST

/* Lets Redis read its data again, so slowly that it is met at it. */
static struct process *start_reload(struct client_bed *b)
{
    const char *const argv[] = {
        "redis-cli", "-s",     redis_server_socket(b->redis),
        "DEBUG",     "RELOAD", NULL};
    char value[4096], key[16];

    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 100; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        (void)redis_server_ask(b->redis, "SET", key, value, NULL);
    }
    (void)redis_server_ask(b->redis, "CONFIG", "SET", "rdbcompression", "no",
                           "loading-process-events-interval-bytes", "1024",
                           "key-load-delay", "5000", NULL);
    return process_start(argv, NULL);
}

START_TEST(a_redis_that_loads_its_data_takes_nothing)
{
    static const char *const words[] = {"--enable-debug-command", "yes", NULL};
    struct redis_server *redis = redis_server_start(true, words);
    struct client_bed *b =
        client_bed_open(redis_server_url(redis), 0, TIMEOUT_MS);
    enum extq_status s = EXTQ_OK;
    struct process *reload;
    unsigned taken = 0;

    b->redis = redis;
    reload = start_reload(b);
    while (s == EXTQ_OK && !process_ended(reload)) {
        s = client_enqueue(b, taken);
        taken += s == EXTQ_OK;
    }
    ck_assert_int_eq(s, EXTQ_UNAVAILABLE);
    ck_assert_ptr_nonnull(strstr(extq_error(b->x), "LOADING"));
    wait_until(client_enqueue(b, taken) == EXTQ_OK, TIMEOUT_MS,
               "Redis to be through with loading");
    ck_assert_uint_eq(client_queued(b, taken), 1);
    process_close(&reload);
    client_bed_close(&b);
}
END_TEST

START_TEST(no_answer_means_maybe_and_the_same_id_again)
{
    struct client_bed *b = client_bed_open(NULL, 0, SHORT_MS);

    redis_server_pause(b->redis);
    ck_assert_int_eq(client_enqueue(b, 1), EXTQ_MAYBE);
    ck_assert_str_eq(extq_error(b->x), "no answer within 200 ms");
    redis_server_resume(b->redis);
    wait_until(client_enqueue(b, 1) == EXTQ_OK, TIMEOUT_MS,
               "Redis to answer again");
    ck_assert_uint_ge(client_queued(b, 1), 1);
    client_bed_close(&b);
}
END_TEST

static void kill_at_5000(struct client_bed *b)
{
    if (b->ok == 5000)
        redis_server_kill(b->redis);
}

/* What was submitted when the first was refused. */
static unsigned submit_until_refused(struct client_bed *b)
{
    unsigned n = 0;

    while (n < BED_JOBS && client_submit(b, n) == EXTQ_OK)
        n++;
    return n;
}

START_TEST(a_redis_killed_in_a_pipeline_has_all_that_was_acknowledged)
{
    struct client_bed *b = client_bed_open(NULL, 64, TIMEOUT_MS);
    unsigned taken, maybe = 0;

    (void)signal(SIGPIPE, SIG_DFL);
    b->on_told = kill_at_5000;
    taken = submit_until_refused(b);
    ck_assert_ptr_nonnull(strstr(extq_error(b->x), redis_server_url(b->redis)));
    ck_assert_int_eq(extq_flush(b->x), EXTQ_MAYBE);
    ck_assert_uint_eq(b->told, taken);
    redis_server_start_again(b->redis);
    for (unsigned n = 0; n < taken; n++) {
        ck_assert_int_ne(b->fates[n], BED_TOLD_NOT);
        if (b->fates[n] == EXTQ_OK && n % 97 != 0 && n + 200 < taken)
            continue;
        maybe += b->fates[n] == EXTQ_MAYBE;
        if (b->fates[n] == EXTQ_OK)
            ck_assert_uint_eq(client_queued(b, n), 1);
    }
    ck_assert_int_ge(redis_server_count(b->redis, "LLEN", bed_jobs_key, NULL),
                     (int64_t)b->ok);
    ck_assert_uint_ge(maybe, 1);
    ck_assert_uint_le(maybe, 64);
    ck_assert_uint_eq(b->ok + maybe, taken);
    client_bed_close(&b);
}
END_TEST

START_TEST(an_idle_connection_that_was_cut_costs_nothing)
{
    struct client_bed *b = client_bed_open(NULL, 0, TIMEOUT_MS);

    ck_assert_int_eq(client_enqueue(b, 1), EXTQ_OK);
    redis_server_kill(b->redis);
    ck_assert_int_eq(client_enqueue(b, 2), EXTQ_UNAVAILABLE);
    redis_server_start_again(b->redis);
    ck_assert_int_eq(client_enqueue(b, 2), EXTQ_OK);
    redis_server_stop(b->redis);
    redis_server_start_again(b->redis);
    ck_assert_int_eq(client_enqueue(b, 3), EXTQ_OK);
    ck_assert_int_eq(redis_server_count(b->redis, "LLEN", bed_jobs_key, NULL),
                     3);
    client_bed_close(&b);
}
END_TEST

START_TEST(a_server_that_talks_nonsense_leaves_a_maybe)
{
    const struct fake_script script = {.head = "+QUEUED\r\n"};
    struct fake_redis *fake = fake_redis_start(&script);
    struct redis_address address = fake_redis_address(fake);
    char url[64];
    struct client_bed *b;

    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", address.place.port);
    b = client_bed_open(url, 0, TIMEOUT_MS);
    ck_assert_int_eq(client_submit(b, 0), EXTQ_OK);
    ck_assert_int_eq(client_submit(b, 1), EXTQ_OK);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_MAYBE);
    ck_assert_int_eq(b->fates[0], EXTQ_MAYBE);
    ck_assert_int_eq(b->fates[1], EXTQ_MAYBE);
    client_bed_close(&b);
    fake_redis_close(&fake);
}
END_TEST

START_TEST(nobody_there_is_tried_once_for_many)
{
    struct client_bed *b =
        client_bed_open("unix:///nonexistent/redis.sock", 0, TIMEOUT_MS);
    enum extq_status statuses[3];
    struct client_job texts[3];
    struct extq_job jobs[3];

    for (unsigned i = 0; i < 3; i++)
        jobs[i] = client_job(&texts[i], i);
    ck_assert_int_eq(extq_ping(b->x), EXTQ_UNAVAILABLE);
    ck_assert_int_eq(extq_enqueue_all(b->x, jobs, 3, statuses),
                     EXTQ_UNAVAILABLE);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_int_eq(statuses[i], EXTQ_UNAVAILABLE);
    ck_assert_ptr_nonnull(
        strstr(extq_error(b->x), "unix:///nonexistent/redis.sock"));
    ck_assert_uint_eq(b->told, 0);
    client_bed_close(&b);
}
END_TEST

int main(void)
{
    return run_tests(
        "client.trouble", 120, a_full_redis_is_said_and_takes_nothing,
        a_replica_takes_nothing, a_redis_that_loads_its_data_takes_nothing,
        no_answer_means_maybe_and_the_same_id_again,
        a_redis_killed_in_a_pipeline_has_all_that_was_acknowledged,
        an_idle_connection_that_was_cut_costs_nothing,
        a_server_that_talks_nonsense_leaves_a_maybe,
        nobody_there_is_tried_once_for_many);
}

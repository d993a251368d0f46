/* A claim waits in Redis behind the bell's command: who has to be rid of it is,
 * and nothing is lost that it took. */
#include "faults/proxy.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS = 5,
    BEHIND = 8, /* jobs that a bell brings, of the world's in_flight */
};

/* What follows the name in the first line. */
static long number_in(const char *line, const char *name)
{
    const char *at = strstr(line, name);

    ck_assert_ptr_nonnull(at);
    return strtol(at + strlen(name), NULL, 10);
}

/* The line of the next connection that waits for jobs, from there on; NULL =
 * there is none. */
static const char *next_bell(const char *line)
{
    const char *command = strstr(line, " cmd=blmove");

    if (!command)
        return NULL;
    for (const char *end; (end = strchr(line, '\n')) && end < command;)
        line = end + 1;
    return line;
}

static const char *bells(struct world *w)
{
    return next_bell(redis_server_ask(w->redis, "CLIENT", "LIST", NULL));
}

/* The connections that wait for jobs with a command behind that, and will for
 * some seconds. */
static unsigned count_armed(struct world *w)
{
    unsigned count = 0;

    for (const char *line = bells(w); line;
         line = next_bell(line + strcspn(line, "\n")))
        count +=
            number_in(line, " qbuf=") > 0 && number_in(line, " idle=") <= 2;
    return count;
}

static void wait_armed(struct world *w, unsigned count)
{
    wait_until(count_armed(w) == count, WORLD_LIMIT_MS, "bells");
}

/* One waits for jobs, and nothing behind that. */
static bool is_bare(struct world *w)
{
    const char *line = bells(w);

    return line && number_in(line, " qbuf=") == 0;
}

/* Its time is over. */
static void ring_in_vain(struct world *w)
{
    char id[24];
    const char *line;

    wait_until((line = bells(w)) != NULL, WORLD_LIMIT_MS, "a bell");
    (void)snprintf(id, sizeof id, "%ld", number_in(line, "id="));
    (void)redis_server_ask(w->redis, "CLIENT", "UNBLOCK", id, NULL);
}

static int64_t count_in(struct world *w, const char *command, const char *key)
{
    return redis_server_count(w->redis, command, key, NULL);
}

/* A world whose service, of one worker, talks to Redis through the proxy. */
static struct world *proxied(struct proxy **ret, const char *more)
{
    struct world *w = world_open();

    *ret = proxy_open(redis_server_socket(w->redis));
    world_configure(w,
                    "redis: {url: \"%s\", reply_timeout: 1s}\n"
                    "workers: 1\n%s",
                    proxy_url(*ret), more);
    return w;
}

/* One that takes a job by a claim behind the bell, and never hears of it. */
static struct world *deaf(struct proxy **ret)
{
    const struct proxy_rule lose = {
        .command = "bell", .when = PROXY_AFTER, .act = PROXY_SWALLOW};
    struct world *w = proxied(ret, "");

    proxy_rule(*ret, &lose);
    world_start(w);
    wait_armed(w, 1);
    world_push_many(w, "job", 0, 1);
    wait_until(proxy_struck(*ret) > 0, WORLD_LIMIT_MS, "the claim");
    ck_assert_int_eq(count_in(w, "LLEN", "extq:{default}:jobs"), 0);
    return w;
}

START_TEST(the_bell_brings_the_job)
{
    char name[] = "job-a";
    struct proxy *p;
    struct world *w = proxied(&p, "");
    unsigned claims;

    world_start(w);
    wait_armed(w, 1);
    claims = proxy_count(p, "claim");
    for (unsigned n = 0; n < JOBS; n++) {
        name[4] = (char)('a' + n);
        world_push_many(w, name, 0, 1);
        world_expect_delivered(w, name, 1);
    }
    ck_assert_uint_lt(proxy_count(p, "claim") - claims, JOBS);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

START_TEST(what_a_lost_reply_named_is_run_all_the_same)
{
    struct proxy *p;
    struct world *w = deaf(&p);

    proxy_rule(p, NULL);
    world_expect_delivered(w, "job", 1);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 1);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

START_TEST(a_stop_leaves_nothing_to_a_lease_that_has_to_run_out)
{
    struct proxy *p;
    struct world *w = deaf(&p);
    const char *keys;

    world_stop(w, w->services[0]);
    keys = world_keys(w);
    ck_assert_msg(!strstr(keys, ":held:") && !strstr(keys, ":leases"), "%s",
                  keys);
    ck_assert_int_eq(count_in(w, "ZCARD", "extq:{default}:later"), 1);
    proxy_rule(p, NULL);
    world_start(w);
    world_expect_delivered(w, "job", 1);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 1);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

START_TEST(a_service_that_ends_claims_nothing_when_jobs_come)
{
    struct world *w = world_open();

    world_start(w);
    wait_armed(w, 1);
    world_stop(w, w->services[0]);
    world_push_many(w, "job", 0, 3);
    ck_assert_int_eq(count_in(w, "LLEN", "extq:{default}:jobs"), 3);
    world_start(w);
    world_expect_delivered(w, "job", 3);
    world_close(&w);
}
END_TEST

static void add_suspect(struct world *w)
{
    (void)redis_server_ask(
        w->redis, "RPUSH", "extq:{default}:suspects",
        "1-1 4 0 0 1000 -\n{\"id\":\"suspect\",\"container\":\"acme\","
        "\"point\":\"on-new-lead\",\"payload\":1}",
        NULL);
}

/* Else it would wait until the bell's time is over, and ordinary jobs with
 * it. */
START_TEST(suspects_are_run_after_the_claim_was_called_off)
{
    struct proxy *p;
    struct world *w = proxied(&p, "");
    unsigned recoveries;

    world_start(w);
    wait_armed(w, 1);
    recoveries = proxy_count(p, "recover");
    add_suspect(w);
    journal_expect(w->journal, "suspect", "delivered/ok/200");
    ck_assert_uint_gt(proxy_count(p, "recover"), recoveries);
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

/* What it brought would run beside the suspect. */
START_TEST(no_claim_waits_while_a_suspect_is_run)
{
    struct ledger *calls;
    struct proxy *p;
    struct world *w = proxied(&p, "in_flight: 16\n");
    struct process *s;
    unsigned claims, waits;

    calls = peer_ledger(w->peer);
    peer_on(w->peer, .path = "/lead", .delay_ms = 4000);
    s = world_start(w);
    wait_armed(w, 1);
    /* One slot is free: too few for a claim to wait. */
    world_push_many(w, "job", 0, 15);
    (void)ledger_wait(calls, "/lead", 15, WORLD_LIMIT_MS);
    wait_until(is_bare(w), WORLD_LIMIT_MS, "a bell without a claim");
    claims = proxy_count(p, "bell");
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    add_suspect(w);
    (void)ledger_wait(calls, "/lead", 16, WORLD_LIMIT_MS);
    waits = proxy_count(p, "BLMOVE");
    ring_in_vain(w);
    wait_until(proxy_count(p, "BLMOVE") > waits, WORLD_LIMIT_MS, "the next");
    wait_until(is_bare(w), WORLD_LIMIT_MS, "a bell without a claim");
    ck_assert_uint_eq(proxy_count(p, "bell"), claims);
    process_signal(s, SIGTERM);
    wait_until(strstr(process_err(s), "stopping") != NULL, WORLD_LIMIT_MS,
               "the stop to begin");
    world_stop(w, s);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

static bool is_blocked(struct world *w)
{
    return strstr(redis_server_ask(w->redis, "CLIENT", "LIST", NULL),
                  " flags=b") != NULL;
}

static void order(struct world *w, const char *verb)
{
    struct process *p = extq_start(NULL, verb, "default", "-c", w->config.text,
                                   "--redis", w->url);

    process_expect(p, 0, WORLD_LIMIT_MS);
    process_close(&p);
}

/* Else each of them is told at once that there is nothing, and the bell rings
 * again. */
START_TEST(no_claim_waits_for_jobs_of_a_paused_queue)
{
    struct proxy *p;
    struct world *w = proxied(&p, "");
    struct process *s = world_start(w);
    unsigned claims;

    wait_armed(w, 1);
    order(w, "pause");
    wait_until(strstr(process_err(s), "queue paused") != NULL, WORLD_LIMIT_MS,
               "the news");
    claims = proxy_count(p, "bell");
    ring_in_vain(w);
    wait_until(is_bare(w), WORLD_LIMIT_MS, "a bell without a claim");
    world_push_many(w, "job", 0, JOBS);
    wait_until(!is_blocked(w), WORLD_LIMIT_MS, "the bell to ring");
    ck_assert_uint_eq(proxy_count(p, "bell"), claims);
    order(w, "resume");
    world_expect_delivered(w, "job", JOBS);
    wait_armed(w, 1);
    ck_assert_uint_gt(proxy_count(p, "bell"), claims);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

/* How many of the outcomes that process wrote. */
static unsigned count_by(struct world *w, const struct process *s,
                         unsigned count)
{
    char name[32];
    unsigned found = 0;

    (void)snprintf(name, sizeof name, ":%d:0", (int)process_pid(s));
    for (unsigned n = 0; n < count; n++)
        found +=
            strstr(journal_field(w->journal, NULL, n, "worker"), name) != NULL;
    return found;
}

START_TEST(what_comes_at_once_is_shared_by_those_who_wait)
{
    struct world *w = world_open();

    world_configure(w, "workers: 1\n");
    peer_on(w->peer, .path = "/lead", .delay_ms = 300);
    world_start(w);
    world_start(w);
    wait_armed(w, 2);
    (void)redis_server_ask(w->redis, "EVAL",
                           "for n = 0, tonumber(ARGV[1]) - 1 do "
                           "redis.call('LPUSH', KEYS[1], '{\"id\":\"job-' .. n"
                           " .. '\",\"container\":\"acme\",\"point\":"
                           "\"on-new-lead\",\"payload\":1}') end",
                           "1", "extq:{default}:jobs", "16", NULL);
    world_expect_delivered(w, "job", 2 * BEHIND);
    for (int n = 0; n < 2; n++)
        ck_assert_uint_eq(count_by(w, w->services[n], 2 * BEHIND), BEHIND);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.bell", 60, the_bell_brings_the_job,
                     what_a_lost_reply_named_is_run_all_the_same,
                     a_stop_leaves_nothing_to_a_lease_that_has_to_run_out,
                     a_service_that_ends_claims_nothing_when_jobs_come,
                     suspects_are_run_after_the_claim_was_called_off,
                     no_claim_waits_while_a_suspect_is_run,
                     no_claim_waits_for_jobs_of_a_paused_queue,
                     what_comes_at_once_is_shared_by_those_who_wait);
}

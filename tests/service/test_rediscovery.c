/* A URL that moves, a secret that is rotated: no job is lost, and discovery is
 * not asked once for each of them. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOBS = 50, CROWD = 100, FEW = 4 };

#define ENTRY "extq:ext:{acme}:on-new-lead"

/* What is true now: the peer's thread asks. */
struct truth {
    int port;
    atomic_bool changed;
};

/* The registry: /old and "before", or what came after. */
static void registry(void *arg, const struct peer_request *request,
                     struct peer_rule *answer)
{
    const struct truth *t = arg;
    bool changed = atomic_load(&t->changed);

    (void)request;
    (void)snprintf(answer->scratch, sizeof answer->scratch,
                   "{\"url\":\"http://127.0.0.1:%d/%s\",\"secret\":\"%s\"}",
                   t->port, changed ? "new" : "old",
                   changed ? "after" : "before");
    answer->body = answer->scratch;
}

/* Where the extension was: gone from there as soon as that is true. */
static void moved(void *arg, const struct peer_request *request,
                  struct peer_rule *answer)
{
    const struct truth *t = arg;

    (void)request;
    answer->status = atomic_load(&t->changed) ? 404 : 200;
}

/* An extension that checks today's secret. */
static void guarded(void *arg, const struct peer_request *request,
                    struct peer_rule *answer)
{
    const struct truth *t = arg;
    const char *bearer = request_header(request, "Authorization");
    const char *want =
        atomic_load(&t->changed) ? "Bearer after" : "Bearer before";

    if (!bearer || strcmp(bearer, want) != 0)
        answer->status = 401;
}

static struct world *with_registry(struct truth *t, const char *more)
{
    struct world *w = world_open();

    t->port = peer_port(w->peer);
    atomic_init(&t->changed, false);
    world_configure(w,
                    "workers: 2\n"
                    "discovery: {backend: http,\n"
                    "  url: \"http://127.0.0.1:%d/ext/{container}/{point}\"}\n"
                    "%s",
                    t->port, more);
    peer_on(w->peer, .path = "/ext/*", .script = registry, .arg = t);
    peer_on(w->peer, .path = "/new", .delay_ms = 20);
    return w;
}

static size_t questions(struct world *w)
{
    return ledger_count(peer_ledger(w->peer), "/ext/acme/on-new-lead");
}

/* Both services have the extension in their own memory, all workers maybe. */
static void warm(struct world *w)
{
    world_start(w);
    world_start(w);
    world_push_many(w, "warm", 0, 40);
    world_expect_delivered(w, "warm", 40);
    ck_assert_uint_eq(questions(w), 1);
}

/* Each was delivered by its first call or by the one behind a refusal. */
static void expect_no_more_than_one_retry(struct world *w, unsigned count)
{
    char id[32];

    for (unsigned n = 0; n < count; n++) {
        (void)snprintf(id, sizeof id, "job-%u", n);
        ck_assert_uint_le(journal_count(w->journal, id), 2);
    }
}

START_TEST(a_url_that_moves_costs_no_job)
{
    struct truth t;
    struct world *w = with_registry(&t, "");

    peer_on(w->peer, .path = "/old", .script = moved, .arg = &t,
            .delay_ms = 200);
    warm(w);
    atomic_store(&t.changed, true);
    world_push_many(w, "job", 0, JOBS);
    world_expect_delivered(w, "job", JOBS);
    expect_no_more_than_one_retry(w, JOBS);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/new"), JOBS);
    ck_assert_uint_le(questions(w), 1 + FEW);
    world_close(&w);
}
END_TEST

START_TEST(a_secret_that_is_rotated_costs_no_job)
{
    struct truth t;
    struct world *w = with_registry(&t, "");

    peer_on(w->peer, .path = "/old", .script = guarded, .arg = &t,
            .delay_ms = 200);
    peer_on(w->peer, .path = "/new", .script = guarded, .arg = &t);
    warm(w);
    world_push_many(w, "job", 0, JOBS / 2);
    /* Some calls have been answered by then, and some have not. */
    (void)ledger_wait(peer_ledger(w->peer), "/old", 40 + JOBS / 4,
                      WORLD_LIMIT_MS);
    atomic_store(&t.changed, true);
    world_push_many(w, "job", JOBS / 2, JOBS - JOBS / 2);
    world_expect_delivered(w, "job", JOBS);
    expect_no_more_than_one_retry(w, JOBS);
    ck_assert_uint_le(questions(w), 1 + FEW);
    world_close(&w);
}
END_TEST

START_TEST(a_crowd_costs_about_one_question)
{
    struct truth t;
    struct world *w = with_registry(&t, "");

    peer_on(w->peer, .path = "/old", .script = moved, .arg = &t);
    warm(w);
    atomic_store(&t.changed, true);
    world_push_many(w, "job", 0, CROWD);
    world_expect_delivered(w, "job", CROWD);
    ck_assert_uint_le(questions(w), 1 + FEW);
    world_close(&w);
}
END_TEST

/* After the one that follows the refusal, attempts use the caches again. */
START_TEST(later_attempts_do_not_ask_again)
{
    struct truth t;
    struct world *w = with_registry(
        &t, "points: {default: {retry: {base: 10ms, cap: 20ms}}}\n");

    peer_on(w->peer, .path = "/old", .script = moved, .arg = &t);
    warm(w);
    atomic_store(&t.changed, true);
    peer_on(w->peer, .path = "/new", .fail_first = 5);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0",
                   "retry/not_found/404 retry/platform_error/503 "
                   "retry/platform_error/503 retry/platform_error/503 "
                   "retry/platform_error/503 retry/platform_error/503 "
                   "delivered/ok/200");
    ck_assert_uint_eq(questions(w), 2);
    world_close(&w);
}
END_TEST

/* The first attempt's URL and secret are of no account later on. */
START_TEST(a_retry_uses_the_url_and_the_secret_of_its_day)
{
    struct truth t;
    struct world *w =
        with_registry(&t, "points: {default: {retry: {schedule: [300ms]}}}\n"
                          "cache: {fresh: 1ms, local: 1ms}\n");
    const struct peer_request *r;

    peer_on(w->peer, .path = "/old", .status = 500);
    world_start(w);
    world_push_many(w, "job", 0, 1);
    r = ledger_wait(peer_ledger(w->peer), "/old", 1, WORLD_LIMIT_MS);
    ck_assert_str_eq(request_header(r, "Authorization"), "Bearer before");
    atomic_store(&t.changed, true);
    world_expect_delivered(w, "job", 1);
    r = ledger_at(peer_ledger(w->peer), "/new", 0);
    ck_assert_str_eq(request_header(r, "Authorization"), "Bearer after");
    ck_assert_str_eq(request_header(r, "webhook-id"), "job-0");
    world_close(&w);
}
END_TEST

/* What somebody discovered before the refusal may be as old as what was
 * refused: a second refusal with it is not the end. */
START_TEST(an_entry_from_before_the_refusal_is_no_proof)
{
    struct truth t;
    struct world *w = with_registry(&t, "");
    char entry[512];
    long long s = 0, us = 0;

    peer_on(w->peer, .path = "/old", .script = moved, .arg = &t);
    warm(w);
    atomic_store(&t.changed, true);
    peer_on(w->peer, .path = "/old", .status = 404, .delay_ms = 500);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/old", 41, WORLD_LIMIT_MS);
    ck_assert_int_eq(
        sscanf(redis_server_ask(w->redis, "TIME", NULL), "%lld\n%lld", &s, &us),
        2);
    (void)snprintf(entry, sizeof entry,
                   "%lld-%lld {\"url\":\"http://127.0.0.1:%d/old\"}",
                   s * 1000 + 600000, s * 1000 - 1000, t.port);
    redis_server_ask(w->redis, "SET", ENTRY, entry, NULL);
    journal_expect(w->journal, "job-0",
                   "retry/not_found/404 retry/not_found/404 delivered/ok/200");
    world_close(&w);
}
END_TEST

/* The refused job looks further by itself; others must not be refused first. */
START_TEST(a_refusal_takes_the_entry_out_of_the_shared_cache)
{
    struct truth t;
    struct world *w = with_registry(&t, "");

    peer_on(w->peer, .path = "/old", .script = moved, .arg = &t);
    warm(w);
    ck_assert_str_eq(redis_server_ask(w->redis, "EXISTS", ENTRY, NULL), "1");
    atomic_store(&t.changed, true);
    peer_on(w->peer, .path = "/ext/*", .status = 500);
    world_push_many(w, "job", 0, 1);
    wait_until(journal_read(w->journal) > 0 &&
                   journal_count(w->journal, "job-0") > 0,
               WORLD_LIMIT_MS, "the refusal");
    ck_assert_str_eq(journal_field(w->journal, "job-0", 0, "class"),
                     "not_found");
    ck_assert_str_eq(redis_server_ask(w->redis, "EXISTS", ENTRY, NULL), "0");
    world_close(&w);
}
END_TEST

START_TEST(an_extension_that_stays_away_ends_its_job_after_one_more_call)
{
    struct truth t;
    struct world *w = with_registry(&t, "");

    peer_on(w->peer, .path = "/old", .status = 404);
    world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0",
                   "retry/not_found/404 dead/not_found/404");
    ck_assert_uint_eq(questions(w), 2);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.rediscovery", 60, a_url_that_moves_costs_no_job,
        a_secret_that_is_rotated_costs_no_job, a_crowd_costs_about_one_question,
        later_attempts_do_not_ask_again,
        a_retry_uses_the_url_and_the_secret_of_its_day,
        an_entry_from_before_the_refusal_is_no_proof,
        a_refusal_takes_the_entry_out_of_the_shared_cache,
        an_extension_that_stays_away_ends_its_job_after_one_more_call);
}

/* The ops port of a real service: what it says about health and readiness, and
 * whether its figures are what happened. */
#include "support/main.h"
#include "support/ops_client.h"
#include "support/page.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define DELIVERED(point)                                                       \
    "extq_outcomes_total{point=\"" point                                       \
    "\",verdict=\"delivered\",class=\"ok\"}"

/* The port of one test's service, and its configuration: `more` besides. */
static int configure(struct world *w, const char *more)
{
    int port = free_port();

    world_configure(w, "ops: {listen: \"127.0.0.1:%d\", stuck: %s}\n%s", port,
                    "10s", more);
    return port;
}

static void await_status(int port, const char *path, int status)
{
    wait_until(ops_status(port, path) == status, WORLD_LIMIT_MS,
               "the ops port to say so");
}

/* The page, which is one; lives until the next question. */
static const char *page_of(int port)
{
    const struct ops_answer *a = ops_get(port, "/metrics");

    ck_assert_int_eq(a->status, 200);
    ck_assert_ptr_nonnull(strstr(a->text,
                                 "\r\nContent-Type: text/plain; version=0.0.4; "
                                 "charset=utf-8\r\n"));
    page_check(a->body);
    return a->body;
}

static double figure(int port, const char *series)
{
    return page_value(page_of(port), series);
}

static const struct {
    const char *method, *path;
    int status;
} requests[] = {
    {"GET", "/", 200},         {"HEAD", "/", 200},
    {"GET", "/healthz", 200},  {"GET", "/healthz?a=b", 200},
    {"HEAD", "/readyz", 200},  {"GET", "/metrics", 200},
    {"HEAD", "/metrics", 200}, {"POST", "/", 405},
    {"POST", "/metrics", 405}, {"PUT", "/healthz", 405},
    {"DELETE", "/", 405},      {"OPTIONS", "/metrics", 405},
    {"get", "/", 405},         {"GET", "/metrics/", 404},
    {"GET", "//", 404},        {"GET", "/../etc/passwd", 404},
    {"POST", "/nothing", 404}, {"GET", "/favicon.ico", 404},
};

START_TEST(it_answers_to_what_is_there_and_to_nothing_else)
{
    struct world *w = world_open();
    int port = configure(w, "");
    char request[256];

    (void)world_start(w);
    await_status(port, "/readyz", 200);
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        const struct ops_answer *a;

        (void)snprintf(request, sizeof request,
                       "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n",
                       requests[i].method, requests[i].path);
        a = ops_exchange(port, request);
        ck_assert_msg(a->status == requests[i].status, "%s %s: %d",
                      requests[i].method, requests[i].path, a->status);
        ck_assert(!*a->body == (strcmp(requests[i].method, "HEAD") == 0));
    }
    world_close(&w);
}
END_TEST

static const char two_points[] =
    "points:\n"
    "  on-new-lead: {retry: {attempts: 2, base: 20ms, cap: 20ms, jitter: 0}}\n"
    "  on-deal-won: {}\n";

static void push_at(struct world *w, const char *point, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        world_push(w,
                   "{\"id\":\"%s-%u\",\"container\":\"acme\","
                   "\"point\":\"%s\",\"payload\":1}",
                   point, n, point);
}

START_TEST(figures_are_what_happened)
{
    const unsigned calls = 43, skipped = 5;
    struct world *w = world_open();
    int port = configure(w, two_points);
    const char *page;

    /* The first three fail once, and are called again. */
    peer_on(w->peer, .path = "/lead", .fail_first = 3);
    (void)world_start(w);
    world_push_many(w, "job", 0, 40);
    push_at(w, "of-nobody", skipped);
    journal_wait_ends(w->journal, 40 + skipped);
    wait_until(page_sum(page_of(port), "extq_outcomes_total") ==
                   calls + skipped,
               WORLD_LIMIT_MS, "the last outcome to be counted");
    /* Lengths in Redis and what links count follow within a second. */
    wait_until(figure(port, "extq_queue_outcomes{queue=\"default\"}") ==
                   calls + skipped,
               WORLD_LIMIT_MS, "the queue's figures");
    wait_until(
        page_sum(page_of(port), "extq_http_connections_reused_total") +
                page_sum(page_of(port), "extq_http_connections_opened_total") ==
            calls,
        WORLD_LIMIT_MS, "the connections' figures");
    page = page_of(port);
    ck_assert_double_eq(page_value(page, DELIVERED("on-new-lead")), 40);
    ck_assert_double_eq(page_value(page, DELIVERED("on-deal-won")), 0);
    ck_assert_double_eq(
        page_value(page, "extq_outcomes_total{point=\"on-new-lead\",verdict="
                         "\"retry\",class=\"platform_error\"}"),
        3);
    ck_assert_double_eq(
        page_value(page, "extq_outcomes_total{point=\"other\",verdict="
                         "\"skipped\",class=\"no_extension\"}"),
        skipped);
    ck_assert_double_eq(
        page_value(page, "extq_call_seconds_count{point=\"on-new-lead\"}"),
        calls);
    ck_assert_double_eq(page_sum(page, "extq_queue_wait_seconds_count"), calls);
    ck_assert_double_eq(page_sum(page, "extq_resolves_total"), calls + skipped);
    ck_assert_double_ge(page_sum(page, "extq_discovery_asks_total"), 2);
    ck_assert_double_eq(page_sum(page, "extq_queue_jobs"), 0);
    ck_assert_double_eq(page_sum(page, "extq_in_flight_jobs"), 0);
    ck_assert_double_eq(page_sum(page, "extq_redis_connects_total"), 3);
    ck_assert_double_gt(page_sum(page, "process_resident_memory_bytes"), 1e6);
    ck_assert_double_gt(page_sum(page, "process_cpu_seconds_total"), 0);
    ck_assert_ptr_null(strstr(page, "of-nobody"));
    ck_assert_ptr_null(strstr(page, "acme"));
    world_close(&w);
}
END_TEST

START_TEST(how_long_jobs_wait_is_known)
{
    struct world *w = world_open();
    int port = configure(w, "");
    struct process *p = extq_start(NULL, "pause", "default", "--redis", w->url);

    process_expect(p, 0, WORLD_LIMIT_MS);
    process_close(&p);
    (void)world_start(w);
    await_status(port, "/readyz", 200);
    world_push_many(w, "job", 0, 1);
    wait_until(figure(port, "extq_queue_oldest_waiting_seconds{queue="
                            "\"default\"}") > 0,
               WORLD_LIMIT_MS, "the job to be seen waiting");
    world_close(&w);
}
END_TEST

START_TEST(queues_are_counted_where_their_jobs_wait)
{
    struct world *w = world_open();
    int port = configure(w, "");

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    redis_server_ask(w->redis, "HSET", "extq:{default}:meta", "dead_dropped",
                     "7", NULL);
    (void)world_start(w);
    world_push_many(w, "hung", 0, 2);
    world_push_bytes(w, "default", span_of("no job"));
    world_push(w, "{\"id\":\"x\",\"container\":\"acme\",\"point\":\"x\","
                  "\"payload\":1,\"not_before\":99999999999999}");
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 2, WORLD_LIMIT_MS);
    journal_wait_ends(w->journal, 1);
    wait_until(figure(port, "extq_queue_jobs{queue=\"default\",state="
                            "\"dead\"}") == 1,
               WORLD_LIMIT_MS, "the dead job to be seen");
    wait_until(figure(port, "extq_queue_jobs{queue=\"default\",state="
                            "\"later\"}") == 1,
               WORLD_LIMIT_MS, "the later job to be seen");
    ck_assert_double_eq(figure(port, "extq_queue_due_jobs{queue=\"default\"}"),
                        0);
    ck_assert_double_eq(figure(port, "extq_in_flight_jobs"), 2);
    ck_assert_double_eq(figure(port, "extq_queue_held_jobs{queue=\"default\"}"),
                        2);
    ck_assert_double_eq(
        figure(port, "extq_queue_dead_dropped_total{queue=\"default\"}"), 7);
    w->killed = true; /* what hangs is handed back after the drain */
    process_close(&w->services[0]);
    world_close(&w);
}
END_TEST

START_TEST(gates_are_counted_by_kind)
{
    struct world *w = world_open();
    int port = configure(w, "");
    struct process *p;

    (void)world_start(w);
    world_wait_leases(w, 1);
    p = extq_start(NULL, "pause", "-c", w->config.text, "--container", "acme");
    process_expect(p, 0, WORLD_LIMIT_MS);
    process_close(&p);
    wait_until(figure(port, "extq_gates{queue=\"default\",kind=\"paused\"}") ==
                   1,
               WORLD_LIMIT_MS, "the pause to be known");
    world_push_many(w, "paused", 0, 3);
    wait_until(figure(port, "extq_queue_jobs{queue=\"default\",state="
                            "\"parked\"}") == 3,
               WORLD_LIMIT_MS, "the jobs to be parked");
    ck_assert_double_eq(page_sum(page_of(port), "extq_gates"), 1);
    world_close(&w);
}
END_TEST

/* The server's clock at the last tick, in ms. */
static int64_t ticked(struct world *w)
{
    return redis_server_count(w->redis, "HGET", "extq:{default}:meta", "clock",
                              NULL);
}

/* Producers are refused, and services make room. */
START_TEST(who_works_off_a_full_redis_is_ready)
{
    struct world *w = world_open();
    int port = configure(w, "lease: 1s\n");
    int64_t since;

    (void)world_start(w);
    await_status(port, "/readyz", 200);
    redis_server_ask(w->redis, "CONFIG", "SET", "maxmemory", "1", NULL);
    since = ticked(w);
    wait_until(ticked(w) > since + 1500, WORLD_LIMIT_MS, "a lease and more");
    ck_assert_int_eq(ops_status(port, "/readyz"), 200);
    world_close(&w);
}
END_TEST

START_TEST(a_redis_that_stands_still_is_not_ready_but_healthy)
{
    struct world *w = world_open();
    int port = free_port();
    double connects;

    world_configure(w,
                    "redis: {url: \"%s\", reply_timeout: 300ms}\nlease: 1s\n"
                    "ops: {listen: \"127.0.0.1:%d\"}\n",
                    redis_server_url(w->redis), port);
    (void)world_start(w);
    await_status(port, "/readyz", 200);
    connects = figure(port, "extq_redis_connects_total");
    redis_server_pause(w->redis);
    await_status(port, "/readyz", 503);
    ck_assert_ptr_nonnull(strstr(ops_get(port, "/readyz")->body, "e"));
    ck_assert_int_eq(ops_status(port, "/healthz"), 200);
    wait_until(figure(port, "extq_lease_held{queue=\"default\"}") == 0,
               WORLD_LIMIT_MS, "the lease to run out");
    wait_until(figure(port, "extq_queue_figures_age_seconds") > 1,
               WORLD_LIMIT_MS, "the queue's figures to grow old");
    redis_server_resume(w->redis);
    await_status(port, "/readyz", 200);
    ck_assert_double_gt(figure(port, "extq_redis_connects_total"), connects);
    world_close(&w);
}
END_TEST

START_TEST(who_drains_is_not_ready_but_healthy)
{
    struct world *w = world_open();
    int port = configure(w, "drain_timeout: 2s\n");
    struct process *s = world_start(w);

    peer_on(w->peer, .path = "/lead", .delay_ms = 1000);
    world_push_many(w, "slow", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    process_signal(s, SIGTERM);
    wait_until(strstr(ops_get(port, "/readyz")->body, "draining"),
               WORLD_LIMIT_MS, "the service to drain");
    ck_assert_int_eq(ops_status(port, "/healthz"), 200);
    ck_assert_double_eq(figure(port, "extq_draining"), 1);
    process_expect(s, 0, WORLD_LIMIT_MS);
    ck_assert_int_eq(ops_status(port, "/healthz"), 0);
    world_close(&w);
}
END_TEST

START_TEST(the_port_follows_a_reload_and_nothing_is_forgotten)
{
    struct world *w = world_open();
    int port = configure(w, ""), next;
    struct process *s = world_start(w);

    world_push_many(w, "a", 0, 10);
    journal_wait_ends(w->journal, 10);
    next = configure(w, "workers: 1\n");
    process_signal(s, SIGHUP);
    await_status(next, "/readyz", 200);
    wait_until(ops_status(port, "/") == 0, WORLD_LIMIT_MS,
               "the port of then to be closed");
    wait_until(figure(next, "extq_earlier_configurations") == 0, WORLD_LIMIT_MS,
               "the end of what was before");
    world_push_many(w, "b", 0, 10);
    journal_wait_ends(w->journal, 20);
    wait_until(page_sum(page_of(next), "extq_outcomes_total") == 20,
               WORLD_LIMIT_MS, "both configurations' outcomes");
    /* A port that somebody has: the reload is refused, and this one stays. */
    world_configure(w, "ops: {listen: \"127.0.0.1:%d\"}\n", peer_port(w->peer));
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "another program listens there"),
               WORLD_LIMIT_MS, "the refusal");
    ck_assert_int_eq(ops_status(next, "/readyz"), 200);
    /* Two worker loops and a keeper of then, one and a keeper of now. */
    ck_assert_double_eq(page_sum(page_of(next), "extq_redis_connects_total"),
                        3 + 2);
    ck_assert_double_eq(page_sum(page_of(next), "extq_outcomes_total"), 20);
    world_configure(w, "ops: {listen: \"\"}\n");
    process_signal(s, SIGHUP);
    await_status(next, "/", 0);
    world_close(&w);
}
END_TEST

START_TEST(a_port_in_use_is_refused_unless_it_is_the_default)
{
    struct world *w = world_open();
    struct process *s;

    world_configure(w, "ops: {listen: \"127.0.0.1:%d\"}\n", peer_port(w->peer));
    s = extq_start(NULL, "run", "-c", w->config.text);
    process_expect(s, 78, WORLD_LIMIT_MS);
    ck_assert_ptr_nonnull(strstr(process_err(s), "ops.listen: 127.0.0.1:"));
    ck_assert_ptr_nonnull(strstr(process_err(s), "another program listens "
                                                 "there, name a free port"));
    process_close(&s);
    /* Two of them: the second one goes without. */
    world_configure(w, "ops: {listen: \"127.0.0.1:9464\"}\n");
    (void)world_start(w);
    world_wait_leases(w, 1);
    s = world_start(w);
    world_wait_leases(w, 2);
    ck_assert_ptr_nonnull(strstr(process_err(s), "there is no ops port"));
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.ops", 120, it_answers_to_what_is_there_and_to_nothing_else,
        figures_are_what_happened, how_long_jobs_wait_is_known,
        queues_are_counted_where_their_jobs_wait, gates_are_counted_by_kind,
        who_works_off_a_full_redis_is_ready,
        a_redis_that_stands_still_is_not_ready_but_healthy,
        who_drains_is_not_ready_but_healthy,
        the_port_follows_a_reload_and_nothing_is_forgotten,
        a_port_in_use_is_refused_unless_it_is_the_default);
}

/* A Redis that has forgotten what it had said, as after a failover: what it
 * still holds for a live service is given back, and claims go on. */
#include "faults/proxy.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

/* The epoch of the one service. */
static const char *epoch(struct world *w)
{
    static char ret[80];

    world_wait_leases(w, 1);
    (void)snprintf(ret, sizeof ret, "%.79s",
                   redis_server_ask(w->redis, "ZRANGE", "extq:{default}:leases",
                                    "0", "0", NULL));
    return ret;
}

START_TEST(a_job_whose_end_was_forgotten_is_given_back)
{
    static const char record[] =
        "1-1 1 0 0 1000 -\n{\"id\":\"job-0\",\"container\":\"acme\","
        "\"point\":\"on-new-lead\",\"payload\":1}";
    struct world *w = world_open();
    char held[120];

    peer_on(w->peer, .path = "/lead");
    (void)world_start(w);
    (void)snprintf(held, sizeof held, "extq:{default}:held:%s", epoch(w));
    (void)redis_server_ask(w->redis, "HSET", held, "0:1-1", record, NULL);
    (void)redis_server_ask(w->redis, "CLIENT", "KILL", "TYPE", "normal", NULL);
    world_expect_delivered(w, "job", 1);
    world_close(&w);
}
END_TEST

START_TEST(a_generation_that_was_forgotten_is_agreed_on_again)
{
    struct world *w = world_open();
    char one[100], two[100];

    peer_on(w->peer, .path = "/lead");
    (void)world_start(w);
    (void)snprintf(one, sizeof one, "%s:0:recovered", epoch(w));
    (void)snprintf(two, sizeof two, "%s:1:recovered", epoch(w));
    (void)redis_server_ask(w->redis, "HSET", "extq:{default}:services", one,
                           "7", two, "7", NULL);
    world_push_many(w, "job", 0, 20);
    world_expect_delivered(w, "job", 20);
    world_close(&w);
}
END_TEST

/* The worker hears that its lease was taken, of which the keeper never does:
 * Redis fell back to before that. */
START_TEST(a_lease_whose_end_was_forgotten_is_in_force_again)
{
    const struct proxy_rule refuse = {
        .command = "claim",
        .nth = 1,
        .when = PROXY_BEFORE,
        .act = PROXY_REPLACE,
        .text = "-LEASE this epoch owns nothing any more\r\n"};
    struct world *w = world_open();
    struct proxy *p = proxy_open(redis_server_socket(w->redis));
    struct process *s;
    unsigned ticks;

    world_configure(w, "redis: {url: \"%s\"}\nworkers: 1\n", proxy_url(p));
    peer_on(w->peer, .path = "/lead");
    proxy_rule(p, &refuse);
    s = world_start(w);
    wait_until(proxy_struck(p) > 0, WORLD_LIMIT_MS, "the refusal");
    ticks = proxy_count(p, "tick");
    wait_until(proxy_count(p, "tick") > ticks + 1, WORLD_LIMIT_MS,
               "the keeper");
    (void)redis_server_ask(w->redis, "CLIENT", "KILL", "TYPE", "normal", NULL);
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    world_stop(w, s);
    proxy_close(&p);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.forgotten", 60,
                     a_job_whose_end_was_forgotten_is_given_back,
                     a_generation_that_was_forgotten_is_agreed_on_again,
                     a_lease_whose_end_was_forgotten_is_in_force_again);
}

/* Jobs that are run alone, since workers died with them, hold others up for a
 * while and no longer; a service that ends runs none. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUSPECTS = 4, CALL_MS = 1200 };

/* Calls of suspects take a while each; two begin within one isolation. */
static void configure(struct world *w)
{
    world_configure(w,
                    "workers: 1\n"
                    "drain_timeout: 1h\n"
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead, url: \"%s\"}\n"
                    "  - {container: acme, point: on-slow, url: \"%s\"}\n",
                    peer_url(w->peer, "/lead").text,
                    peer_url(w->peer, "/slow").text);
    peer_on(w->peer, .path = "/slow", .delay_ms = CALL_MS);
}

static void add_suspects(struct world *w, unsigned count)
{
    char record[256];

    for (unsigned n = 1; n <= count; n++) {
        (void)snprintf(record, sizeof record,
                       "%u-1 4 0 0 1000 -\n{\"id\":\"suspect-%u\",\"container\""
                       ":\"acme\",\"point\":\"on-slow\",\"payload\":1}",
                       n, n);
        (void)redis_server_ask(w->redis, "RPUSH", "extq:{default}:suspects",
                               record, NULL);
    }
}

START_TEST(ordinary_jobs_are_served_between_suspects)
{
    struct world *w = world_open();
    struct ledger *calls = peer_ledger(w->peer);

    configure(w);
    add_suspects(w, SUSPECTS);
    world_start(w);
    (void)ledger_wait(calls, "/slow", 1, WORLD_LIMIT_MS);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    ck_assert_uint_lt(ledger_count(calls, "/slow"), SUSPECTS);
    world_close(&w);
}
END_TEST

static int64_t lease_end(struct world *w)
{
    const char *lease =
        redis_server_ask(w->redis, "ZRANGE", "extq:{default}:leases", "0", "0",
                         "WITHSCORES", NULL);

    ck_assert_ptr_nonnull(strchr(lease, '\n'));
    return strtoll(strchr(lease, '\n') + 1, NULL, 10);
}

START_TEST(a_service_that_drains_takes_no_turn)
{
    struct world *w = world_open();
    struct process *s;
    int64_t end;

    configure(w);
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    s = world_start(w);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    process_signal(s, SIGTERM);
    wait_until(strstr(process_err(s), "stopping") != NULL, WORLD_LIMIT_MS,
               "the stop to begin");
    add_suspects(w, 1);
    for (int tick = 0; tick < 2; tick++) {
        end = lease_end(w);
        wait_until(lease_end(w) != end, WORLD_LIMIT_MS, "the next tick");
    }
    ck_assert_int_eq(
        redis_server_count(w->redis, "EXISTS", "extq:{default}:alone", NULL),
        0);
    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.isolation", 60,
                     ordinary_jobs_are_served_between_suspects,
                     a_service_that_drains_takes_no_turn);
}

/* Redis is at its memory limit: producers are refused, and told so; services
 * go on working until the queue is empty; there is room again. */
#include "faults/outage.h"
#include "faults/scenario.h"

#include "support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BACKLOG = 400, DRAIN_MS = 20000, REFUSED_MS = 10000, FAILED = 1 };

static void set_limit(struct rig *r, const char *bytes)
{
    ck_assert_str_eq(
        redis_server_ask(r->redis, "CONFIG", "SET", "maxmemory", bytes, NULL),
        "OK");
}

/* Half of what is used: it stays over the limit while it is worked off. */
static void fill(struct rig *r)
{
    const char *info = redis_server_ask(r->redis, "INFO", "memory", NULL);
    const char *used = strstr(info, "used_memory:");
    char bytes[32];

    ck_assert_ptr_nonnull(used);
    (void)snprintf(bytes, sizeof bytes, "%lu",
                   strtoul(used + 12, NULL, 10) / 2);
    set_limit(r, bytes);
}

/* What `extq enqueue` makes of it. */
static void expect_refusal(struct rig *r)
{
    struct process *p =
        extq_start(NULL, "enqueue", "--container", "acme", "--point", "on-ok",
                   "--payload", "1", "--redis", redis_server_url(r->redis));
    int status = process_wait(p, REFUSED_MS);

    if (status != FAILED || !strstr(process_err(p), "memory limit"))
        ck_abort_msg("enqueue ended with %d and said: %s", status,
                     process_err(p));
    process_close(&p);
}

static void one_filling(struct rig *r, unsigned n)
{
    struct waiter w;

    rig_push(r, "ossrsd", 2 * n * BACKLOG, BACKLOG);
    r->exposed += watch_held(r->watch, 0);
    r->faults++;
    fill(r);
    expect_refusal(r);
    /* These are refused, every one. */
    rig_push(r, "o", (2 * n + 1) * BACKLOG, BACKLOG);
    w = waiter_start(DRAIN_MS);
    while (watch_open_jobs(r->watch) != 0) {
        rig_look(r);
        if (!waiter_pause(&w))
            ck_abort_msg("the queue is not worked off while Redis is full; "
                         "ledgers in %s",
                         r->folder.text);
    }
    set_limit(r, "0");
}

START_TEST(a_full_redis_is_worked_off)
{
    struct rig *r = rig_open("redis_full", rig_seed(), "always");
    unsigned fillings = rig_pick(1, 2, 50);

    for (unsigned n = 0; n < OUTAGE_SERVICES; n++)
        (void)rig_start(r, NULL);
    rig_wait_leases(r, OUTAGE_SERVICES);
    for (unsigned n = 0; n < fillings; n++)
        one_filling(r, n);
    /* There is room again: jobs are taken, and end. */
    rig_push(r, "o", 2 * fillings * BACKLOG, BACKLOG);
    (void)outage_resume(r);
    rig_finish(&r);
}
END_TEST

const TTest *scenario_redis_full(void)
{
    return a_full_redis_is_worked_off;
}

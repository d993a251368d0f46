/* Jobs that a worker claims before it has slots for them: they wait for a
 * moment only, then others may have them. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { QUICK = 50, SLOTS = 2, COUNT = 60 };

static unsigned number_of(const struct peer_request *r)
{
    const char *id = request_header(r, "webhook-id");

    return id ? (unsigned)strtoul(id + strlen("job-"), NULL, 10) : 0;
}

/* Those behind the quick ones take all slots, for good. */
static void hang(void *arg, const struct peer_request *r,
                 struct peer_rule *answer)
{
    unsigned n = number_of(r);

    (void)arg;
    if (n >= QUICK && n < QUICK + SLOTS)
        answer->act = PEER_HANG;
}

/* A service that has all slots taken, and jobs before it. */
static void fill_slots(struct world *w)
{
    peer_on(w->peer, .path = "/lead", .script = hang);
    world_configure(w,
                    "workers: 1\nin_flight: %d\nclaim_batch: %d\n"
                    "drain_timeout: 0\npoints: {default: {timeout: 10m}}\n",
                    (int)SLOTS, (int)SLOTS);
    world_push_many(w, "job", 0, COUNT);
    world_start(w);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", QUICK + SLOTS,
                      WORLD_LIMIT_MS);
}

/* How many jobs wait, in one look; -1 while more are held than have slots. */
static int64_t given_back(struct world *w)
{
    const char *look = "local held = redis.call('KEYS', '*:held:*')[1] "
                       "if redis.call('HLEN', held) ~= tonumber(ARGV[1]) then "
                       "return -1 end "
                       "return redis.call('ZCARD', 'extq:{default}:later') + "
                       "redis.call('LLEN', 'extq:{default}:jobs')";
    char slots[16];

    (void)snprintf(slots, sizeof slots, "%d", (int)SLOTS);
    return redis_server_count(w->redis, "EVAL", look, "0", slots, NULL);
}

/* On a slow machine a job that went back may be called before one that hangs.
 */
static int64_t calls(const struct world *w)
{
    return (int64_t)ledger_count(peer_ledger(w->peer), "/lead");
}

/* What waits in `later` is in the order in which it was pushed. */
static void expect_order(struct world *w)
{
    const char *at = redis_server_ask(w->redis, "ZRANGE",
                                      "extq:{default}:later", "0", "-1", NULL);
    unsigned long before = 0, n;

    while ((at = strstr(at, "\"job-"))) {
        at += strlen("\"job-");
        n = strtoul(at, NULL, 10);
        ck_assert_uint_gt(n, before);
        before = n;
    }
}

START_TEST(jobs_that_wait_in_vain_for_a_slot_go_back_in_order)
{
    struct world *w = world_open();

    fill_slots(w);
    /* They are claimed again, and go back again, for as long as it lasts. */
    wait_until(given_back(w) == COUNT - calls(w), WORLD_LIMIT_MS,
               "jobs without a slot to go back");
    expect_order(w);
    world_close(&w);
}
END_TEST

START_TEST(jobs_that_wait_for_a_slot_of_one_service_are_run_by_another)
{
    struct world *w = world_open();

    fill_slots(w);
    world_start(w);
    world_expect_calls(w, "job", COUNT, false);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.ahead", 60, jobs_that_wait_in_vain_for_a_slot_go_back_in_order,
        jobs_that_wait_for_a_slot_of_one_service_are_run_by_another);
}

/* While a service drains it goes on to keep its books. */
#include "faults/proxy.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <string.h>

static int64_t count_later(struct world *w)
{
    return redis_server_count(w->redis, "ZCARD", "extq:{default}:later", NULL);
}

/* Others may run what a claim without reply has taken, however long the calls
 * under way last. */
START_TEST(a_claim_without_reply_is_given_back_while_draining)
{
    const struct proxy_rule lose = {
        .command = "claim", .when = PROXY_AFTER, .act = PROXY_SWALLOW};
    struct world *w = world_open();
    struct proxy *p = proxy_open(redis_server_socket(w->redis));
    struct process *s;

    world_configure(w,
                    "redis: {url: \"%s\", reply_timeout: 1s}\n"
                    "workers: 1\nin_flight: 4\ndrain_timeout: 1h\n",
                    proxy_url(p));
    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    s = world_start(w);
    world_push_many(w, "job", 0, 1);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    proxy_rule(p, &lose);
    world_push_many(w, "late", 0, 2);
    wait_until(proxy_struck(p) > 0, WORLD_LIMIT_MS, "the claim");
    process_signal(s, SIGTERM);
    wait_until(count_later(w) == 2, WORLD_LIMIT_MS, "the jobs to be free");
    ck_assert(!process_ended(s));
    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    ck_assert_int_eq(count_later(w), 3);
    proxy_close(&p);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.drain", 60,
                     a_claim_without_reply_is_given_back_while_draining);
}

/* A host that was suspended: time went on elsewhere, and the lease ran out. */
#include "faults/fake_clock.h"
#include "faults/proxy.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

static bool has_ticked(struct proxy *p, unsigned more)
{
    return proxy_struck(p) >= more;
}

START_TEST(a_lease_runs_out_while_the_host_is_asleep)
{
    const struct proxy_rule lose = {.command = "tick", .act = PROXY_SWALLOW};
    struct world *w = world_open();
    struct proxy *p = proxy_open(redis_server_socket(w->redis));
    struct fake_clock host;

    world_configure(w,
                    "redis: {url: \"%s\", reply_timeout: 300ms}\n"
                    "workers: 1\nlease: 1m\n",
                    proxy_url(p));
    fake_clock_open(&host);
    fake_clock_use(&host, true);
    world_start(w);
    fake_clock_use(&host, false);
    world_wait_leases(w, 1);
    world_push_many(w, "before", 0, 1);
    world_expect_delivered(w, "before", 1);
    proxy_rule(p, &lose);
    wait_until(has_ticked(p, 1), WORLD_LIMIT_MS, "renewals to fail");
    *host.asleep_s = 3600;
    world_push_many(w, "after", 0, 1);
    wait_until(has_ticked(p, 3), WORLD_LIMIT_MS, "more of them");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 1);
    proxy_rule(p, NULL);
    world_expect_delivered(w, "after", 1);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

int main(void)
{
    return run_tests("service.asleep", 60,
                     a_lease_runs_out_while_the_host_is_asleep);
}

/* The primary becomes a replica, and connections to it stay open: the address
 * leads elsewhere by now. */
#include "base/clock.h"
#include "support/main.h"
#include "support/temp.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <string.h>
#include <unistd.h>

static void demote(struct redis_server *r)
{
    redis_server_ask(r, "REPLICAOF", "127.0.0.1", "1", NULL);
}

/* The path that the service knows, as a name in DNS would be. */
static void lead_to(const struct temp_path *path, struct redis_server *r)
{
    (void)unlink(path->text);
    ck_assert_int_eq(symlink(redis_server_socket(r), path->text), 0);
}

START_TEST(a_service_follows_its_address_to_the_new_primary)
{
    struct world *w = world_open();
    struct redis_server *next = redis_server_start(false, NULL);
    struct temp_path dir = temp_dir(), path = temp_join(&dir, "redis.sock");
    struct process *s;

    lead_to(&path, w->redis);
    world_configure(w, "redis: {url: \"unix://%s\"}\n", path.text);
    s = world_start(w);
    world_wait_leases(w, 1);
    demote(w->redis);
    lead_to(&path, next);
    redis_server_ask(next, "LPUSH", "extq:{default}:jobs",
                     "{\"id\":\"a\",\"container\":\"acme\","
                     "\"point\":\"on-new-lead\",\"payload\":{}}",
                     NULL);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    wait_until(
        redis_server_count(next, "XLEN", "extq:{default}:outcomes", NULL) == 1,
        WORLD_LIMIT_MS, "the outcome");
    world_kill(w, s);
    redis_server_close(&next);
    world_close(&w);
}
END_TEST

START_TEST(a_replica_without_a_primary_is_told_of_once)
{
    struct world *w = world_open();
    struct process *s = world_start(w);
    int64_t from_ms;

    world_wait_leases(w, 1);
    demote(w->redis);
    wait_until(count_in(process_err(s), "Redis is a replica") == 1,
               WORLD_LIMIT_MS, "the warning");
    from_ms = clock_mono_ms();
    wait_until(clock_mono_ms() > from_ms + 4000, WORLD_LIMIT_MS, "a while");
    ck_assert_uint_eq(count_in(process_err(s), "Redis is a replica"), 1);
    ck_assert_uint_eq(count_in(process_err(s), "Redis is away"), 1);
    redis_server_ask(w->redis, "REPLICAOF", "NO", "ONE", NULL);
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    wait_until(count_in(process_err(s), "msg=\"Redis is there\"") == 2,
               WORLD_LIMIT_MS, "its return to be told");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.failover", 60,
                     a_service_follows_its_address_to_the_new_primary,
                     a_replica_without_a_primary_is_told_of_once);
}

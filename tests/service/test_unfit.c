/* A Redis that may lose jobs: refused, or warned of, and why. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <string.h>

static void evict(struct world *w, const char *policy)
{
    redis_server_ask(w->redis, "CONFIG", "SET", "maxmemory-policy", policy,
                     NULL);
}

static void cut_off(struct world *w)
{
    redis_server_ask(w->redis, "CLIENT", "KILL", "TYPE", "normal", "SKIPME",
                     "yes", NULL);
}

static void expect_return(struct process *s)
{
    wait_until(count_in(process_err(s), "msg=\"Redis is there\"") == 2,
               WORLD_LIMIT_MS, "its return");
}

START_TEST(a_redis_that_evicts_keeps_the_service_from_starting)
{
    struct world *w = world_open();
    struct process *s;

    evict(w, "allkeys-lru");
    s = world_start(w);
    process_expect(s, 78, WORLD_LIMIT_MS);
    ck_assert_ptr_nonnull(strstr(process_err(s), "allkeys-lru"));
    ck_assert_ptr_nonnull(strstr(process_err(s), "redis.allow_eviction"));
    world_kill(w, s);
    world_close(&w);
}
END_TEST

START_TEST(who_is_told_to_puts_up_with_it)
{
    struct world *w = world_open();

    evict(w, "allkeys-lru");
    world_configure(w, "redis: {url: \"%s\", allow_eviction: true}\n",
                    redis_server_url(w->redis));
    world_push_many(w, "job", 0, 1);
    world_start(w);
    world_expect_delivered(w, "job", 1);
    evict(w, "noeviction");
    world_close(&w);
}
END_TEST

/* As a failover to a server that nobody has set up. */
START_TEST(one_that_evicts_when_it_comes_back_is_not_used_until_it_is_mended)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    evict(w, "volatile-ttl");
    cut_off(w);
    wait_until(count_in(process_err(s), "this Redis is not used") == 1,
               WORLD_LIMIT_MS, "the refusal");
    evict(w, "noeviction");
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    expect_return(s);
    ck_assert_uint_eq(count_in(process_err(s), "this Redis is not used"), 1);
    world_close(&w);
}
END_TEST

START_TEST(one_without_an_append_only_file_is_warned_of_once)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    cut_off(w);
    expect_return(s);
    ck_assert_uint_eq(count_in(process_err(s), "Redis can lose jobs"), 1);
    ck_assert_uint_eq(count_in(process_err(s), "no append-only file"), 1);
    world_close(&w);
}
END_TEST

START_TEST(one_with_an_append_only_file_is_not)
{
    struct world *w = world_open_durable();
    struct process *s = world_start(w);

    world_wait_leases(w, 1);
    ck_assert_uint_eq(count_in(process_err(s), "Redis can lose jobs"), 0);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.unfit", 60,
        a_redis_that_evicts_keeps_the_service_from_starting,
        who_is_told_to_puts_up_with_it,
        one_that_evicts_when_it_comes_back_is_not_used_until_it_is_mended,
        one_without_an_append_only_file_is_warned_of_once,
        one_with_an_append_only_file_is_not);
}

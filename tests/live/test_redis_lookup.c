/* A lookup of Redis's name that hangs holds nobody up. */
#include "link/redis.h"

#include "support/main.h"
#include "support/wait.h"

#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

static const struct redis_address hanging = {.place.host = "hanging.example",
                                             .place.port = 6379};
static atomic_bool inside, released;

/* In front of the system's. */
int getaddrinfo(const char *host, const char *service,
                const struct addrinfo *hints, struct addrinfo **ret)
{
    int (*real)(const char *, const char *, const struct addrinfo *,
                struct addrinfo **);

    if (strcmp(host, hanging.place.host) == 0) {
        atomic_store(&inside, true);
        wait_until(atomic_load(&released), LIMIT_MS, "its release");
        host = "127.0.0.1";
    }
    *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    return real(host, service, hints, ret);
}

static struct redis *open_hanging(uv_loop_t *loop)
{
    const struct redis_options options = {
        .address = &hanging, .connect_ms = 100, .reply_ms = 100};
    struct redis *r;

    ck_assert_int_eq(uv_loop_init(loop), 0);
    ck_assert_int_eq(redis_open(loop, &options, &r), ERR_OK);
    wait_until((uv_run(loop, UV_RUN_NOWAIT), atomic_load(&inside)), LIMIT_MS,
               "the lookup to begin");
    return r;
}

START_TEST(a_close_does_not_wait_for_it)
{
    uv_loop_t loop;
    struct redis *r = open_hanging(&loop);

    redis_close(&r);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    ck_assert(!atomic_load(&released));
    atomic_store(&released, true);
}
END_TEST

START_TEST(what_comes_late_after_the_close_finds_nobody)
{
    uv_loop_t loop;
    struct redis *r = open_hanging(&loop);

    redis_close(&r);
    atomic_store(&released, true);
    ck_assert_int_eq(uv_run(&loop, UV_RUN_DEFAULT), 0);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
}
END_TEST

int main(void)
{
    return run_tests("redis_lookup", 10, a_close_does_not_wait_for_it,
                     what_comes_late_after_the_close_finds_nobody);
}

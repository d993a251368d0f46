/* Loops that stand still, by failpoints that sleep: /healthz names them, and
 * systemd's watchdog is not fed. */
#include "support/listener.h"
#include "support/main.h"
#include "support/ops_client.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The service with its failpoints compiled in, and this rule. */
static void start(struct world *w, const char *rule, const char *listener)
{
    const char *binary = getenv("EXTQ_FAILPOINTS_BINARY");
    const char *argv[] = {binary, "run", "-c", w->config.text, NULL};
    char failpoint[128], socket[256];
    const char *env[] = {failpoint, socket, "WATCHDOG_USEC=40000", NULL};

    ck_assert_ptr_nonnull(binary);
    (void)snprintf(failpoint, sizeof failpoint, "EXTQ_FAILPOINT=%s", rule);
    (void)snprintf(socket, sizeof socket, "NOTIFY_SOCKET=%s", listener);
    w->services[0] = process_start(argv, env);
}

static int configure(struct world *w)
{
    int port = free_port();

    world_configure(w, "ops: {listen: \"127.0.0.1:%d\", stuck: 400ms}\n", port);
    return port;
}

START_TEST(a_worker_that_stands_still_is_named_and_not_fed)
{
    struct world *w = world_open();
    struct listener *l = listener_open();
    int port = configure(w);
    unsigned quiet = 0;

    start(w, "judging@stuck=sleep:4000", listener_name(l));
    wait_until(ops_status(port, "/readyz") == 200, WORLD_LIMIT_MS,
               "the service");
    wait_until(listener_has(l, "WATCHDOG=1"), WORLD_LIMIT_MS, "its watchdog");
    world_push_many(w, "stuck", 0, 1);
    wait_until(ops_status(port, "/healthz") == 503, WORLD_LIMIT_MS,
               "the worker to be missed");
    ck_assert_ptr_nonnull(strstr(ops_get(port, "/healthz")->body, "worker-"));
    listener_forget(l);
    /* Whatever came between two looks that both found it stuck. */
    wait_until((listener_read(l), ops_status(port, "/healthz") != 503) ||
                   (ck_assert(!listener_has(l, "WATCHDOG=1")), ++quiet > 100),
               WORLD_LIMIT_MS, "the worker to go on");
    ck_assert_uint_gt(quiet, 0);
    wait_until(ops_status(port, "/healthz") == 200, WORLD_LIMIT_MS,
               "the worker to go on");
    wait_until(listener_has(l, "WATCHDOG=1"), WORLD_LIMIT_MS, "its watchdog");
    world_expect_delivered(w, "stuck", 1);
    listener_close(&l);
    world_close(&w);
}
END_TEST

START_TEST(a_keeper_that_stands_still_is_named)
{
    struct world *w = world_open();
    int port = configure(w);

    start(w, "joined=sleep:1500", "");
    wait_until(ops_status(port, "/healthz") == 503, WORLD_LIMIT_MS,
               "the keeper to be missed");
    wait_until(ops_status(port, "/healthz") == 200, WORLD_LIMIT_MS,
               "the keeper to go on");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.ops_stuck", 60,
                     a_worker_that_stands_still_is_named_and_not_fed,
                     a_keeper_that_stands_still_is_named);
}

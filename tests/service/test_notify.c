/* What a supervisor hears, over a real datagram socket. */
#include "support/listener.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static struct process *start(struct world *w, const char *socket,
                             const char *more)
{
    char setting[256];
    const char *env[] = {setting, more, NULL};

    (void)snprintf(setting, sizeof setting, "NOTIFY_SOCKET=%s", socket);
    w->services[0] = extq_start(env, "run", "-c", w->config.text);
    return w->services[0];
}

static void await(struct listener *l, const char *line)
{
    wait_until(listener_has(l, line), WORLD_LIMIT_MS, line);
}

/* By its first line, which is another one each time. */
static void await_start(struct listener *l, const char *start)
{
    wait_until(strstr(listener_text(l), start), WORLD_LIMIT_MS, start);
}

START_TEST(it_is_ready_once_it_has_its_lease_and_not_before)
{
    struct world *w = world_open();
    struct listener *l = listener_open();

    redis_server_stop(w->redis);
    (void)start(w, listener_name(l), NULL);
    await_start(l, "STATUS=Redis is not reachable");
    ck_assert(!listener_has(l, "READY=1"));
    redis_server_start_again(w->redis);
    await(l, "READY=1");
    await(l, "STATUS=taking jobs");
    world_wait_leases(w, 1);
    world_close(&w);
    await(l, "STOPPING=1");
    await_start(l, "STATUS=draining");
    listener_close(&l);
}
END_TEST

START_TEST(a_reload_is_announced_and_its_end_too)
{
    struct world *w = world_open();
    struct temp_path dir = temp_dir();
    struct listener *l = listener_open_at(temp_join(&dir, "notify").text);
    struct process *s = start(w, listener_name(l), NULL);

    await(l, "READY=1");
    for (int refused = 0; refused < 2; refused++) {
        listener_forget(l);
        if (refused)
            world_configure(w, "workers: many\n");
        process_signal(s, SIGHUP);
        await(l, "READY=1");
        ck_assert_int_eq(
            strncmp(listener_text(l), "RELOADING=1\nMONOTONIC_USEC=", 27), 0);
    }
    world_close(&w);
    listener_close(&l);
}
END_TEST

START_TEST(the_watchdog_is_fed_where_there_is_one)
{
    struct world *w = world_open();
    struct listener *l = listener_open();

    (void)start(w, listener_name(l), "WATCHDOG_USEC=200000");
    for (int n = 0; n < 3; n++) {
        await(l, "WATCHDOG=1");
        listener_forget(l);
    }
    world_close(&w);
    listener_close(&l);
}
END_TEST

START_TEST(another_process_s_watchdog_is_left_alone)
{
    struct world *w = world_open();
    struct listener *l = listener_open();
    const char *env[] = {NULL, "WATCHDOG_USEC=20000", "WATCHDOG_PID=1", NULL};
    char setting[256];

    (void)snprintf(setting, sizeof setting, "NOTIFY_SOCKET=%s",
                   listener_name(l));
    env[0] = setting;
    w->services[0] = extq_start(env, "run", "-c", w->config.text);
    await(l, "STATUS=taking jobs");
    world_close(&w);
    await(l, "STOPPING=1");
    ck_assert(!listener_has(l, "WATCHDOG=1"));
    listener_close(&l);
}
END_TEST

static const char *const nowhere[] = {"", "relative", "@", "/nowhere/notify",
                                      "vsock:2:1234"};

START_TEST(a_supervisor_that_is_not_there_is_no_trouble)
{
    struct world *w = world_open();

    (void)start(w, nowhere[_i], "WATCHDOG_USEC=x");
    world_wait_leases(w, 1);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.notify");
    TCase *tests = tcase_create("notify");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, it_is_ready_once_it_has_its_lease_and_not_before);
    tcase_add_test(tests, a_reload_is_announced_and_its_end_too);
    tcase_add_test(tests, the_watchdog_is_fed_where_there_is_one);
    tcase_add_test(tests, another_process_s_watchdog_is_left_alone);
    tcase_add_loop_test(tests, a_supervisor_that_is_not_there_is_no_trouble, 0,
                        sizeof nowhere / sizeof *nowhere);
    return run_suite(suite);
}

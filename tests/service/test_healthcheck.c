/* extq healthcheck, and the address that extq demo names. */
#include "support/main.h"
#include "support/ops_client.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Runs it, and expects that status and those words on stderr. */
static void check_with(struct world *w, const char *option, int status,
                       const char *words)
{
    struct process *p =
        option ? extq_start(NULL, "healthcheck", "-c", w->config.text, option)
               : extq_start(NULL, "healthcheck", "-c", w->config.text);

    process_expect(p, status, WORLD_LIMIT_MS);
    ck_assert_msg(strstr(process_err(p), words), "%s", process_err(p));
    ck_assert_str_eq(process_out(p), "");
    process_close(&p);
}

START_TEST(it_says_how_the_service_is)
{
    struct world *w = world_open();
    int port = free_port();

    world_configure(w,
                    "redis: {url: \"%s\", reply_timeout: 200ms}\nlease: 1s\n"
                    "ops: {listen: \"localhost:%d\"}\n",
                    redis_server_url(w->redis), port);
    check_with(w, NULL, 1, "nobody listens at localhost:");
    (void)world_start(w);
    world_wait_leases(w, 1);
    check_with(w, NULL, 0, "extq healthcheck: ok\n");
    check_with(w, "--ready", 0, "extq healthcheck: ok\n");
    redis_server_pause(w->redis);
    wait_until(ops_status(port, "/readyz") == 503, WORLD_LIMIT_MS,
               "Redis to be missed");
    check_with(w, NULL, 0, "extq healthcheck: ok\n");
    check_with(w, "--ready", 1, "extq healthcheck: ");
    redis_server_resume(w->redis);
    world_close(&w);
}
END_TEST

START_TEST(who_is_no_extq_is_not_healthy)
{
    struct world *w = world_open();

    world_configure(w, "ops: {listen: \"127.0.0.1:%d\"}\n", peer_port(w->peer));
    check_with(w, NULL, 1, "is no extq of this version");
    world_configure(w, "ops: {listen: \"\"}\n");
    check_with(w, NULL, 1, "ops.listen is empty");
    world_configure(w, "ops: {listen: \"host.invalid:1\"}\n");
    check_with(w, NULL, 1, "ops.listen: host.invalid: ");
    world_close(&w);
}
END_TEST

static const struct {
    const char *body;
    const char *words;
} strange[] = {
    {"garbage", "is no extq of this version"},
    {"HTTP/1.1 503 x\r\n\r\nworker-0 \033[31mis red\n", "worker-0  [31mis red"},
    {"HTTP/1.1 99999999999 x\r\n\r\n", "is no extq of this version"},
    {"HTTP/1.1 200", "is no extq of this version"},
    {"", "is no extq of this version"},
};

START_TEST(strange_answers_are_not_healthy)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/healthz", .act = PEER_RAW,
            .body = strange[_i].body);
    world_configure(w, "ops: {listen: \"127.0.0.1:%d\"}\n", peer_port(w->peer));
    check_with(w, NULL, 1, strange[_i].words);
    world_close(&w);
}
END_TEST

START_TEST(the_demo_names_its_address_and_is_there)
{
    static const char before[] = "http://127.0.0.1:";
    struct temp_path tmp = temp_dir();
    struct process *p;
    const char *at;
    int port;

    ck_assert_int_eq(setenv("TMPDIR", tmp.text, 1), 0);
    p = extq_start(NULL, "demo", "--events", "2", "--keep");
    wait_until(strstr(process_out(p), "new outcomes"), WORLD_LIMIT_MS,
               "the demo's last paragraph");
    at = strstr(process_out(p), before);
    ck_assert_ptr_nonnull(at);
    port = (int)strtol(at + sizeof before - 1, NULL, 10);
    ck_assert_int_eq(ops_status(port, "/readyz"), 200);
    process_signal(p, SIGINT);
    process_expect(p, 0, WORLD_LIMIT_MS);
    ck_assert_int_eq(ops_status(port, "/"), 0);
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.healthcheck");
    TCase *tests = tcase_create("healthcheck");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, it_says_how_the_service_is);
    tcase_add_test(tests, who_is_no_extq_is_not_healthy);
    tcase_add_loop_test(tests, strange_answers_are_not_healthy, 0,
                        sizeof strange / sizeof *strange);
    tcase_add_test(tests, the_demo_names_its_address_and_is_there);
    return run_suite(suite);
}

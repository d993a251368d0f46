/* The census of the fault rig: which keys it calls leaked. */
#include "faults/watch.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/table.h"
#include "support/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMES = 200, LAST_MS = 4 };

struct scene {
    struct redis_server *server;
    struct temp_path folder;
};

static void open_scene(struct scene *s)
{
    s->server = redis_server_start(false, NULL);
    s->folder = temp_dir();
}

static void expect_leaked(struct scene *s, const char *names)
{
    struct watch *w =
        watch_open(redis_server_address(s->server), s->folder.text);
    struct temp_path path = temp_join(&s->folder, "leaked");
    char *text;

    watch_census(w);
    watch_close(&w);
    text = temp_read(path.text);
    ck_assert_str_eq(text, names);
    free(text);
    ck_assert_int_eq(remove(path.text), 0);
}

static const struct {
    const char *key, *leaked;
} keys[] = {
    {"extq:{default}:outcomes", ""},
    {"extq:{default}:meta", ""},
    {"extq:{default}:gates", ""},
    {"extq:{default}:changes", ""},
    {"extq:{default}:leases", "extq:{default}:leases\n"},
    {"extq:{default}:alone", "extq:{default}:alone\n"},
    {"extq:ext:{acme}:p", "extq:ext:{acme}:p\n"},
    {"unknown", "unknown\n"},
};

START_TEST(a_key_that_nobody_accounts_for_is_leaked)
{
    struct scene s;

    open_scene(&s);
    (void)redis_server_ask(s.server, "SET", keys[_i].key, "1", NULL);
    expect_leaked(&s, keys[_i].leaked);
    redis_server_close(&s.server);
}
END_TEST

START_TEST(parked_jobs_without_their_gate_are_leaked)
{
    struct scene s;

    open_scene(&s);
    (void)redis_server_ask(s.server, "RPUSH", "extq:{default}:parked:a:later",
                           "1 1 0 0 1 -\n{}", NULL);
    expect_leaked(&s, "extq:{default}:parked:a:later\n");
    (void)redis_server_ask(s.server, "HSET", "extq:{default}:gates", "a:later",
                           "full 1 0 0 - -", NULL);
    expect_leaked(&s, "");
    redis_server_close(&s.server);
}
END_TEST

/* Whatever the moment: also the one at which it ends. */
START_TEST(a_key_that_ends_by_itself_is_not_leaked)
{
    struct scene s;
    char ms[2] = "1";

    open_scene(&s);
    for (int i = 0; i < TIMES; i++) {
        ms[0] = (char)('1' + i % LAST_MS);
        (void)redis_server_ask(s.server, "SET", "extq:ext:{acme}:p:ask", "1",
                               "PX", ms, NULL);
        expect_leaked(&s, "");
    }
    redis_server_close(&s.server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault_census");
    TCase *group = tcase_create("fault_census");

    tcase_add_loop_test(group, a_key_that_nobody_accounts_for_is_leaked, 0,
                        ROWS(keys));
    tcase_add_test(group, parked_jobs_without_their_gate_are_leaked);
    tcase_add_test(group, a_key_that_ends_by_itself_is_not_leaked);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}

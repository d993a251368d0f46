/* A Redis user that lacks a right: the log says once what is missing and what
 * to do, and the service goes on as soon as the right is there. */
#include "support/main.h"
#include "support/table.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

/* A right that is taken away, what is refused for the lack of it, and what
 * the log tells of it. */
static const struct {
    const char *right, *message, *why;
    const char *newer; /* as Redis 8 says it; NULL = the same */
} rights[] = {
    {"fcall", "refuses to grant the lease", "no permissions to run the", NULL},
    {"zadd", "refuses to grant the lease", "can't run this command",
     "ACL failure in script"},
    {"rpop", "refuses to hand out jobs", "can't run this command",
     "ACL failure in script"},
    {"hdel", "refuses to record outcomes", "can't run this command",
     "ACL failure in script"},
};

START_TEST(a_right_that_is_missing_is_named_once)
{
    struct world *w = world_open();
    char minus[32], plus[32];
    struct process *s;

    (void)snprintf(minus, sizeof minus, "-%s", rights[_i].right);
    (void)snprintf(plus, sizeof plus, "+%s", rights[_i].right);
    world_configure(w, "workers: 1\n");
    world_push_many(w, "job", 0, 1);
    redis_server_ask(w->redis, "ACL", "SETUSER", "default", minus, NULL);
    s = world_start(w);
    wait_until(count_in(process_err(s), rights[_i].message) > 0, WORLD_LIMIT_MS,
               "the refusal");
    ck_assert(strstr(process_err(s), rights[_i].why) ||
              (rights[_i].newer && strstr(process_err(s), rights[_i].newer)));
    ck_assert_ptr_nonnull(strstr(process_err(s), "deploy/redis/users.acl"));
    redis_server_ask(w->redis, "ACL", "LOG", "RESET", NULL);
    wait_until(strstr(redis_server_ask(w->redis, "ACL", "LOG", NULL), "count"),
               WORLD_LIMIT_MS, "another try");
    redis_server_ask(w->redis, "ACL", "SETUSER", "default", plus, NULL);
    world_expect_delivered(w, "job", 1);
    ck_assert_uint_eq(count_in(process_err(s), rights[_i].message), 1);
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.denied");
    TCase *t = tcase_create("service.denied");

    tcase_set_timeout(t, 90);
    tcase_add_loop_test(t, a_right_that_is_missing_is_named_once, 0,
                        ROWS(rights));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

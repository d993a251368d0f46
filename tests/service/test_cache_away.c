/* The shared cache cannot be asked: that is not discovery's failure, and costs
 * the job nothing. */
#include "faults/proxy.h"
#include "support/main.h"
#include "support/world.h"

static const struct proxy_rule faults[] = {
    {.command = "find", .nth = 1, .act = PROXY_RESET},
    {.command = "find", .nth = 1, .when = PROXY_AFTER, .act = PROXY_RESET},
    {.command = "find",
     .nth = 1,
     .when = PROXY_AFTER,
     .act = PROXY_REPLACE,
     .text = "-LOADING Redis is loading the dataset in memory\r\n"},
    {.command = "find",
     .nth = 1,
     .when = PROXY_AFTER,
     .act = PROXY_REPLACE,
     .text = "+OK\r\n"},
};

START_TEST(a_job_whose_extension_cannot_be_asked_for_waits)
{
    struct world *w = world_open();
    struct proxy *p = proxy_open(redis_server_socket(w->redis));

    world_configure(
        w, "redis: {url: \"%s\"}\nworkers: 1\ndiscovery: {timeout: 200ms}\n",
        proxy_url(p));
    world_start(w);
    world_wait_leases(w, 1);
    proxy_rule(p, &faults[_i]);
    world_push_many(w, "job", 0, 1);
    world_expect_delivered(w, "job", 1);
    ck_assert_uint_ge(proxy_struck(p), 1);
    ck_assert_uint_eq(journal_count(w->journal, NULL), 1);
    world_close(&w);
    proxy_close(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.cache_away");
    TCase *t = tcase_create("service.cache_away");

    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, a_job_whose_extension_cannot_be_asked_for_waits, 0,
                        (int)(sizeof faults / sizeof *faults));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

/* A dead job that an operator retries: the same job, with new patience. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

#define TWO "points:\n  on-new-lead: {retry: {attempts: 2, schedule: [10ms]}}\n"

static struct world *w;

static int64_t dead(void)
{
    return redis_server_count(w->redis, "XLEN", "extq:{default}:dead", NULL);
}

/* A service at an extension that fails, and one job that died of it. */
static void open_all(void)
{
    w = world_open();
    world_configure(w, "%s", TWO);
    peer_on(w->peer, .path = "/lead", .status = 500);
    world_start(w);
    world_push_many(w, "job", 0, 1);
    wait_until(dead() == 1, WORLD_LIMIT_MS, "the job to die");
}

static void close_all(void)
{
    world_close(&w);
}

static void retry(void)
{
    struct process *p = extq_start(NULL, "dead", "retry", "job-0", "--redis",
                                   redis_server_url(w->redis));

    process_expect(p, 0, WORLD_LIMIT_MS);
    ck_assert_str_eq(process_out(p), "queue default: 1 dead letter retried\n");
    process_close(&p);
}

static const char *field(size_t i, const char *name)
{
    return journal_field(w->journal, "job-0", i, name);
}

START_TEST(a_retried_job_is_delivered_under_its_id_with_its_next_attempt)
{
    peer_on(w->peer, .path = "/lead");
    retry();
    wait_until(journal_read(w->journal) == 4, WORLD_LIMIT_MS, "its delivery");
    ck_assert_str_eq(field(2, "verdict"), "retry");
    ck_assert_str_eq(field(2, "error"), "retried by an operator");
    ck_assert_str_eq(field(3, "verdict"), "delivered");
    ck_assert_str_eq(field(3, "attempt"), "3");
    ck_assert_int_eq(dead(), 0);
}
END_TEST

START_TEST(it_has_all_of_its_policys_attempts_again)
{
    retry();
    wait_until(journal_read(w->journal) == 5, WORLD_LIMIT_MS, "its death");
    ck_assert_str_eq(field(3, "verdict"), "retry");
    ck_assert_str_eq(field(3, "attempt"), "3");
    ck_assert_str_eq(field(4, "verdict"), "dead");
    ck_assert_str_eq(field(4, "attempt"), "4");
    ck_assert_int_eq(dead(), 1);
    retry();
    wait_until(journal_read(w->journal) == 8, WORLD_LIMIT_MS, "its death");
    ck_assert_str_eq(field(7, "attempt"), "6");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.letters");
    TCase *t = tcase_create("letters");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(
        t, a_retried_job_is_delivered_under_its_id_with_its_next_attempt);
    tcase_add_test(t, it_has_all_of_its_policys_attempts_again);
    return run_suite(s);
}

/* Behind Sentinels: services, commands and producers follow the primary. */
#include "support/main.h"
#include "support/sentinels.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { JOBS = 200, FAIL_OVERS = 2, LIMIT_MS = 60000 };

/* What a replica does not have is no write: nothing acknowledged is lost while
 * one is there. */
static const char careful[] = "min-replicas-to-write 1\n"
                              "min-replicas-max-lag 10\n"
                              "appendonly yes\n";

static void expect_ends(struct world *w, size_t count)
{
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "verdict", "delivered")) >=
                   count,
               LIMIT_MS, "all ends");
}

START_TEST(services_follow_the_primary_by_themselves)
{
    struct sentinels *s = sentinels_open(careful);
    struct world *w = world_open_at(sentinels_url(s));
    char name[16];

    (void)world_start(w);
    (void)world_start(w);
    for (unsigned n = 0; n <= FAIL_OVERS; n++) {
        (void)snprintf(name, sizeof name, "round%u", n);
        world_push_many(w, name, 0, JOBS);
        expect_ends(w, (size_t)(n + 1) * JOBS);
        if (n < FAIL_OVERS)
            (void)sentinels_fail_over(s);
    }
    for (unsigned n = 0; n <= FAIL_OVERS; n++) {
        (void)snprintf(name, sizeof name, "round%u", n);
        world_expect_delivered(w, name, JOBS);
    }
    world_close(&w);
    sentinels_close(&s);
}
END_TEST

static void expect_unknown(const struct sentinels *s)
{
    char url[512];
    struct process *p;

    (void)snprintf(url, sizeof url, "%s-not", sentinels_url(s));
    p = extq_start(NULL, "stats", "--redis", url);
    process_expect(p, 69, LIMIT_MS);
    ck_assert_ptr_nonnull(
        strstr(process_err(p), "knows no primary named main-not"));
    process_close(&p);
}

START_TEST(a_dead_sentinel_is_passed_over_and_an_unknown_name_told)
{
    struct sentinels *s = sentinels_open("");
    struct world *w = world_open_at(sentinels_url(s));
    struct process *p;

    sentinels_kill_one(s, 0);
    (void)world_start(w);
    world_push_many(w, "job", 0, 3);
    expect_ends(w, 3);
    p = extq_start(NULL, "stats", "-c", w->config.text);
    process_expect(p, 0, LIMIT_MS);
    ck_assert_ptr_nonnull(strstr(process_out(p), "sentinel://127.0.0.1:"));
    process_close(&p);
    expect_unknown(s);
    world_close(&w);
    sentinels_close(&s);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.sentinel", 120, services_follow_the_primary_by_themselves,
        a_dead_sentinel_is_passed_over_and_an_unknown_name_told, NULL);
}

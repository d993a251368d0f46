/* Behind Sentinels: services, commands and producers follow the primary. */
#include "link/redis_tls.h"
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

/* Two services, and a dead primary between the rounds of jobs. */
static void follow(struct world *w, struct sentinels *s, unsigned fail_overs)
{
    char name[16];

    (void)world_start(w);
    (void)world_start(w);
    for (unsigned n = 0; n <= fail_overs; n++) {
        (void)snprintf(name, sizeof name, "round%u", n);
        world_push_many(w, name, 0, JOBS);
        expect_ends(w, (size_t)(n + 1) * JOBS);
        if (n < fail_overs)
            (void)sentinels_fail_over(s);
    }
    for (unsigned n = 0; n <= fail_overs; n++) {
        (void)snprintf(name, sizeof name, "round%u", n);
        world_expect_delivered(w, name, JOBS);
    }
}

START_TEST(services_follow_the_primary_by_themselves)
{
    struct sentinels *s = sentinels_open(careful);
    struct world *w = world_open_at(sentinels_url(s));

    follow(w, s, FAIL_OVERS);
    world_close(&w);
    sentinels_close(&s);
}
END_TEST

START_TEST(over_tls_they_follow_as_well)
{
    struct sentinels *s;
    const struct redis_files *f;
    struct world *w;

    if (!redis_tls_is_built()) {
        printf("SKIPPED: hiredis has no TLS here: Sentinels over TLS\n");
        return;
    }
    s = sentinels_open_tls(careful);
    f = sentinels_files(s);
    w = world_open_at(sentinels_url(s));
    w->address.files = *f;
    world_configure(w,
                    "redis: {url: \"%s\", ca_file: %s, cert_file: %s,\n"
                    "        key_file: %s}\n",
                    w->url, f->ca, f->cert, f->key);
    follow(w, s, 1);
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
        over_tls_they_follow_as_well,
        a_dead_sentinel_is_passed_over_and_an_unknown_name_told, NULL);
}

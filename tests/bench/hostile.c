/* What hostile tenants cost their neighbours: the time from the push to the
 * outcome of good jobs, alone and with every behaviour active. Prints one
 * line; judges nothing. */
#include "base/clock.h"
#include "link/redis_sync.h"
#include "support/hostile_bed.h"
#include "support/main.h"
#include "support/wait.h"

#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { JOBS = 2000, EVERY_MS = 2, ROUND_EVERY = 500, BLOCK_MS = 20000 };

/* By the good job's number; monotonic, 0 = not yet. */
struct times {
    struct hostile_bed *bed;
    unsigned wanted, seen;
    int64_t pushed_us[3 * JOBS], done_us[3 * JOBS];
};

/* One entry of XREAD's answer. */
static void note(struct times *t, const struct reply *entry, int64_t now_us)
{
    struct span id = reply_span(reply_at(reply_at(entry, 1), 1));
    char text[64];
    long n;

    if (!span_copy(id, text, sizeof text) || (n = hostile_bed_good(text)) < 0)
        return;
    t->done_us[n] = now_us;
    t->seen++;
}

static void *watch(void *arg)
{
    struct times *t = arg;
    struct redis_sync *link = NULL;
    const struct reply *reply, *entries;
    char last[64] = "$";

    ck_assert_int_eq(
        redis_sync_open(&t->bed->w->address, 2 * BLOCK_MS, &link, NULL),
        ERR_OK);
    while (t->seen < t->wanted) {
        ck_assert_int_eq(redis_ask_words(link, &reply, "XREAD", "BLOCK",
                                         "20000", "STREAMS",
                                         "extq:{default}:outcomes", last, NULL),
                         ERR_OK);
        entries = reply_at(reply_at(reply, 0), 1);
        for (size_t i = 0; i < reply_count(entries); i++) {
            const struct reply *entry = reply_at(entries, i);

            note(t, entry, clock_mono_us());
            (void)span_copy(reply_span(reply_at(entry, 0)), last, sizeof last);
        }
    }
    redis_sync_close(&link);
    return NULL;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

/* Pushes JOBS good ones at a steady pace, and the others among them when told
 * to; returns the 99th percentile in us, *ret_median_us the 50th. */
static int64_t run(struct times *t, bool hostile, int64_t *ret_median_us)
{
    unsigned first = t->bed->good;
    int64_t took[JOBS];
    pthread_t thread;

    t->seen = 0;
    t->wanted = JOBS;
    ck_assert_int_eq(pthread_create(&thread, NULL, watch, t), 0);
    (void)poll(NULL, 0, 50); /* the watcher is to wait before the first */
    for (unsigned n = 0; n < JOBS; n++) {
        if (hostile && n % ROUND_EVERY == 0)
            hostile_bed_push(t->bed, 0);
        t->pushed_us[first + n] = clock_mono_us();
        hostile_bed_push_good(t->bed, 1);
        (void)poll(NULL, 0, EVERY_MS);
    }
    (void)pthread_join(thread, NULL);
    for (unsigned n = 0; n < JOBS; n++)
        took[n] = t->done_us[first + n] - t->pushed_us[first + n];
    qsort(took, JOBS, sizeof *took, compare);
    *ret_median_us = took[JOBS / 2];
    return took[JOBS - JOBS / 100];
}

START_TEST(what_hostile_tenants_cost_their_neighbours)
{
    static struct times t;
    int64_t alone, together, median_alone, median_together;
    long before;

    t.bed = hostile_bed_open(1);
    (void)run(&t, false, &median_alone); /* connections, caches */
    before = hostile_bed_memory(t.bed, "VmRSS");
    alone = run(&t, false, &median_alone);
    together = run(&t, true, &median_together);
    hostile_bed_wait(t.bed);
    hostile_bed_judge(t.bed);
    (void)printf(
        "behaviours %u, hostile attempts %u; good jobs' push to outcome: "
        "alone p50 %lld us, p99 %lld us; together p50 %lld us, p99 %lld us; "
        "ratio of p99 %.2f; worst overrun %lld ms (%s); memory +%ld KiB\n",
        t.bed->guest_count, t.bed->figures.attempts, (long long)median_alone,
        (long long)alone, (long long)median_together, (long long)together,
        (double)together / (double)alone,
        (long long)t.bed->figures.worst_overrun_ms, t.bed->figures.worst,
        hostile_bed_memory(t.bed, "VmHWM") - before);
    hostile_bed_close(&t.bed);
}
END_TEST

int main(void)
{
    return run_tests("bench.hostile", 300,
                     what_hostile_tenants_cost_their_neighbours);
}

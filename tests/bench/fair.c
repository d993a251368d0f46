/* What one bad endpoint costs the others, and what fairness costs: run by hand,
 * EXTQ=./extq bench_fair [hang|unequal|down|cost ...], all without words.
 * Prints figures and targets; judges nothing. Settings by environment:
 *
 *   FAIR_JOBS     jobs of the bad tenant, or of a run of cost    100000
 *   FAIR_SPAN_S   of each part of hang and unequal               30
 *   FAIR_RATE     good jobs a second of hang                     1000
 *   FAIR_DOWN_S   how long the endpoint of down is down          60
 *   FAIR_CONFIG   lines of configuration for hang                none
 *   FAIR_DOWN     503: it answers that; else it refuses          refuse */
#include "fair.h"

#include "base/clock.h"
#include "base/rand.h"
#include "support/main.h"
#include "support/wait.h"

#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS = 100000,
    GOOD_TENANTS = 99,
    UNEQUAL = 1000,
    SMALL = 100, /* tenants from here on are small ones */
    WAIT_MS = 120000,
    LIMIT_S = 3600,
};

static const unsigned cost_rounds = 4;

static unsigned jobs_wanted(void)
{
    return (unsigned)fair_option("FAIR_JOBS", JOBS);
}

static unsigned next_tenant(void *arg)
{
    unsigned *n = arg;

    return (*n)++ % GOOD_TENANTS;
}

static void print_times(const char *what, const struct fair_times *t)
{
    (void)printf("  %-26s %7u jobs  p50 %8.2f ms  p99 %8.2f ms  most %8.2f "
                 "ms  %8.1f jobs/s\n",
                 what, t->count, t->p50_ms, t->p99_ms, t->most_ms, t->rate);
}

/* The number of the first job pushed at or after that time. */
static unsigned job_after(const struct fair_bed *b, unsigned from, int64_t us)
{
    while (from < b->good.count && b->good.pushed_us[from] < us)
        from++;
    return from;
}

static void print_parts(const char *what, const struct fair_bed *b,
                        unsigned first, int64_t step_us, int64_t span_ms)
{
    int64_t start_us = b->good.pushed_us[first];

    (void)printf("  %s, p99 in ms of each %.0f s:", what,
                 (double)step_us / 1e6);
    for (int64_t at = 0; at < span_ms * 1000; at += step_us) {
        struct fair_times t =
            fair_times(b, job_after(b, first, start_us + at),
                       job_after(b, first, start_us + at + step_us), 0);

        (void)printf(" %.1f", t.p99_ms);
    }
    (void)printf("\n");
}

/* Until jobs were again as quick as before: the first 100 ms whose p99 is. */
static double disturbed_s(const struct fair_bed *b, unsigned first,
                          double limit_ms)
{
    enum { STEP_US = 100000 };
    int64_t start_us = b->good.pushed_us[first], at_us = start_us;
    unsigned from = first, to;

    while (from < b->good.count) {
        to = job_after(b, from, at_us + STEP_US);
        if (to > from && fair_times(b, from, to, 0).p99_ms <= limit_ms)
            break;
        from = to;
        at_us += STEP_US;
    }
    return (double)(at_us - start_us) / 1e6;
}

static void measure_hang(struct fair_bed *b, unsigned rate, int64_t span_ms)
{
    unsigned turn = 0, first, second, calm;
    struct fair_times alone, together, later;
    struct fair_flood *flood;

    (void)fair_push(b, rate, 3000, next_tenant, &turn);
    first = fair_push(b, rate, span_ms, next_tenant, &turn);
    fair_wait_good(b, WAIT_MS);
    flood = fair_flood_start(b, jobs_wanted());
    second = fair_push(b, rate, span_ms, next_tenant, &turn);
    fair_flood_join(&flood);
    fair_wait_good(b, WAIT_MS);
    calm = job_after(b, second, b->good.pushed_us[second] + 3000000);
    alone = fair_times(b, first, second, 0);
    together = fair_times(b, second, b->good.count, 0);
    later = fair_times(b, calm, b->good.count, 0);
    print_times("alone", &alone);
    print_times("with it", &together);
    print_times("with it, after 3 s", &later);
    print_parts("alone", b, first, 1000000, span_ms);
    print_parts("with it", b, second, 1000000, span_ms);
    (void)printf("  p99 ratio %.2f from the burst on, %.2f after 3 s (<= "
                 "1.25), disturbed for %.1f s; throughput %.1f %% (>= 95); bad "
                 "attempts %u\n",
                 together.p99_ms / alone.p99_ms, later.p99_ms / alone.p99_ms,
                 disturbed_s(b, second, 1.25 * alone.p99_ms),
                 100 * together.rate / alone.rate,
                 atomic_load(&b->bad_attempts));
}

START_TEST(one_tenant_hangs)
{
    const char *settings = getenv("FAIR_CONFIG");
    struct fair_bed *b =
        fair_open(fair_sink_start(FAIR_HANGS, 0), GOOD_TENANTS);

    (void)printf("hang: one tenant of %u jobs hangs, %u others\n",
                 jobs_wanted(), (unsigned)GOOD_TENANTS);
    fair_serve(b, 1, settings ? settings : "");
    measure_hang(b, (unsigned)fair_option("FAIR_RATE", 1000),
                 fair_option("FAIR_SPAN_S", 30) * 1000);
    fair_close(b);
}
END_TEST

/* Who is next where sizes go by Zipf's law: tenant n has 1/(n+1)^1.5. */
struct zipf {
    uint64_t dice;
    double sums[UNEQUAL];
    unsigned from; /* no tenant before that */
};

static void zipf_open(struct zipf *z)
{
    double sum = 0;

    z->dice = 42;
    for (unsigned n = 0; n < UNEQUAL; n++) {
        sum += 1 / pow(n + 1, 1.5);
        z->sums[n] = sum;
    }
}

static unsigned zipf_pick(void *arg)
{
    struct zipf *z = arg;
    double low = z->from > 0 ? z->sums[z->from - 1] : 0;
    double at = low + (z->sums[UNEQUAL - 1] - low) * rand_u32(&z->dice) /
                          ((double)UINT32_MAX + 1);
    unsigned n = z->from;

    while (n < UNEQUAL - 1 && z->sums[n] <= at)
        n++;
    return n;
}

static unsigned largest(void *arg)
{
    (void)arg;
    return 0;
}

static void measure_unequal(struct fair_bed *b, int64_t span_ms)
{
    enum { BURST = 20000 };
    const unsigned rate = 2000;
    static struct zipf z;
    unsigned small_rate, first, second, third;
    struct fair_times alone, steady, burst, all;

    zipf_open(&z);
    z.from = SMALL;
    small_rate =
        (unsigned)(rate * (1 - z.sums[SMALL - 1] / z.sums[UNEQUAL - 1]));
    (void)fair_push(b, small_rate, 5000, zipf_pick, &z);
    first = fair_push(b, small_rate, span_ms, zipf_pick, &z);
    fair_wait_good(b, WAIT_MS);
    z.from = 0;
    second = fair_push(b, rate, span_ms, zipf_pick, &z);
    fair_wait_good(b, WAIT_MS);
    third = fair_push_all(b, BURST, largest, NULL);
    (void)fair_push(b, rate, span_ms, zipf_pick, &z);
    fair_wait_good(b, WAIT_MS);
    alone = fair_times(b, first, second, SMALL);
    steady = fair_times(b, second, third, SMALL);
    burst = fair_times(b, third, b->good.count, SMALL);
    all = fair_times(b, second, third, 0);
    print_times("small ones, empty system", &alone);
    print_times("small ones among all", &steady);
    print_times("20,000 of the largest", &burst);
    print_times("all", &all);
    (void)printf(
        "  p99 ratio of small ones: %.2f steady, %.2f with the burst\n",
        steady.p99_ms / alone.p99_ms, burst.p99_ms / alone.p99_ms);
}

START_TEST(tenants_of_unequal_size)
{
    struct fair_bed *b = fair_open(fair_sink_start(FAIR_WELL, 100000), UNEQUAL);

    (void)printf(
        "unequal: 1,000 tenants (Zipf 1.5) on 2 services of 128 slots, "
        "answers after 100 ms, 2,000 jobs/s; small: from the %uth on\n",
        (unsigned)SMALL + 1);
    fair_serve(b, 2, "workers: 1\nin_flight: 128\n");
    measure_unequal(b, fair_option("FAIR_SPAN_S", 30) * 1000);
    fair_close(b);
}
END_TEST

static void print_drain(const struct fair_bed *b, unsigned healed)
{
    const struct fair_sink *s = b->sink;
    unsigned last = fair_sink_second(s), begin = healed, most, sum, n;
    int64_t healed_us = s->start_us + (int64_t)healed * 1000000;

    while (begin < last && atomic_load(&s->bad_by_second[begin]) == 0)
        begin++;
    sum = fair_sink_count(s, begin, last + 1, &most);
    (void)printf("  requests by second after it healed:");
    for (unsigned i = healed; i <= last; i++)
        if ((n = atomic_load(&s->bad_by_second[i])) > 0)
            (void)printf(" %u:%u", i - healed, n);
    (void)printf(
        "\n  last job delivered %.1f s after it healed; %u requests in "
        "%u s, mean %.0f, worst %u: ratio %.2f (<= 2)\n",
        (double)(atomic_load(&b->bad_last_us) - healed_us) / 1e6, sum,
        last + 1 - begin, sum / (double)(last + 1 - begin), most,
        most * (double)(last + 1 - begin) / sum);
}

static void measure_down(struct fair_bed *b, int64_t down_ms)
{
    struct fair_flood *flood = fair_flood_start(b, jobs_wanted());
    unsigned failed, done, healed;
    int64_t end;

    fair_flood_join(&flood);
    (void)poll(NULL, 0, (int)down_ms);
    healed = fair_sink_heal(b->sink);
    failed = atomic_load(&b->bad_attempts);
    end = clock_mono_ms() + WAIT_MS * 5;
    do {
        (void)poll(NULL, 0, 1000);
        done = atomic_load(&b->bad_delivered) + atomic_load(&b->bad_dead);
    } while (done < jobs_wanted() && clock_mono_ms() < end);
    (void)printf("  attempts while down %u, failed in all %u, dead %u, "
                 "delivered %u\n",
                 failed, atomic_load(&b->bad_attempts),
                 atomic_load(&b->bad_dead), atomic_load(&b->bad_delivered));
    print_drain(b, healed);
}

START_TEST(an_endpoint_is_down)
{
    const char *how = getenv("FAIR_DOWN");
    bool fails = how && strcmp(how, "503") == 0;
    long down_s = fair_option("FAIR_DOWN_S", 60);
    struct fair_bed *b =
        fair_open(fair_sink_start(fails ? FAIR_FAILS : FAIR_REFUSES, 0), 0);

    (void)printf("down: %u jobs, %s for %ld s\n", jobs_wanted(),
                 fails ? "503" : "connection refused", down_s);
    fair_serve(b, 1, "");
    measure_down(b, down_s * 1000);
    fair_close(b);
}
END_TEST

static double redis_cpu(struct fair_bed *b)
{
    return fair_info(b, "cpu", "used_cpu_sys:") +
           fair_info(b, "cpu", "used_cpu_user:");
}

static void print_commands(const char *text)
{
    (void)printf("    calls:");
    for (const char *line = strstr(text, "cmdstat_"); line;
         line = strstr(line + 1, "cmdstat_")) {
        int len = (int)strcspn(line + 8, ":");

        (void)printf(" %.*s %ld", len, line + 8,
                     strtol(line + 8 + len + strlen(":calls="), NULL, 10));
    }
    (void)printf("\n");
}

/* us of Redis's CPU for each job. */
static double cost_of(struct fair_bed *b, const char *settings, bool print)
{
    unsigned turn = 0, count = jobs_wanted();
    double before, cpu;

    b->good.count = 0;
    atomic_store(&b->good_done, 0);
    memset(b->good.done_us, 0, FAIR_JOBS_MAX * sizeof *b->good.done_us);
    (void)fair_push_all(b, count, next_tenant, &turn);
    (void)redis_server_ask(b->redis, "CONFIG", "RESETSTAT", NULL);
    before = redis_cpu(b);
    fair_serve(b, 1, settings);
    fair_wait_good(b, WAIT_MS);
    cpu = (redis_cpu(b) - before) * 1e6 / count;
    (void)printf("  %-5s %.2f us a job\n", *settings ? "none" : "on", cpu);
    if (print)
        print_commands(
            redis_server_ask(b->redis, "INFO", "commandstats", NULL));
    fair_stop(b);
    return cpu;
}

START_TEST(what_gates_cost_redis)
{
    static const char none[] = "container_in_flight: 10000000\n"
                               "points: {default: {circuit: {failures: 0}}}\n";
    struct fair_bed *b = fair_open(fair_sink_start(FAIR_WELL, 0), GOOD_TENANTS);
    double with = 0, without = 0;

    (void)printf("cost: Redis CPU, %u jobs of %u tenants that are well\n",
                 jobs_wanted(), (unsigned)GOOD_TENANTS);
    (void)cost_of(b, "", false);
    (void)printf("  (that was to warm up)\n");
    for (unsigned n = 0; n < cost_rounds; n++) {
        without += cost_of(b, none, n == 0);
        with += cost_of(b, "", n == 0);
    }
    (void)printf("  means: without %.2f us, with %.2f us: ratio %.3f\n",
                 without / cost_rounds, with / cost_rounds, with / without);
    fair_close(b);
}
END_TEST

/* Whether the row is among the words; without words all are. */
static bool is_wanted(int argc, char **argv, const char *name)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], name) == 0)
            return true;
    return argc == 1;
}

int main(int argc, char **argv)
{
    const TTest *wanted[5] = {NULL};
    size_t n = 0;

    if (is_wanted(argc, argv, "hang"))
        wanted[n++] = one_tenant_hangs;
    if (is_wanted(argc, argv, "unequal"))
        wanted[n++] = tenants_of_unequal_size;
    if (is_wanted(argc, argv, "down"))
        wanted[n++] = an_endpoint_is_down;
    if (is_wanted(argc, argv, "cost"))
        wanted[n++] = what_gates_cost_redis;
    return run_test_list("bench.fair", LIMIT_S, wanted);
}

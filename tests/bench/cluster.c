/* Jobs per second against the number of masters of a Redis Cluster, with as
 * many queues, one on each: run by hand, EXTQ=./extq bench_cluster. Jobs that
 * no tenant has an extension for, so that nothing but queues is measured: what
 * they cost is Redis's and the service's. Prints figures; judges nothing.
 * Settings by environment:
 *
 *   CLUSTER_JOBS      jobs of each queue       100000
 *   CLUSTER_SERVICES  processes, 1 to 4        2
 *   CLUSTER_WORKERS   threads of each          2 */
#include "support/cluster.h"
#include "base/clock.h"
#include "cli/bench_cpu.h"
#include "link/redis_sync.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_S = 3600, LIMIT_MS = 600000, REPLY_MS = 60000, BATCH = 500 };

static const unsigned sizes[] = {1, 3};

static unsigned setting(const char *name, unsigned otherwise)
{
    const char *text = getenv(name);

    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static const struct reply *ask(struct redis_sync *link, int argc,
                               const char **argv)
{
    const struct reply *reply = NULL;

    ck_assert_msg(!redis_ask(link, argc, argv, NULL, &reply), "%s",
                  redis_sync_error(link));
    ck_assert_int_ne(reply_kind(reply), REPLY_ERROR);
    return reply;
}

static void configure(struct world *w, unsigned masters)
{
    char queues[128] = "";
    size_t len = 0;

    for (unsigned n = 0; n < masters; n++)
        len += (size_t)snprintf(queues + len, sizeof queues - len, "%s%s: {}",
                                n > 0 ? ", " : "", cluster_queue(masters, n));
    world_configure(w, "queues: {%s}\nworkers: %u\nin_flight: 256\n", queues,
                    setting("CLUSTER_WORKERS", 2));
}

static void fill(struct redis_sync *link, const char *queue, unsigned jobs)
{
    static const char job[] = "{\"container\":\"nobody\",\"point\":\"on-lead\","
                              "\"payload\":{\"lead\":{\"name\":\"Ada\"}}}";
    const char *argv[2 + BATCH] = {"LPUSH"};
    char key[64];

    (void)snprintf(key, sizeof key, "extq:{%s}:jobs", queue);
    argv[1] = key;
    for (unsigned n = 0; n < BATCH; n++)
        argv[2 + n] = job;
    for (unsigned n = 0; n < jobs; n += BATCH)
        (void)ask(link, 2 + BATCH, argv);
}

static uint64_t ended(struct redis_sync *link, const char *queue)
{
    char key[64];
    const char *argv[3] = {"HGET", key, "skipped"};

    (void)snprintf(key, sizeof key, "extq:{%s}:meta", queue);
    return (uint64_t)reply_number(ask(link, 3, argv));
}

/* A connection for each queue: one for all would wander. */
static uint64_t all_ended(struct redis_sync *const *links, unsigned masters)
{
    uint64_t sum = 0;

    for (unsigned n = 0; n < masters; n++)
        sum += ended(links[n], cluster_queue(masters, n));
    return sum;
}

static int64_t redis_us(const struct cluster *c, unsigned masters)
{
    int64_t sum = 0;

    for (unsigned n = 0; n < masters; n++)
        sum += bench_cpu_us(cluster_pid(c, n));
    return sum;
}

static void print(unsigned masters, uint64_t jobs, int64_t took_us,
                  int64_t cpu_us)
{
    printf("%u masters, %u queues: %.0f jobs/s; Redis %.2f us a job, each "
           "master busy %.0f %%\n",
           masters, masters, (double)jobs * 1e6 / (double)took_us,
           (double)cpu_us / (double)jobs,
           (double)cpu_us * 100 / (double)took_us / masters);
    (void)fflush(stdout);
}

static void measure(struct cluster *c, struct world *w, unsigned masters,
                    uint64_t jobs)
{
    struct redis_sync *links[CLUSTER_MASTERS_MAX] = {NULL};
    uint64_t first, last;
    int64_t began_us, took_us, cpu_us;

    for (unsigned n = 0; n < masters; n++) {
        ck_assert_int_eq(
            redis_sync_open(&w->address, REPLY_MS, &links[n], NULL), ERR_OK);
        fill(links[n], cluster_queue(masters, n), (unsigned)(jobs / masters));
    }
    for (unsigned n = 0; n < setting("CLUSTER_SERVICES", 2); n++)
        (void)world_start(w);
    wait_until((first = all_ended(links, masters)) > jobs / 20, LIMIT_MS,
               "the start");
    began_us = clock_mono_us();
    cpu_us = redis_us(c, masters);
    wait_until((last = all_ended(links, masters)) > jobs - jobs / 20, LIMIT_MS,
               "the end");
    took_us = clock_mono_us() - began_us;
    print(masters, last - first, took_us, redis_us(c, masters) - cpu_us);
    wait_until(all_ended(links, masters) == jobs, LIMIT_MS, "the last ones");
    for (unsigned n = 0; n < masters; n++)
        redis_sync_close(&links[n]);
}

START_TEST(jobs_per_second_against_masters)
{
    unsigned each = setting("CLUSTER_JOBS", 100000) / BATCH * BATCH;

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct cluster *c = cluster_open(sizes[i], false);
        struct world *w = world_open_at(cluster_url(c));

        configure(w, sizes[i]);
        measure(c, w, sizes[i], (uint64_t)each * sizes[i]);
        world_close(&w);
        cluster_close(&c);
    }
}
END_TEST

int main(void)
{
    return run_tests("bench.cluster", LIMIT_S, jobs_per_second_against_masters);
}

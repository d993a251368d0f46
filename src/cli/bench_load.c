#include "cli/bench_load.h"

#include "base/clock.h"
#include "cli/bench_cpu.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    BATCH = 256,
    JOB_MAX = LOAD_PAYLOAD + 384,
    STOCK_KEY_MAX = 64,
};

static const char jobs_key[] = "extq:{default}:jobs";
static const char later_key[] = "extq:{default}:later";
static const char meta_key[] = "extq:{default}:meta";

/* A lead as a CRM would send it, filled up to the size. */
static size_t make_job(char *dst, const char *container, uint64_t n)
{
    static const char head[] = "{\"lead\":{\"name\":\"Ada Lovelace\","
                               "\"mail\":\"ada@example.com\",\"notes\":\"";
    static const char tail[] = "\"}}";
    size_t fill = LOAD_PAYLOAD - (sizeof head - 1) - (sizeof tail - 1);
    char own[24], *at;
    int start;

    (void)snprintf(own, sizeof own, "t%" PRIu64, n);
    start = snprintf(dst, JOB_MAX,
                     "{\"id\":\"bench_%" PRIu64 "\",\"container\":\"%s\","
                     "\"point\":\"on-new-lead\",\"payload\":%s",
                     n, container ? container : own, head);
    at = dst + start;
    memset(at, 'x', fill);
    (void)snprintf(at + fill, JOB_MAX - (size_t)start - fill, "%s}", tail);
    return (size_t)start + fill + sizeof tail;
}

static enum err failed(struct bench_bed *b)
{
    return why_set(&b->why, ERR_REDIS, "the jobs cannot be pushed: %s",
                   redis_sync_error(b->redis.link));
}

/* As its record is kept while it waits for a second call. */
static size_t make_record(char *dst, const char *container, uint64_t n)
{
    long long now = (long long)clock_wall_ms();
    int start =
        snprintf(dst, JOB_MAX, "%" PRIu64 "-123456 0 1 0 %lld %lld,timeout,0\n",
                 n, now - 1000, now);

    return (size_t)start + make_job(dst + start, container, n);
}

static enum err ask(struct bench_bed *b, int argc, const char **argv,
                    const size_t *lens)
{
    const struct reply *reply;

    if (redis_ask(b->redis.link, argc, argv, lens, &reply) ||
        reply_fault(reply) != FAULT_NONE)
        return failed(b);
    return ERR_OK;
}

/* Some jobs, numbered from `from` on, in one command. */
static enum err push(struct bench_bed *b, const char *key,
                     const struct load_batch *batch, uint64_t from)
{
    bool due = batch->kind == LOAD_DUE;
    const char *argv[2 * BATCH + 2] = {due ? "ZADD" : "LPUSH", key};
    size_t lens[2 * BATCH + 2], n = 2;
    char jobs[BATCH][JOB_MAX];

    lens[0] = strlen(argv[0]);
    lens[1] = strlen(key);
    for (size_t i = 0; i < BATCH && from + i < batch->jobs; i++) {
        if (due) {
            lens[n] = 1;
            argv[n++] = "1";
        }
        lens[n] =
            (due ? make_record : make_job)(jobs[i], batch->container, from + i);
        argv[n++] = jobs[i];
    }
    return ask(b, (int)n, argv, lens);
}

static void name_stock(char dst[STOCK_KEY_MAX], const struct load_batch *batch)
{
    (void)snprintf(dst, STOCK_KEY_MAX, "extq:{default}:bench-stock-%u",
                   batch->nth);
}

enum err load_stock(struct bench_bed *b, const struct load_batch *batch)
{
    char key[STOCK_KEY_MAX];
    enum err e = ERR_OK;

    name_stock(key, batch);
    for (uint64_t done = 0; !e && done < batch->jobs; done += BATCH)
        e = bed_wait(b, 0) ? push(b, key, batch, done)
                           : why_set(&b->why, ERR_IO, "interrupted");
    return e;
}

enum err load_release(struct bench_bed *b, const struct load_batch *batch)
{
    const char *key = batch->kind == LOAD_DUE ? later_key : jobs_key;
    char stock[STOCK_KEY_MAX];
    const char *argv[] = {"RENAME", stock, key};
    size_t lens[] = {6, 0, strlen(key)};

    name_stock(stock, batch);
    lens[1] = strlen(stock);
    return ask(b, 3, argv, lens);
}

enum err load_push_one(struct bench_bed *b, const char *container)
{
    const struct load_batch one = {LOAD_JOBS, container, 1, 0};

    return push(b, jobs_key, &one, 0);
}

static uint64_t count_requests(struct bench_bed *b, const void *lane)
{
    return atomic_load(&b->sink.counters->lanes[*(const size_t *)lane].served);
}

enum err load_wait(struct bench_bed *b, size_t lane, uint64_t count)
{
    return bed_await(b, &(struct bed_goal){count_requests, &lane, count,
                                           "requests come no more"});
}

uint64_t load_delivered(struct bench_bed *b)
{
    int64_t count =
        bench_redis_number(&b->redis, "HGET", meta_key, "delivered");

    return count > 0 ? (uint64_t)count : 0;
}

static uint64_t count_delivered(struct bench_bed *b, const void *arg)
{
    (void)arg;
    return load_delivered(b);
}

enum err load_wait_delivered(struct bench_bed *b, uint64_t count)
{
    return bed_await(b, &(struct bed_goal){count_delivered, NULL, count,
                                           "nothing is delivered any more"});
}

void load_begin(struct bench_bed *b, struct load_window *ret)
{
    int64_t all;

    *ret = (struct load_window){.wall_us = clock_mono_us()};
    ret->jobs = atomic_load(&b->sink.counters->lanes[SINK_MAIN].served);
    ret->connections = atomic_load(&b->sink.counters->connections);
    ret->sink_us = bench_cpu_us(b->sink.pid);
    if (b->bare) {
        ret->service_us = bench_cpu_us(b->bare);
        ret->rss_kib = bench_rss_kib(b->bare);
        return;
    }
    for (size_t i = 0; i < BED_SERVICES_MAX && b->services[i]; i++) {
        ret->service_us += bench_cpu_us(b->services[i]);
        ret->rss_kib += bench_rss_kib(b->services[i]);
    }
    ret->redis_us = bench_cpu_us(b->redis.pid);
    bench_redis_calls(&b->redis, &all, &ret->functions);
}

void load_end(struct bench_bed *b, struct load_window *ret)
{
    struct load_window start = *ret;

    load_begin(b, ret);
    ret->jobs -= start.jobs;
    ret->wall_us -= start.wall_us;
    ret->service_us -= start.service_us;
    ret->redis_us -= start.redis_us;
    ret->connections -= start.connections;
    ret->sink_us -= start.sink_us;
    ret->functions -= start.functions;
}

enum err load_window(struct bench_bed *b, uint64_t from, uint64_t to,
                     struct load_window *ret)
{
    enum err e = load_wait(b, SINK_MAIN, from);

    if (e)
        return e;
    load_begin(b, ret);
    e = load_wait(b, SINK_MAIN, to);
    load_end(b, ret);
    return e;
}

double load_per_job(const struct load_window *w, int64_t us)
{
    return w->jobs ? (double)us / (double)w->jobs : 0;
}

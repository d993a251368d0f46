#include "fair.h"

#include "base/clock.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 200, JOB_MAX = 256, LINK_MS = 60000 };

struct batch {
    size_t count;
    char jobs[BATCH][JOB_MAX];
};

static void add(struct batch *batch, char kind, unsigned n, const char *whose)
{
    ck_assert_uint_lt(batch->count, BATCH);
    (void)snprintf(batch->jobs[batch->count++], JOB_MAX,
                   "{\"id\":\"%c%u\",\"container\":\"%s\",\"point\":\"hook\","
                   "\"payload\":{\"lead\":{\"name\":\"Ada Lovelace\","
                   "\"mail\":\"ada@example.com\"}}}",
                   kind, n, whose);
}

static void send_off(struct redis_sync *link, struct batch *batch)
{
    const char *argv[BATCH + 2] = {"LPUSH", "extq:{default}:jobs"};
    size_t lens[BATCH + 2] = {strlen(argv[0]), strlen(argv[1])};
    const struct reply *reply;

    for (size_t i = 0; i < batch->count; i++) {
        argv[i + 2] = batch->jobs[i];
        lens[i + 2] = strlen(batch->jobs[i]);
    }
    ck_assert_int_eq(redis_ask(link, (int)batch->count + 2, argv, lens, &reply),
                     ERR_OK);
    ck_assert_int_eq(reply_kind(reply), REPLY_NUMBER);
    batch->count = 0;
}

static void add_good(struct fair_bed *b, struct batch *batch, fair_pick pick,
                     void *arg)
{
    unsigned n = b->good.count++, tenant = pick(arg);
    char name[16];

    ck_assert_uint_lt(n, FAIR_JOBS_MAX);
    (void)snprintf(name, sizeof name, "t%u", tenant);
    b->good.tenant[n] = (uint16_t)tenant;
    b->good.pushed_us[n] = clock_mono_us();
    add(batch, 'g', n, name);
}

unsigned fair_push(struct fair_bed *b, unsigned rate, int64_t span_ms,
                   fair_pick pick, void *arg)
{
    static struct batch batch;
    int64_t start_us = clock_mono_us(), now_us = start_us;
    unsigned first = b->good.count;

    while (now_us - start_us < span_ms * 1000) {
        int64_t due = (now_us - start_us) * rate / 1000000;

        while (b->good.count - first < due && batch.count < BATCH)
            add_good(b, &batch, pick, arg);
        if (batch.count > 0)
            send_off(b->link, &batch);
        (void)poll(NULL, 0, 1);
        now_us = clock_mono_us();
    }
    return first;
}

unsigned fair_push_all(struct fair_bed *b, unsigned count, fair_pick pick,
                       void *arg)
{
    static struct batch batch;
    unsigned first = b->good.count;

    while (b->good.count - first < count) {
        while (b->good.count - first < count && batch.count < BATCH)
            add_good(b, &batch, pick, arg);
        send_off(b->link, &batch);
    }
    return first;
}

struct fair_flood {
    struct fair_bed *bed;
    unsigned count;
    pthread_t thread;
    struct batch batch;
};

static void *flood(void *arg)
{
    struct fair_flood *f = arg;
    struct redis_sync *link;

    ck_assert_int_eq(redis_sync_open(redis_server_address(f->bed->redis),
                                     LINK_MS, &link, NULL),
                     ERR_OK);
    for (unsigned n = 0; n < f->count; n++) {
        add(&f->batch, 'b', n, "bad");
        if (f->batch.count == BATCH || n + 1 == f->count)
            send_off(link, &f->batch);
    }
    redis_sync_close(&link);
    return NULL;
}

struct fair_flood *fair_flood_start(struct fair_bed *b, unsigned count)
{
    struct fair_flood *f = calloc(1, sizeof *f);

    ck_assert_ptr_nonnull(f);
    f->bed = b;
    f->count = count;
    ck_assert_int_eq(pthread_create(&f->thread, NULL, flood, f), 0);
    return f;
}

void fair_flood_join(struct fair_flood **f)
{
    (void)pthread_join((*f)->thread, NULL);
    free(*f);
    *f = NULL;
}

void fair_wait_good(struct fair_bed *b, int64_t limit_ms)
{
    wait_until(atomic_load(&b->good_done) == b->good.count, limit_ms,
               "the measured jobs");
}

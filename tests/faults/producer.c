#include "faults/producer.h"

#include "base/buf.h"
#include "base/clock.h"
#include "faults/witness.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BATCH = 64, REPLY_MS = 5000, HOUR_MS = 3600000 };

struct producer {
    struct producer_options options;
    pthread_t thread;
    struct pen pen;
    struct redis_sync *link;
    atomic_bool ended;
};

static const char *point_of(char kind)
{
    switch (kind) {
    case 'c':
        return "on-capped";
    case 'b':
        return "on-busy";
    case 't':
        return "on-tripping";
    case 's':
        return "on-slow";
    case 'r':
        return "on-retry";
    case 'd':
        return "on-dead";
    case 'h':
        return "on-hold";
    case 'n':
        return "on-none";
    case 'm':
        return "on-moved";
    case 'f':
        return "on-flaky";
    case 'l':
        return "on-late";
    default:
        return "on-ok";
    }
}

static enum err queue_job(struct producer *p, unsigned n)
{
    const char *kinds = p->options.kinds;
    char job[256], key[80];
    const char *argv[3] = {"LPUSH", key, job};

    (void)snprintf(key, sizeof key, "extq:{%s}:jobs", p->options.queue);
    (void)snprintf(job, sizeof job,
                   "{\"id\":\"j-%u\",\"container\":\"acme\","
                   "\"point\":\"%s\",\"payload\":{\"n\":%u}}",
                   n, point_of(kinds[n % strlen(kinds)]), n);
    return redis_sync_queue(p->link, 3, argv, NULL);
}

static const char *next_fate(struct producer *p)
{
    const struct reply *reply;

    if (!p->link)
        return "unanswered";
    if (redis_sync_next(p->link, &reply)) {
        redis_sync_close(&p->link);
        return "unanswered";
    }
    return reply_kind(reply) == REPLY_ERROR ? "refused" : "acked";
}

/* What is not known to be on so many replicas is a maybe. */
static bool are_safe(struct producer *p)
{
    const struct reply *reply;
    const char *argv[3] = {"WAIT", "1", "2000"};
    char count[16];

    if (p->options.replicas == 0)
        return true;
    (void)snprintf(count, sizeof count, "%u", p->options.replicas);
    argv[1] = count;
    if (!p->link)
        return false;
    if (redis_ask(p->link, 3, argv, NULL, &reply)) {
        redis_sync_close(&p->link);
        return false;
    }
    return reply_number(reply) >= p->options.replicas;
}

static void note_fates(const struct producer *p, unsigned first, unsigned count,
                       const char *const *fates)
{
    struct buf lines = buf_make(BATCH * 64);

    for (unsigned n = 0; n < count; n++)
        if (buf_printf(&lines, "%u %" PRId64 " %s\n", first + n,
                       clock_mono_us(), fates[n]))
            ck_abort_msg("out of memory");
    pen_write(&p->pen, lines.at, lines.len);
    buf_clear(&lines);
}

/* One round trip, or two. Without a connection nothing was sent: nothing to
 * note. */
static unsigned push(struct producer *p, unsigned first, unsigned count)
{
    const char *fates[BATCH];
    unsigned queued = 0;

    if (!p->link &&
        redis_sync_open(p->options.address, REPLY_MS, &p->link, NULL))
        return 0;
    while (queued < count && !queue_job(p, first + queued))
        queued++;
    for (unsigned n = 0; n < queued; n++)
        fates[n] = next_fate(p);
    if (!are_safe(p))
        for (unsigned n = 0; n < queued; n++)
            if (strcmp(fates[n], "acked") == 0)
                fates[n] = "unanswered";
    note_fates(p, first, queued, fates);
    return queued;
}

static unsigned due(const struct producer *p, int64_t start_ms, unsigned done)
{
    const struct producer_options *o = &p->options;
    unsigned count = o->count - done;
    int64_t planned = (clock_mono_ms() - start_ms) * o->per_second / 1000;

    if (o->per_second > 0 && (int64_t)(done + count) > planned)
        count = planned > done ? (unsigned)(planned - done) : 0;
    return count < BATCH ? count : BATCH;
}

static void *producer_main(void *arg)
{
    struct producer *p = arg;
    struct waiter waiter = waiter_start(HOUR_MS);
    int64_t start_ms = clock_mono_ms();
    unsigned done = 0;

    while (done < p->options.count) {
        unsigned count = due(p, start_ms, done);
        unsigned pushed =
            count > 0 ? push(p, p->options.first + done, count) : 0;

        done += pushed;
        if (pushed == 0 && !waiter_pause(&waiter))
            break;
    }
    redis_sync_close(&p->link);
    atomic_store(&p->ended, true);
    return NULL;
}

struct producer *producer_start(const struct producer_options *options)
{
    struct producer *p = calloc(1, sizeof *p);

    ck_assert_ptr_nonnull(p);
    p->options = *options;
    pen_open(&p->pen, options->folder, "produced");
    if (pthread_create(&p->thread, NULL, producer_main, p) != 0)
        ck_abort_msg("the producer has no thread");
    return p;
}

bool producer_ended(const struct producer *p)
{
    return atomic_load(&p->ended);
}

void producer_close(struct producer **p)
{
    if (!*p)
        return;
    (void)pthread_join((*p)->thread, NULL);
    pen_close(&(*p)->pen);
    free(*p);
    *p = NULL;
}

void produce(const struct producer_options *options)
{
    struct producer *p = producer_start(options);

    producer_close(&p);
}

#include "faults/watch.h"

#include "faults/watch_internal.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { REPLY_MS = 10000, PAGE = 1000 };

struct watch *watch_open(const struct redis_address *address,
                         const char *folder)
{
    struct watch *w = calloc(1, sizeof *w);

    ck_assert_ptr_nonnull(w);
    w->address = address;
    w->folder = folder;
    watch_add_queue(w, "default");
    pen_open(&w->outcomes, folder, "outcomes");
    return w;
}

void watch_add_queue(struct watch *w, const char *queue)
{
    struct watched_queue *q = &w->queues[w->queue_count];

    ck_assert_uint_lt(w->queue_count, WATCH_QUEUES_MAX);
    w->queue_count++;
    keys_of_queue(&q->keys, "extq", queue);
    (void)snprintf(q->last, sizeof q->last, "-");
}

const struct reply *watch_ask(struct watch *w, int argc, const char **argv)
{
    const struct reply *reply;

    if (!w->link && redis_sync_open(w->address, REPLY_MS, &w->link, NULL))
        return NULL;
    if (redis_ask(w->link, argc, argv, NULL, &reply)) {
        redis_sync_close(&w->link);
        return NULL;
    }
    return reply_kind(reply) == REPLY_ERROR ? NULL : reply;
}

static bool copy_field(const struct reply *fields, const char *name, char *dst,
                       size_t size)
{
    dst[0] = '\0';
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (span_is(reply_span(reply_at(fields, i)), name))
            return span_copy(reply_span(reply_at(fields, i + 1)), dst, size);
    return false;
}

/* The worker's name ends in ":<pid>:<index>". */
static int pid_of_worker(char *worker)
{
    char *last = strrchr(worker, ':');

    if (!last)
        return 0;
    *last = '\0';
    last = strrchr(worker, ':');
    return last ? (int)strtol(last + 1, NULL, 10) : 0;
}

static void note_entry(struct watch *w, struct watched_queue *q,
                       const struct reply *element)
{
    const struct reply *fields = reply_at(element, 1);
    struct span id = reply_span(reply_at(element, 0));
    char job[160], attempt[16], verdict[32], worker[160], at[64], status[16];
    bool all = copy_field(fields, "id", job, sizeof job);

    all = copy_field(fields, "attempt", attempt, sizeof attempt) && all;
    all = copy_field(fields, "verdict", verdict, sizeof verdict) && all;
    all = copy_field(fields, "worker", worker, sizeof worker) && all;
    all = copy_field(fields, "status", status, sizeof status) && all;
    if (!all || !span_copy(id, at, sizeof at))
        ck_abort_msg(
            "an outcome without id, attempt, verdict, worker or status");
    (void)snprintf(q->last, sizeof q->last, "(%s", at);
    /* Of a gate, not of a job. */
    if (job[0] == '\0')
        return;
    at[strcspn(at, "-")] = '\0';
    pen_line(&w->outcomes, "%" PRIu32 " %s %d %s %s %s\n",
             job_of_id(job, strlen(job)), attempt, pid_of_worker(worker), at,
             verdict, status);
    w->entries++;
    w->ends += strcmp(verdict, "retry") != 0;
}

static void read_outcomes(struct watch *w, struct watched_queue *q)
{
    size_t count;

    do {
        const char *argv[6] = {"XRANGE", q->keys.outcomes, q->last,
                               "+",      "COUNT",          "1000"};
        const struct reply *page = watch_ask(w, 6, argv);

        count = reply_count(page);
        for (size_t i = 0; i < count; i++)
            note_entry(w, q, reply_at(page, i));
    } while (count == PAGE);
}

static struct seen_reign *
find_reign(struct watch *w, const struct watched_queue *q, struct span epoch)
{
    for (size_t i = 0; i < w->reign_count; i++)
        if (w->reigns[i].queue == q && span_is(epoch, w->reigns[i].epoch))
            return &w->reigns[i];
    return NULL;
}

static void add_reign(struct watch *w, const struct watched_queue *q,
                      struct span epoch, struct span about)
{
    static const char field[] = "\"pid\":";
    struct seen_reign *r;
    const char *pid =
        about.len ? memmem(about.at, about.len, field, sizeof field - 1) : NULL;

    if (!pid || find_reign(w, q, epoch))
        return;
    if (w->reign_count == w->reign_room) {
        w->reign_room = w->reign_room ? 2 * w->reign_room : 64;
        w->reigns = realloc(w->reigns, w->reign_room * sizeof *w->reigns);
        ck_assert_ptr_nonnull(w->reigns);
    }
    r = &w->reigns[w->reign_count++];
    *r = (struct seen_reign){.queue = q, .pid = (int)strtol(pid + 6, NULL, 10)};
    if (!span_copy(epoch, r->epoch, sizeof r->epoch))
        ck_abort_msg("an epoch is too long");
}

static bool read_services(struct watch *w, const struct watched_queue *q)
{
    const char *argv[2] = {"HGETALL", q->keys.services};
    const struct reply *all = watch_ask(w, 2, argv);

    for (size_t i = 0; i + 1 < reply_count(all); i += 2)
        add_reign(w, q, reply_span(reply_at(all, i)),
                  reply_span(reply_at(all, i + 1)));
    return all != NULL;
}

static bool read_leases(struct watch *w, const struct watched_queue *q)
{
    const char *argv[5] = {"ZRANGE", q->keys.leases, "0", "-1", "WITHSCORES"};
    const struct reply *all = watch_ask(w, 5, argv);

    for (size_t i = 0; i + 1 < reply_count(all); i += 2) {
        struct seen_reign *r = find_reign(w, q, reply_span(reply_at(all, i)));

        if (r)
            r->seen = reply_number(reply_at(all, i + 1)) != 0;
    }
    return all != NULL;
}

/* False while Redis is away: then nothing is known. */
static bool read_reigns(struct watch *w)
{
    bool read = true;

    for (size_t n = 0; n < w->reign_count; n++)
        w->reigns[n].seen = false;
    for (size_t i = 0; read && i < w->queue_count; i++)
        read = read_services(w, &w->queues[i]) && read_leases(w, &w->queues[i]);
    return read;
}

/* The clock is read last: a lease that is over by then was over before. */
static void end_reigns(struct watch *w)
{
    const char *argv[1] = {"TIME"};
    const struct reply *time = watch_ask(w, 1, argv);
    int64_t now_ms = reply_number(reply_at(time, 0)) * 1000 +
                     reply_number(reply_at(time, 1)) / 1000;

    for (size_t n = 0; time && n < w->reign_count; n++)
        if (!w->reigns[n].seen && w->reigns[n].over_ms == 0)
            w->reigns[n].over_ms = now_ms;
}

void watch_poll(struct watch *w)
{
    for (size_t i = 0; i < w->queue_count; i++)
        read_outcomes(w, &w->queues[i]);
    if (read_reigns(w))
        end_reigns(w);
}

size_t watch_entries(const struct watch *w)
{
    return w->entries;
}

size_t watch_ends(const struct watch *w)
{
    return w->ends;
}

size_t watch_held(struct watch *w, pid_t pid)
{
    size_t held = 0;

    for (size_t i = 0; i < w->queue_count; i++)
        (void)read_services(w, &w->queues[i]);
    for (size_t n = 0; n < w->reign_count; n++) {
        char key[KEY_MAX];
        int64_t count;

        if ((pid && w->reigns[n].pid != pid) || w->reigns[n].over_ms)
            continue;
        keys_held(key, &w->reigns[n].queue->keys, w->reigns[n].epoch);
        count = watch_number(w, "HLEN", key, NULL);
        held += count > 0 ? (size_t)count : 0;
    }
    return held;
}

size_t watch_reigns(const struct watch *w)
{
    size_t count = 0;

    for (size_t n = 0; n < w->reign_count; n++)
        count += w->reigns[n].over_ms == 0;
    return count;
}

static bool reigns_over(const struct watch *w, pid_t pid,
                        const struct watched_queue *q)
{
    for (size_t n = 0; n < w->reign_count; n++)
        if (w->reigns[n].pid == pid && w->reigns[n].queue == q &&
            w->reigns[n].over_ms == 0)
            return true;
    return false;
}

size_t watch_realm(const struct watch *w, pid_t pid)
{
    size_t count = 0;

    for (size_t i = 0; i < w->queue_count; i++)
        count += reigns_over(w, pid, &w->queues[i]);
    return count;
}

int64_t watch_leases(struct watch *w)
{
    int64_t sum = 0;

    for (size_t i = 0; i < w->queue_count; i++) {
        int64_t count =
            watch_number(w, "ZCARD", w->queues[i].keys.leases, NULL);

        if (count < 0)
            return -1;
        sum += count;
    }
    return sum;
}

bool watch_knows(const struct watch *w, pid_t pid)
{
    for (size_t n = 0; n < w->reign_count; n++)
        if (w->reigns[n].pid == pid)
            return true;
    return false;
}

bool watch_is_deposed(struct watch *w, pid_t pid)
{
    bool found = false;

    for (size_t n = 0; n < w->reign_count; n++) {
        if (w->reigns[n].pid != pid)
            continue;
        if (w->reigns[n].over_ms == 0)
            return false;
        found = true;
    }
    return found;
}

int64_t watch_number(struct watch *w, const char *a, const char *b,
                     const char *c)
{
    const char *argv[3] = {a, b, c};
    const struct reply *reply = watch_ask(w, c ? 3 : 2, argv);

    return reply ? reply_number(reply) : -1;
}

/* In one step: a job on its way from key to key must not be missed. */
static int64_t open_jobs(struct watch *w, const struct watched_queue *q)
{
    static const char script[] =
        "local n = redis.call('LLEN', KEYS[1]) + "
        "redis.call('ZCARD', KEYS[2]) + redis.call('LLEN', KEYS[3]) "
        "for _, k in ipairs(redis.call('KEYS', KEYS[4] .. '*')) do "
        "n = n + redis.call('LLEN', k) end "
        "for _, k in ipairs(redis.call('KEYS', KEYS[5] .. '*')) do "
        "n = n + redis.call('HLEN', k) end return n";
    const struct queue_keys *k = &q->keys;
    const char *argv[8] = {"EVAL",   script,      "5",       k->jobs,
                           k->later, k->suspects, k->parked, k->held};
    const struct reply *reply = watch_ask(w, 8, argv);

    return reply ? reply_number(reply) : -1;
}

int64_t watch_open_jobs(struct watch *w)
{
    int64_t sum = 0;

    for (size_t i = 0; i < w->queue_count; i++) {
        int64_t count = open_jobs(w, &w->queues[i]);

        if (count < 0)
            return -1;
        sum += count;
    }
    return sum;
}

void watch_close(struct watch **ret)
{
    struct watch *w = *ret;
    struct pen pen;

    *ret = NULL;
    if (!w)
        return;
    pen_open(&pen, w->folder, "reigns");
    for (size_t n = 0; n < w->reign_count; n++)
        pen_line(&pen, "%" PRIu64 " %d %" PRId64 "\n",
                 epoch_of_text(w->reigns[n].epoch), w->reigns[n].pid,
                 w->reigns[n].over_ms);
    pen_close(&pen);
    pen_close(&w->outcomes);
    redis_sync_close(&w->link);
    free(w->reigns);
    free(w);
}

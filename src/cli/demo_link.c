#include "cli/demo_link.h"

#include "base/clock.h"

#include <stdio.h>

/* The default prefix and queue, which the demo's configuration leaves alone:
 * what a producer in any language would write. */
enum { REPLY_MS = 5000, READ_MAX = 500 };

static const char jobs_key[] = "extq:{default}:jobs";
static const char outcomes_key[] = "extq:{default}:outcomes";
static const char leases_key[] = "extq:{default}:leases";

struct demo_link demo_link_make(const char *socket)
{
    struct demo_link l = {.behind = "0"};

    (void)snprintf(l.address.socket, sizeof l.address.socket, "%s", socket);
    return l;
}

/* Connects when needed; the server comes and goes. */
static bool is_connected(struct demo_link *l)
{
    return l->redis || !redis_sync_open(&l->address, REPLY_MS, &l->redis, NULL);
}

/* After any failure the connection is not used again. */
static bool is_good(struct demo_link *l, enum err e, const struct reply *reply)
{
    if (!e && reply_fault(reply) == FAULT_NONE)
        return true;
    redis_sync_close(&l->redis);
    return false;
}

bool demo_link_is_served(struct demo_link *l)
{
    const struct reply *reply = NULL;
    enum err e;

    if (!is_connected(l))
        return false;
    e = redis_ask_words(l->redis, &reply, "ZCARD", leases_key, NULL);
    return is_good(l, e, reply) && reply_number(reply) > 0;
}

size_t demo_link_push(struct demo_link *l, struct demo_event *events,
                      size_t count)
{
    const char *argv[DEMO_PUSH_MAX + 2] = {"LPUSH", jobs_key};
    size_t lens[DEMO_PUSH_MAX + 2] = {5, sizeof jobs_key - 1};
    const struct reply *reply = NULL;
    int64_t now = clock_wall_ms();
    enum err e;

    if (count > DEMO_PUSH_MAX)
        count = DEMO_PUSH_MAX;
    if (count == 0 || !is_connected(l))
        return 0;
    for (size_t i = 0; i < count; i++) {
        argv[i + 2] = events[i].job;
        lens[i + 2] = events[i].job_len;
    }
    e = redis_ask(l->redis, (int)count + 2, argv, lens, &reply);
    if (!is_good(l, e, reply))
        return 0;
    /* The time before the push: the outcome may be there before the reply. */
    for (size_t i = 0; i < count; i++)
        events[i].pushed_ms = now;
    return count;
}

/* The reply to XREAD of one stream: [[key, [entry, ...]]], or nil. */
static void
hand_over(struct demo_link *l, const struct reply *reply,
          void (*show)(void *arg, const struct outcome_entry *entry), void *arg)
{
    const struct reply *entries;

    if (reply_count(reply) != 1 || reply_count(reply_at(reply, 0)) != 2)
        return;
    entries = reply_at(reply_at(reply, 0), 1);
    for (size_t i = 0; i < reply_count(entries); i++) {
        struct outcome_entry entry;

        if (!outcome_entry_read(reply_at(entries, i), &entry))
            continue;
        (void)span_copy(entry.stream_id, l->behind, sizeof l->behind);
        show(arg, &entry);
    }
}

void demo_link_read(struct demo_link *l,
                    void (*show)(void *arg, const struct outcome_entry *entry),
                    void *arg)
{
    const struct reply *reply = NULL;
    char count[16];
    enum err e;

    if (!is_connected(l))
        return;
    /* Not BLOCK: an idle Redis looks at such limits ten times a second only,
     * and the pushes would wait along. */
    (void)snprintf(count, sizeof count, "%d", READ_MAX);
    e = redis_ask_words(l->redis, &reply, "XREAD", "COUNT", count, "STREAMS",
                        outcomes_key, l->behind, NULL);
    /* After a broken connection reading goes on behind the last entry seen:
     * a stream forgets nothing that way. */
    if (is_good(l, e, reply))
        hand_over(l, reply, show, arg);
}

void demo_link_close(struct demo_link *l)
{
    redis_sync_close(&l->redis);
}

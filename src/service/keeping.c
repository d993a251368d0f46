#include "service/keeper_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/failpoint.h"
#include "link/library.h"
#include "link/redis.h"
#include "service/worker.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    TICK_MAX_MS = 1000,
    TICK_MIN_MS = 10,
    TRIM_MS = 10000,
};

static void say(enum log_level level, const struct keeping *q,
                const char *message, const char *why)
{
    log_at(level, message, LOG_TEXT("queue", q->queue->config->name),
           LOG_TEXT("epoch", q->epoch), LOG_TEXT("why", why));
}

/* Its number in the gates. */
static unsigned queue_of(const struct keeping *q)
{
    return (unsigned)(q->queue - q->keeper->shared->queues);
}

static void timer_fired(uv_timer_t *timer)
{
    keeping_go_on(timer->data);
}

static void go_on_in(struct keeping *q, int64_t wait_ms)
{
    check(uv_timer_start(&q->timer, timer_fired,
                         (uint64_t)(wait_ms > 0 ? wait_ms : 0), 0) == 0);
}

/* Redis refuses, or there is no memory for the question. */
static void go_on_later(struct keeping *q)
{
    struct patience *p = &q->keeper->patience;
    int64_t now = clock_mono_ms();

    patience_refused(p, &q->turn, now);
    go_on_in(q, patience_wait_ms(p, &q->turn, now));
}

void keeping_plan(struct keeping *q)
{
    int64_t wait = q->sweep.lease_ms / 4;
    int64_t due = atomic_load(&q->queue->due_ms) - clock_mono_ms();

    if (wait > TICK_MAX_MS)
        wait = TICK_MAX_MS;
    if (wait > due)
        wait = due > TICK_MIN_MS ? due : TICK_MIN_MS;
    go_on_in(q, wait);
}

static void lose(struct keeping *q, const char *why)
{
    say(LOG_WARN, q, "lease lost: jobs in flight belong to others now", why);
    q->epoch[0] = '\0';
    queue_set_lease(q->queue, "", 0);
    for (unsigned n = 0; n < atomic_load(&q->keeper->shared->worker_count); n++)
        worker_wake(q->keeper->shared->workers[n]);
}

static void note_refusal(struct keeping *q, const struct reply *reply,
                         bool giving_back)
{
    char why[512];

    if (!reply || q->refusal_told[giving_back] ||
        reply_fault(reply) == FAULT_LEASE)
        return;
    reply_explain(reply, why, sizeof why);
    say(LOG_WARN, q,
        giving_back ? "Redis refuses to take jobs back"
                    : "Redis refuses to grant the lease",
        why);
    q->refusal_told[giving_back] = true;
}

/* What every reply goes through first; true when it can be read: a list of at
 * least that many elements, or (least = 0) a number. Of any other shape it is
 * not the answer to what was asked, so the connection is given up. */
static bool replied(struct keeping *q, const struct reply *reply, size_t least)
{
    enum reply_kind kind = least > 0 ? REPLY_LIST : REPLY_NUMBER;
    bool again = q->missing;

    q->asked = q->missing = false;
    switch (reply ? reply_fault(reply) : FAULT_AWAY) {
    case FAULT_NONE:
        q->refusal_told[least == 0] = false;
        patience_answered(&q->keeper->patience, &q->turn);
        keeper_link_obeyed(q->link);
        if (reply_kind(reply) == kind && reply_count(reply) >= least)
            return true;
        redis_break(q->link->redis, "an answer to something else");
        return false;
    case FAULT_NO_FUNCTION:
        /* At once, behind the load; unless that did not help before. */
        redis_load_library(q->link->redis);
        if (again)
            go_on_later(q);
        else
            go_on_in(q, 0);
        q->missing = true;
        return false;
    default:
        note_refusal(q, reply, least == 0);
        go_on_later(q);
        return false;
    }
}

static void ask(struct keeping *q, redis_done *done, int argc,
                const char **argv)
{
    q->sent_ms = clock_boot_ms();
    q->asked = redis_send(q->link->redis, done, q,
                          &(struct redis_words){argc, argv, NULL}) == ERR_OK;
    if (!q->asked)
        go_on_later(q);
    redis_flush(q->link->redis);
}

static void joined(void *arg, const struct reply *reply)
{
    struct keeping *q = arg;
    struct span epoch;

    if (!replied(q, reply, 2))
        return;
    failpoint("joined", NULL);
    epoch = reply_span(reply_at(reply, 0));
    if (!span_copy(epoch, q->epoch, sizeof q->epoch)) {
        go_on_later(q);
        return;
    }
    q->server_ms = reply_number(reply_at(reply, 1));
    queue_set_lease(q->queue, q->epoch, q->sent_ms + q->sweep.lease_ms);
    atomic_store(&q->queue->waiting, true);
    gates_reset(q->keeper->shared->gates, queue_of(q));
    shared_wake_worker(q->keeper->shared);
    say(LOG_INFO, q, "lease taken", "joined the queue");
    /* At once: how many services share the limits is not known yet. */
    go_on_in(q, 0);
}

static void note_gates(struct keeping *q, const struct reply *reply)
{
    struct gates *g = q->keeper->shared->gates;

    gates_see(g, queue_of(q), reply_number(reply_at(reply, 6)));
    gates_share(g, queue_of(q), (uint32_t)reply_number(reply_at(reply, 7)),
                (uint32_t)reply_number(reply_at(reply, 8)), clock_mono_us());
    if (gates_has_news(g, queue_of(q)))
        shared_wake_worker(q->keeper->shared);
}

static void join(struct keeping *q)
{
    const struct queue_keys *k = &q->queue->keys;
    char lease[24];
    const char *argv[10] = {"FCALL",   library_join,    "5",      k->meta,
                            k->leases, k->services,     k->alone, k->parked,
                            lease,     q->keeper->about};

    snprintf(lease, sizeof lease, "%" PRId64, q->sweep.lease_ms);
    ask(q, joined, 10, argv);
}

/* Somebody died, or stood still for longer than a lease. */
static void keep_ended(struct keeping *q, const struct reply *reply)
{
    q->ended_count = 0;
    for (size_t i = 9; i < reply_count(reply); i++) {
        char *epoch = q->ended[q->ended_count];

        if (q->ended_count == ENDED_MAX ||
            !span_copy(reply_span(reply_at(reply, i)), epoch, EPOCH_MAX))
            continue;
        log_warn("a service's lease ran out: its jobs go back to the queue",
                 LOG_TEXT("queue", q->queue->config->name),
                 LOG_TEXT("epoch", epoch));
        q->ended_count++;
    }
}

static void ticked(void *arg, const struct reply *reply)
{
    struct keeping *q = arg;
    int64_t now, next_due;

    if (!replied(q, reply, 2))
        return;
    failpoint("renewed", NULL);
    if (reply_number(reply_at(reply, 0)) != 1) {
        lose(q, "Redis says that it was taken");
        go_on_in(q, 0);
        return;
    }
    now = clock_mono_ms();
    queue_renew_lease(q->queue, q->sent_ms + q->sweep.lease_ms);
    q->server_ms = reply_number(reply_at(reply, 1));
    sweep_read_clock(&q->sweep, now, q->server_ms);
    next_due = reply_number(reply_at(reply, 4));
    if (next_due > q->server_ms)
        queue_note_due(q->queue, now + next_due - q->server_ms);
    if (reply_number(reply_at(reply, 2)) + reply_number(reply_at(reply, 3))) {
        atomic_store(&q->queue->waiting, true);
        shared_wake_worker(q->keeper->shared);
    }
    if (reply_number(reply_at(reply, 5)))
        shared_isolate(q->keeper->shared, q->queue);
    note_gates(q, reply);
    keep_ended(q, reply);
    if (q->ended_count)
        keeping_go_on(q);
    else
        keeping_plan(q);
}

/* The oldest dead job that is kept, by its id; now and then, otherwise "". */
static void write_oldest(struct keeping *q, int64_t now, char dst[32])
{
    int64_t oldest = q->server_ms - q->keeper->config->dead_age_ms;

    dst[0] = '\0';
    if (q->server_ms == 0 || now < q->trim_ms)
        return;
    q->trim_ms = now + TRIM_MS;
    snprintf(dst, 32, "%" PRId64, oldest > 0 ? oldest : 0);
}

static void tick(struct keeping *q)
{
    const struct queue_keys *k = &q->queue->keys;
    char lease[24], oldest[32];
    int64_t now = clock_mono_ms();
    const char *argv[18] = {
        "FCALL",     library_tick,
        "10",        k->leases,
        k->later,    k->jobs,
        k->dead,     k->meta,
        k->suspects, k->alone,
        k->gates,    k->changes,
        k->parked,   q->epoch,
        lease,       sweep_allowed(&q->sweep, now) ? "1" : "0",
        oldest,      shared_may_isolate(q->keeper->shared) ? "1" : "0",
    };

    /* What comes due from here on is noted anew by workers, or told by the
     * reply. */
    atomic_store(&q->queue->due_ms, INT64_MAX);
    snprintf(lease, sizeof lease, "%" PRId64, q->sweep.lease_ms);
    write_oldest(q, now, oldest);
    q->ticked_ms = clock_boot_ms();
    ask(q, ticked, 18, argv);
}

static void released(void *arg, const struct reply *reply)
{
    struct keeping *q = arg;

    if (!replied(q, reply, 0))
        return;
    failpoint(q->mine ? "leaving" : "reclaiming", NULL);
    if (reply_number(reply) == 0) {
        if (q->mine)
            q->left = true;
        else
            q->ended_count--;
    }
    atomic_store(&q->queue->waiting, true);
    shared_wake_worker(q->keeper->shared);
    keeping_go_on(q);
}

static void release(struct keeping *q, const char *epoch, const char *mine)
{
    const struct queue_keys *k = &q->queue->keys;
    char held[KEY_MAX];
    const char *argv[11] = {"FCALL",  library_release, "5",         held,
                            k->later, k->leases,       k->services, k->parked,
                            epoch,    "500",           mine};

    keys_held(held, k, epoch);
    q->mine = mine[0] == '1';
    ask(q, released, 11, argv);
}

/* Giving back may take long, or be refused: our own lease goes first. */
static bool may_release(const struct keeping *q)
{
    return q->ended_count > 0 &&
           clock_boot_ms() < q->ticked_ms + q->sweep.lease_ms / 4;
}

void keeping_go_on(struct keeping *q)
{
    bool leaving = atomic_load(&q->keeper->leaving);

    if (q->asked || q->left || !redis_is_up(q->link->redis))
        return;
    if (leaving && !q->epoch[0])
        q->left = true;
    else if (leaving)
        release(q, q->epoch, "1");
    else if (!q->epoch[0])
        join(q);
    else if (may_release(q))
        release(q, q->ended[q->ended_count - 1], "0");
    else
        tick(q);
}

void keeping_leave(struct keeping *q, int64_t within_ms)
{
    go_on_in(q, within_ms + 1);
    keeping_go_on(q);
}

void keeping_up(struct keeping *q, int64_t uptime_ms)
{
    sweep_connected(&q->sweep, clock_mono_ms(), uptime_ms);
    keeping_go_on(q);
}

void keeping_down(struct keeping *q)
{
    q->asked = false;
    q->ended_count = 0;
    uv_timer_stop(&q->timer);
}

#include "link/redis_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/rand.h"
#include "link/redis_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void redis_unref(struct redis *r)
{
    struct call *c;

    if (--r->refs > 0)
        return;
    while ((c = STAILQ_FIRST(&r->spare))) {
        STAILQ_REMOVE_HEAD(&r->spare, next);
        free(c);
    }
    free(r);
}

static void timer_fired(uv_timer_t *timer);

/* One timer for everything, armed for the nearest deadline. */
void redis_arm(struct redis *r, int64_t wait_ms)
{
    if (wait_ms < 0)
        wait_ms = 0;
    r->alarm_ms = clock_mono_ms() + wait_ms;
    check(uv_timer_start(&r->timer, timer_fired, (uint64_t)wait_ms, 0) == 0);
}

/* Breaks it from the timer: whoever calls this is in no place where calls may
 * be ended. */
static void doom(struct redis *r, const char *why)
{
    r->doom = why;
    redis_arm(r, 0);
}

/* A reply's time begins when it is its turn; and anew when it was us who were
 * held up, for then it may be there already. */
static void judge_oldest(struct redis *r, const struct call *oldest)
{
    int64_t now = clock_mono_ms(), due;

    if (now - r->alarm_ms > r->options.reply_ms / 4)
        r->turn_ms = r->heard_ms = now;
    due = redis_reader_due_ms(&r->wire->reader,
                              oldest->sent_ms > r->turn_ms ? oldest->sent_ms
                                                           : r->turn_ms,
                              r->heard_ms, r->options.reply_ms);
    if (now >= due)
        redis_break(r, "no reply in time");
    else
        redis_arm(r, due - now);
}

static void timer_fired(uv_timer_t *timer)
{
    struct redis *r = timer->data;
    const struct call *oldest = STAILQ_FIRST(&r->calls);
    int64_t now = clock_mono_ms();

    if (!r->wire) {
        wire_connect(r);
    } else if (r->doom) {
        redis_break(r, r->doom);
    } else if (!r->up) {
        if (now >= r->connect_due_ms)
            redis_break(r, "connecting took too long");
        else
            redis_arm(r, r->connect_due_ms - now);
    } else if (oldest) {
        judge_oldest(r, oldest);
    }
}

static void back_off(struct redis *r)
{
    int64_t wait = r->retry_ms / 2 +
                   (int64_t)(rand_u32(&r->dice) % (uint32_t)(r->retry_ms / 2));

    r->retry_ms *= 2;
    if (r->retry_ms > BACKOFF_MAX_MS)
        r->retry_ms = BACKOFF_MAX_MS;
    redis_arm(r, wait);
}

void redis_lost(struct redis *r, const char *why)
{
    bool was_up = r->proven;
    bool cluster = r->options.address->cluster;

    /* What accepts connections and soon drops them, or talks nonsense, is not
     * to be asked at full speed. */
    if (was_up && clock_mono_ms() - r->up_ms >= STEADY_MS)
        r->retry_ms = BACKOFF_MIN_MS;
    r->turn += !was_up || cluster; /* another node may know better */
    r->wire = NULL;
    r->up = r->proven = r->dirty = r->loading = false;
    r->doom = NULL;
    if (r->closed)
        return;
    back_off(r);
    if ((was_up || !r->told_down) && r->options.down) {
        r->told_down = true;
        r->options.down(r->options.owner, r, why);
    }
}

/* hiredis knows neither what was wrong with a certificate nor why it was
 * refused memory. */
static void explain(const struct wire *w, const char *said, struct why *ret)
{
    const char *complaint = w->tls ? redis_tls_complaint(w->tls) : NULL;

    if (complaint)
        (void)why_set(ret, ERR_REDIS, "its certificate: %s", complaint);
    else if (w->reader.why)
        (void)why_set(ret, ERR_REDIS, "%s", w->reader.why);
    else
        (void)why_set(ret, ERR_REDIS, "%s",
                      said && *said ? said : "connection lost");
}

void redis_disconnected(const redisAsyncContext *ac, int status)
{
    struct wire *w = ac->data;
    struct why why;

    explain(w, status == REDIS_OK ? "closed" : ac->errstr, &why);
    if (w->owner->wire == w)
        redis_lost(w->owner, why.text);
}

/* Where the address leads to another server by now, only a new connection finds
 * it: this one would be refused for good. Sentinels are asked at once. */
static void judge_role(struct redis *r, const struct reply *reply)
{
    int64_t now = clock_mono_ms();

    if (reply_is_moved(reply) && r->options.address->cluster && r->up &&
        !r->doom)
        doom(r, "its slot is with another node now");
    if (!reply_is_of_replica(reply))
        return;
    if (r->leave_ms == 0 && !r->options.address->primary[0])
        r->leave_ms = now + REPLICA_MS + rand_u32(&r->dice) % (REPLICA_MS / 2);
    else if (now >= r->leave_ms && r->up && !r->doom)
        doom(r, "it is a replica, is there another primary?");
}

static void call_over(redisAsyncContext *ac, void *reply, void *arg)
{
    struct call *c = arg;
    struct redis *r = c->owner;

    (void)ac;
    r->turn_ms = clock_mono_ms();
    if (reply && r->wire)
        redis_reader_next(&r->wire->reader);
    STAILQ_REMOVE(&r->calls, c, call, next);
    judge_role(r, reply);
    if (c->done)
        c->done(c->arg, reply);
    STAILQ_INSERT_HEAD(&r->spare, c, next);
}

void redis_proved(struct redis *r)
{
    r->proven = true;
    r->up_ms = clock_mono_ms();
    r->told_down = false;
    if (r->options.up)
        r->options.up(r->options.owner, r);
}

static void greet(struct redis *r)
{
    bool proves = false;
    enum err e = redis_greet(r, &proves);

    if (e == ERR_IO)
        doom(r, "redis.password_file cannot be read, or holds no password");
    else if (e)
        doom(r, "out of memory");
    else if (!proves)
        redis_proved(r);
}

void redis_connected(const redisAsyncContext *ac, int status)
{
    struct wire *w = ac->data;
    struct redis *r = w->owner;

    if (r->wire != w)
        return;
    if (status != REDIS_OK) {
        redis_lost(r, ac->errstr && *ac->errstr ? ac->errstr : "refused");
        return;
    }
    wire_set_socket_options(ac->c.fd);
    uv_timer_stop(&r->timer);
    r->leave_ms = 0;
    r->up = r->greeting = true;
    greet(r);
    r->greeting = false;
}

enum err redis_open(uv_loop_t *loop, const struct redis_options *options,
                    struct redis **ret)
{
    struct redis *r = calloc(1, sizeof *r);

    if (!r)
        return ERR_MEMORY;
    if (uv_timer_init(loop, &r->timer) != 0) {
        free(r);
        return ERR_IO;
    }
    r->timer.data = r;
    r->loop = loop;
    r->options = *options;
    r->range = (struct redis_range){1, 0};
    r->retry_ms = BACKOFF_MIN_MS;
    r->dice = rand_seed();
    r->refs = 1;
    STAILQ_INIT(&r->calls);
    STAILQ_INIT(&r->spare);
    *ret = r;
    wire_connect(r);
    return ERR_OK;
}

bool redis_is_up(const struct redis *r)
{
    return r->proven;
}

struct redis_range redis_range(const struct redis *r)
{
    return r->range;
}

static bool takes_commands(const struct redis *r)
{
    return (r->proven || r->greeting) && !r->doom;
}

static enum err call_take(struct redis *r, redis_done *done, void *arg,
                          struct call **ret)
{
    struct call *c = STAILQ_FIRST(&r->spare);

    if (!takes_commands(r))
        return ERR_REDIS;
    if (c)
        STAILQ_REMOVE_HEAD(&r->spare, next);
    else if (!(c = malloc(sizeof *c)))
        return ERR_MEMORY;
    *c = (struct call){.owner = r, .done = done, .arg = arg};
    c->sent_ms = clock_mono_ms();
    *ret = c;
    return ERR_OK;
}

/* Lists the call when hiredis took its command, otherwise takes it back. What
 * hiredis had no memory for it may send all the same, and forget who asked:
 * such a connection has to end. */
static enum err call_taken(struct redis *r, struct call *c, int status)
{
    const redisAsyncContext *ac = r->wire->ac;
    bool listed = status == REDIS_OK && ac->replies.tail &&
                  ac->replies.tail->privdata == c;

    if (ac->c.err || (status == REDIS_OK && !listed))
        doom(r, "out of memory");
    if (!listed) {
        STAILQ_INSERT_HEAD(&r->spare, c, next);
        return r->doom ? ERR_MEMORY : ERR_REDIS;
    }
    STAILQ_INSERT_TAIL(&r->calls, c, next);
    if (!uv_is_active((uv_handle_t *)&r->timer))
        redis_arm(r, r->options.reply_ms);
    return ERR_OK;
}

enum err redis_send_blocking(struct redis *r, redis_done *done, void *arg,
                             const struct redis_words *words, int64_t blocks_ms)
{
    struct call *c;
    enum err e = call_take(r, done, arg, &c);

    if (e)
        return e;
    c->sent_ms += blocks_ms;
    return call_taken(r, c,
                      redisAsyncCommandArgv(r->wire->ac, call_over, c,
                                            words->count, words->at,
                                            words->lens));
}

enum err redis_send(struct redis *r, redis_done *done, void *arg,
                    const struct redis_words *words)
{
    return redis_send_blocking(r, done, arg, words, 0);
}

enum err redis_send_resp(struct redis *r, redis_done *done, void *arg,
                         struct span command)
{
    struct call *c;
    enum err e = call_take(r, done, arg, &c);

    if (e)
        return e;
    return call_taken(r, c,
                      redisAsyncFormattedCommand(r->wire->ac, call_over, c,
                                                 command.at, command.len));
}

void redis_flush(struct redis *r)
{
    if (!r->dirty || !r->wire || r->doom)
        return;
    r->dirty = false;
    /* hiredis forbids to send from inside its callbacks: the loop does. */
    if (r->greeting || r->wire->ac->c.flags & REDIS_IN_CALLBACK) {
        wire_want_write(r->wire);
        return;
    }
    redisAsyncHandleWrite(r->wire->ac);
    /* What did not fit into the socket is left to the loop. */
    if (r->wire && r->dirty) {
        r->dirty = false;
        wire_want_write(r->wire);
    }
}

void redis_break(struct redis *r, const char *why)
{
    struct wire *w = r->wire;

    if (!w)
        return;
    if (r->greeting && !r->closed) {
        doom(r, why);
        return;
    }
    redis_lost(r, why);
    if (w->ac)
        redisAsyncFree(w->ac);
}

static void timer_closed(uv_handle_t *handle)
{
    redis_unref(handle->data);
}

void redis_close(struct redis **ret)
{
    struct redis *r = *ret;

    *ret = NULL;
    if (!r)
        return;
    r->closed = true;
    lookup_drop(&r->lookup);
    redis_break(r, "closed");
    uv_close((uv_handle_t *)&r->timer, timer_closed);
}

#include "stages/record_batch.h"

#include "base/clean.h"
#include "link/resp.h"

#include <stdlib.h>

enum { ARENA_MAX = 8 << 20, ARENA_KEEP = 256 << 10 };
enum { DETAIL_MAX = 256, BODY_MAX = 4096 };

/* Appends words until one of them fails; the caller looks once at the end. */
struct writer {
    struct batch *batch;
    enum err e;
};

static void put(struct writer *w, struct span text)
{
    if (!w->e)
        w->e = resp_word(&w->batch->arena, text);
    w->batch->word_count++;
}

static void put_text(struct writer *w, const char *text)
{
    put(w, span_of(text));
}

static void put_number(struct writer *w, int64_t n)
{
    if (!w->e)
        w->e = resp_number(&w->batch->arena, n);
    w->batch->word_count++;
}

static void pair(struct writer *w, const char *name, const char *value)
{
    put_text(w, name);
    put_text(w, value);
}

static void pair_number(struct writer *w, const char *name, int64_t value)
{
    put_text(w, name);
    put_number(w, value);
}

static void pair_clean(struct writer *w, const char *name, struct span value,
                       size_t max)
{
    char text[BODY_MAX];
    size_t len =
        clean_text(value, text, max < sizeof text ? max + 1 : sizeof text);

    put_text(w, name);
    put(w, (struct span){text, len});
}

/* The phases of a call, where it had them. */
static void pair_phase(struct writer *w, const char *name, int64_t us)
{
    if (us > 0)
        pair_number(w, name, (us + 500) / 1000);
}

static const char *detail(const struct record_entry *e)
{
    if (e->detail)
        return e->detail;
    if (e->attempt && e->attempt->error[0])
        return e->attempt->error;
    return e->outcome->class == CLASS_OK ? "" : e->outcome->reason;
}

/* The twelve pairs that every entry has, in the order that finish.lua knows. */
static void put_core(struct writer *w, const struct record_entry *e,
                     const char *worker)
{
    const struct attempt *a = e->attempt;

    pair(w, "id", e->job->id);
    pair(w, "container", e->job->container);
    pair(w, "point", e->job->point);
    pair_number(w, "attempt", e->attempts);
    pair(w, "verdict", verdict_text(e->outcome->verdict));
    pair(w, "class", class_text(e->outcome->class));
    pair_number(w, "status", a ? a->status : 0);
    pair_number(w, "ms", a ? (a->total_us + 500) / 1000 : 0);
    pair_clean(w, "error", span_of(detail(e)), DETAIL_MAX);
    pair_number(w, "at", e->at_ms);
    pair(w, "next_at", e->outcome->verdict == VERDICT_RETRY ? "+" : "");
    pair(w, "worker", worker);
}

static void put_phases(struct writer *w, const struct record_entry *e,
                       size_t body_keep)
{
    const struct attempt *a = e->attempt;

    if (a) {
        pair_phase(w, "dns_ms", a->dns_us);
        pair_phase(w, "connect_ms", a->connect_us);
        pair_phase(w, "tls_ms", a->tls_us);
        pair_phase(w, "ttfb_ms", a->ttfb_us);
    }
    pair_number(w, "queue_ms", e->queue_ms);
    if (a && a->headers[0] && body_keep > 0)
        pair(w, "headers", a->headers);
    if (a && a->body.len > 0 && body_keep > 0)
        pair_clean(w, "body", a->body, body_keep);
}

static void put_outcome(struct writer *w, const struct record_entry *e,
                        const struct recorder_options *options)
{
    struct batch *b = w->batch;
    size_t words = b->word_count, place;

    /* Two digits for the number of words, known afterwards; "00\r\n" are the
     * last bytes now. */
    put_text(w, "00");
    place = b->arena.len - 4;
    put_core(w, e, options->worker);
    put_phases(w, e, options->body_keep);
    if (w->e)
        return;
    words = b->word_count - words - 1;
    b->arena.at[place] = (char)('0' + words / 10);
    b->arena.at[place + 1] = (char)('0' + words % 10);
}

static size_t moved_by(const struct record_entry *e)
{
    return e->move == MOVE_DONE ? 0 : e->bytes;
}

bool batch_has_room(const struct batch *b, const struct record_entry *e)
{
    return b->job_count == 0 ||
           (b->job_count < BATCH_JOBS &&
            b->arena.len + b->moved + moved_by(e) <= BATCH_BYTES);
}

enum err batch_add(struct batch *b, const struct record_entry *e,
                   const struct recorder_options *options)
{
    static const char *const moves[] = {
        [MOVE_DONE] = "done",
        [MOVE_LATER] = "later",
        [MOVE_DEAD] = "dead",
        [MOVE_PARK] = "park",
    };
    struct writer w = {.batch = b};
    size_t words = b->word_count, bytes = b->arena.len;

    put(&w, e->field);
    put_text(&w, moves[e->move]);
    if (e->move == MOVE_PARK)
        put_text(&w, e->gate);
    else
        put_number(&w, e->delay_ms);
    put(&w, e->header);
    if (e->outcome)
        put_outcome(&w, e, options);
    else
        put_text(&w, "0");
    if (w.e) {
        b->word_count = words;
        buf_cut(&b->arena, bytes);
        return ERR_MEMORY;
    }
    b->jobs[b->job_count++] = e->arg;
    b->moved += moved_by(e);
    return ERR_OK;
}

struct batch *batch_make(struct recorder *owner)
{
    struct batch *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->owner = owner;
    b->arena = buf_make(ARENA_MAX);
    return b;
}

void batch_reset(struct batch *b)
{
    if (b->arena.cap > ARENA_KEEP)
        buf_clear(&b->arena);
    buf_reset(&b->arena);
    b->word_count = b->job_count = b->moved = 0;
    b->wait_until_ms = 0;
    b->sent = b->missing = false;
}

void batch_free(struct batch *b)
{
    buf_clear(&b->arena);
    free(b);
}

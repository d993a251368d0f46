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

static void put_clean(struct writer *w, struct span value, size_t max)
{
    char text[BODY_MAX];
    size_t len =
        clean_text(value, text, max < sizeof text ? max + 1 : sizeof text);

    put(w, (struct span){text, len});
}

static int64_t rounded_ms(int64_t us)
{
    return (us + 500) / 1000;
}

static const char *detail(const struct record_entry *e)
{
    if (e->detail)
        return e->detail;
    if (e->attempt && e->attempt->error[0])
        return e->attempt->error;
    return e->outcome->class == CLASS_OK ? "" : e->outcome->reason;
}

/* What finish.lua calls '+': most jobs, of which these words say nothing. */
static bool is_plain(const struct record_entry *e)
{
    return e->outcome->verdict == VERDICT_DELIVERED &&
           e->outcome->class == CLASS_OK && !*detail(e);
}

/* The phases of a call, where it had them, and what it answered: each with its
 * letter in the entry's kind. */
enum { PHASES = 4, LETTERS = PHASES + 2 };

struct extras {
    char letters[LETTERS + 1];
    int64_t phases_us[PHASES]; /* those that it had */
    size_t phase_count;
    bool headers, body;
};

static void find_extras(struct extras *x, const struct attempt *a,
                        size_t body_keep)
{
    const int64_t us[PHASES] = {a->dns_us, a->connect_us, a->tls_us,
                                a->ttfb_us};
    char *letter = x->letters;

    for (size_t i = 0; i < PHASES; i++) {
        if (us[i] > 0) {
            *letter++ = "dctf"[i];
            x->phases_us[x->phase_count++] = us[i];
        }
    }
    x->headers = a->headers[0] && body_keep > 0;
    x->body = a->body.len > 0 && body_keep > 0;
    if (x->headers)
        *letter++ = 'h';
    if (x->body)
        *letter = 'b';
}

/* What every entry has, in the order of the stream. */
static void put_core(struct writer *w, const struct record_entry *e)
{
    const struct attempt *a = e->attempt;
    bool plain = is_plain(e);

    put_text(w, e->job->id);
    put_text(w, e->job->container);
    put_text(w, e->job->point);
    put_number(w, e->attempts);
    if (!plain) {
        put_text(w, verdict_text(e->outcome->verdict));
        put_text(w, class_text(e->outcome->class));
    }
    put_number(w, a ? a->status : 0);
    put_number(w, a ? rounded_ms(a->total_us) : 0);
    if (!plain)
        put_clean(w, span_of(detail(e)), DETAIL_MAX);
    put_number(w, e->at_ms);
    if (!plain)
        put_text(w, e->outcome->verdict == VERDICT_RETRY ? "+" : "");
}

static void put_outcome(struct writer *w, const struct record_entry *e,
                        const struct extras *x, size_t body_keep)
{
    const struct attempt *a = e->attempt;

    put_core(w, e);
    for (size_t i = 0; i < x->phase_count; i++)
        put_number(w, rounded_ms(x->phases_us[i]));
    put_number(w, e->queue_ms);
    if (a && x->headers)
        put_text(w, a->headers);
    if (a && x->body)
        put_clean(w, a->body, body_keep);
}

/* "done:+f": the move, and which values follow; without an outcome the move
 * alone. */
static void put_kind(struct writer *w, const struct record_entry *e,
                     const struct extras *x)
{
    static const char *const moves[] = {
        [MOVE_DONE] = "done",
        [MOVE_LATER] = "later",
        [MOVE_DEAD] = "dead",
        [MOVE_PARK] = "park",
    };
    char kind[24];

    if (e->outcome)
        (void)span_join(kind, sizeof kind,
                        (const char *const[]){moves[e->move], ":",
                                              is_plain(e) ? "+" : "",
                                              x->letters, NULL});
    put_text(w, e->outcome ? kind : moves[e->move]);
}

static void put_entry(struct writer *w, const struct record_entry *e,
                      size_t body_keep)
{
    struct extras x = {.letters = ""};

    if (e->outcome && e->attempt)
        find_extras(&x, e->attempt, body_keep);
    put(w, e->field);
    put_kind(w, e, &x);
    if (e->move == MOVE_PARK)
        put_text(w, e->gate);
    else if (e->move != MOVE_DONE)
        put_number(w, e->delay_ms);
    if (e->move != MOVE_DONE)
        put(w, e->header);
    if (e->outcome)
        put_outcome(w, e, &x, body_keep);
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
                   size_t body_keep)
{
    struct writer w = {.batch = b};
    size_t words = b->word_count, bytes = b->arena.len;

    put_entry(&w, e, body_keep);
    if (w.e) {
        b->word_count = words;
        buf_cut(&b->arena, bytes);
        return ERR_MEMORY;
    }
    b->jobs[b->job_count++] = e->arg;
    b->moves = b->moves || e->move != MOVE_DONE;
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
    b->turn = (struct patience_turn){0};
    b->again = b->sent = b->missing = b->moves = false;
}

void batch_free(struct batch *b)
{
    buf_clear(&b->arena);
    free(b);
}

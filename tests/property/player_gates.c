/* How claims end, and what gates do to jobs. */
#include "property/player.h"

#include "link/library.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENDINGS_MAX = 3 };

void play_finish(struct play *p, struct words *w);
void play_unpark(struct play *p, struct words *w);
void play_order(struct play *p, struct words *w);

static void add_all(struct words *w, const char *const *words)
{
    for (; *words; words++)
        words_add(w, *words);
}

#define ADD(w, ...) add_all((w), (const char *const[]){__VA_ARGS__, NULL})

/* A job that the epoch holds, or, rarely, does not. */
static void some_job(struct play *p, const char *epoch, struct ending *e)
{
    const struct rows *jobs = model_held(&p->model, epoch);
    char record[ROW_TEXT] = "7-7 1 1 0 5 -";
    unsigned at = play_roll(p, (unsigned)jobs->count + 1 + !jobs->count);

    (void)snprintf(e->field, sizeof e->field, "a:7-7");
    if (at < jobs->count) {
        memcpy(e->field, jobs->at[at].key, sizeof e->field);
        model_held_record(record, &jobs->at[at]);
    }
    (void)snprintf(e->header, sizeof e->header, "%.*s %u %u 0 %u -\n",
                   (int)strcspn(record, " "), record, play_roll(p, 4),
                   play_roll(p, 3), 5 + play_roll(p, 9));
}

static void some_ending(struct play *p, const char *epoch, struct ending *e)
{
    static const char *const kinds[] = {
        "done:+", "done:+d", "done:", "done", "later:", "later", "later:db",
        "dead:",  "dead:b",  "dead",  "park", "park",   "park"};
    unsigned dice = play_roll(p, UINT32_MAX);

    e->kind = kinds[dice % (sizeof kinds / sizeof *kinds)];
    e->delay_ms = dice / 16 % 9000;
    e->gate = dice / 64 % PLACES;
    e->verdict = strncmp(e->kind, "later", 5) == 0  ? "retry"
                 : strncmp(e->kind, "dead", 4) == 0 ? "dead"
                                                    : "expired";
    some_job(p, epoch, e);
}

/* The values in the order of the entry; model_end.c has the same ones. */
static void add_outcome(struct words *w, const struct ending *e)
{
    const char *letters = strchr(e->kind, ':');

    if (!letters)
        return;
    ADD(w, "i", "acme", "on-lead", "1");
    if (!strchr(letters, '+'))
        ADD(w, e->verdict, "timeout");
    ADD(w, "200", "7");
    if (!strchr(letters, '+'))
        ADD(w, "late");
    words_add(w, "5");
    if (!strchr(letters, '+'))
        words_add(w, strncmp(e->kind, "later", 5) == 0 ? "+" : "");
    if (strchr(letters, 'd'))
        words_add(w, "3");
    words_add(w, "0");
    if (strchr(letters, 'b'))
        words_add(w, "no");
}

static void add_ending(struct words *w, const struct ending *e)
{
    ADD(w, e->field, e->kind);
    if (strcmp(e->kind, "park") == 0)
        words_add(w, model_gate(e->gate));
    else if (strncmp(e->kind, "done", 4) != 0)
        words_number(w, e->delay_ms);
    if (strncmp(e->kind, "done", 4) != 0)
        words_add(w, e->header);
    add_outcome(w, e);
}

static const char *epoch_of_play(struct play *p)
{
    unsigned most = p->joined < ACTORS ? p->joined : ACTORS;

    return most ? p->epochs[play_roll(p, most)] : "9-9";
}

static void call(struct words *w, const char *function, int count)
{
    ADD(w, "FCALL", function);
    words_number(w, count);
}

void play_finish(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = epoch_of_play(p);
    struct ending endings[ENDINGS_MAX];
    size_t count = 1 + play_roll(p, 4) / 3;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    call(w, library_finish, 9);
    ADD(w, held, k->later, k->dead, k->outcomes, k->leases, k->meta, k->gates,
        k->changes, k->parked, epoch, "1000000");
    words_number(w, DEAD_MAX);
    ADD(w, "w", "moves");
    play_say(p, "finish: %s", epoch);
    for (size_t i = 0; i < count; i++) {
        some_ending(p, epoch, &endings[i]);
        add_ending(w, &endings[i]);
        play_say(p, ", %s %s", endings[i].field, endings[i].kind);
    }
    model_finish(&p->model, epoch, endings, count);
}

void play_unpark(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = epoch_of_play(p);
    struct actor a = {epoch, "a", "0"};
    struct unparking what[2];
    size_t count = 1 + play_roll(p, 2);
    char held[KEY_MAX], field[ROW_KEY];
    const char *generation;

    (void)snprintf(field, sizeof field, "%s:a:recovered", epoch);
    generation = rows_get(&p->model.services, field);
    a.generation = generation ? generation : "0";
    keys_held(held, k, epoch);
    call(w, library_unpark, 8);
    ADD(w, held, k->parked, k->gates, k->changes, k->leases, k->services,
        k->suspects, k->later, epoch, a.tag, a.generation);
    words_number(w, HOLD_MS);
    words_number(w, ALONE_FROM);
    play_say(p, "unpark: %s", epoch);
    for (size_t i = 0; i < count; i++) {
        what[i] = (struct unparking){play_roll(p, PLACES), 1 + play_roll(p, 4)};
        words_add(w, model_gate(what[i].gate));
        words_number(w, what[i].count);
        play_say(p, ", %u of %s", what[i].count, model_gate(what[i].gate));
    }
    model_unpark(&p->model, &a, what, count);
}

/* The end of what the gate waits for, as somebody knows it; rarely it is
 * another one by now. */
static int64_t some_probe(struct play *p, unsigned gate)
{
    const char *state = rows_get(&p->model.gates, model_gate(gate));
    long long until = 0;

    if (state && play_roll(p, 2))
        (void)sscanf(state, "%*s %*d %lld", &until);
    return until + (until > 0 && play_roll(p, 4) == 0);
}

void play_order(struct play *p, struct words *w)
{
    static const char *const kinds[] = {"circuit", "wait", "gone", "paused"};
    static const int64_t waits[] = {-1, 0, 1000, 4000, 20000};
    const struct queue_keys *k = &p->real->keys;
    struct gate_order o = {.gate = play_roll(p, GATES)};

    /* A queue that is paused for long shows little. */
    o.opens = play_roll(p, 3) <= (o.gate == QUEUE_GATE);
    o.kind = kinds[play_roll(p, 4)];
    if (o.opens && play_roll(p, 2))
        o.kind = "";
    if (!o.opens) {
        o.wait_ms = waits[play_roll(p, 5)];
        o.step = play_roll(p, 3);
    }
    o.probe_ms = some_probe(p, o.gate);
    call(w, library_gate, 4);
    ADD(w, k->gates, k->changes, k->parked, k->outcomes, "1000000",
        o.opens ? "open" : "shut", model_gate(o.gate), o.kind);
    words_number(w, o.wait_ms);
    words_number(w, o.step);
    ADD(w, o.opens ? "-" : "m", "so");
    words_number(w, o.probe_ms);
    words_add(w, "w");
    model_order(&p->model, &o);
    play_say(p, "%s %s %s, wait %" PRId64 ", step %u, probe %" PRId64,
             o.opens ? "open" : "shut", model_gate(o.gate), o.kind, o.wait_ms,
             o.step, o.probe_ms);
}

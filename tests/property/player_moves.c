#include "property/player.h"

#include "link/library.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The words of a call up to its arguments. held of the actor is named by the
 * epoch. */
static void call(struct words *w, const char *function, const char *const *keys,
                 int count)
{
    words_add(w, "FCALL");
    words_add(w, function);
    words_number(w, count);
    for (int i = 0; i < count; i++)
        words_add(w, keys[i]);
}

#define CALL(w, function, ...)                                                 \
    call((w), (function), (const char *const[]){__VA_ARGS__},                  \
         (int)(sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)))

/* One of the services that there were, mostly of those that live. */
static const char *some_epoch(struct play *p)
{
    unsigned most = p->joined < ACTORS ? p->joined : ACTORS;

    return most ? p->epochs[play_roll(p, most)] : "9-9";
}

static const char *some_tag(struct play *p)
{
    return play_roll(p, 4) ? "a" : "b";
}

/* The worker's generation, rarely another one. */
static void some_generation(struct play *p, const char *epoch, const char *tag,
                            char dst[24])
{
    char field[ROW_KEY];
    const char *found;

    (void)snprintf(field, sizeof field, "%s:%s:recovered", epoch, tag);
    found = rows_get(&p->model.services, field);
    (void)snprintf(dst, 24, "%s", found ? found : "0");
    if (play_roll(p, 8) == 0)
        (void)snprintf(dst, 24, "%u", play_roll(p, 3));
}

static void pass_time(struct play *p, struct words *w)
{
    static const int64_t spans_us[] = {
        1,       999,      1000,    250000,   2000000,
        6000000, 31000000, -500000, -3000000, -40000000,
    };
    int64_t by = spans_us[play_roll(p, 10)] + play_roll(p, 5000);

    (void)w;
    p->model.now_us += by;
    play_say(p, "time passes: %" PRId64 " us", by);
}

/* A job, whose it is in plain words or not. */
static void some_job(struct play *p, char *dst, size_t size)
{
    static const char *const begins[] = {
        "{",
        "{\"container\":\"acme\",\"point\":\"on-lead\",",
        " { \"id\" : \"x\" ,\t\"container\": \"acme\", \"point\" :\"on-sale\",",
        "{\"id\":\"x\",\"container\":\"zeta\",\"point\":\"on-sale\",",
        "{\"container\":\"zeta\",\"point\":\"on-sale\",",
        "{\"container\":\"ac\\u006de\",\"point\":\"on-lead\",",
        "{\"point\":\"on-lead\",\"container\":\"acme\",",
        "{\"x\":1,\"container\":\"acme\",\"point\":\"on-lead\",",
        "{\"container\":\"acme\",\"x\":1,\"point\":\"on-lead\",",
    };
    unsigned which = play_roll(p, 2 * sizeof begins / sizeof *begins);

    /* Mostly those that may have to wait. */
    which = which < sizeof begins / sizeof *begins ? which : 1 + which % 4;
    (void)snprintf(dst, size, "%s\"n\":%u}", begins[which], ++p->jobs);
}

static void push(struct play *p, struct words *w)
{
    char job[120];

    some_job(p, job, sizeof job);
    words_add(w, "LPUSH");
    words_add(w, p->real->keys.jobs);
    words_add(w, job);
    rows_unshift(&p->model.jobs, job);
    play_say(p, "push %s", job);
}

static void join(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    char *epoch = p->epochs[p->joined++ % ACTORS];

    CALL(w, library_join, k->meta, k->leases, k->services, k->alone);
    words_number(w, LEASE_MS);
    words_add(w, "{}");
    model_join(&p->model, epoch);
    play_say(p, "join: %s", epoch);
}

static void tick(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = some_epoch(p);
    bool sweep = play_roll(p, 4) != 0, alone = play_roll(p, 2) != 0;

    CALL(w, library_tick, k->leases, k->later, k->jobs, k->dead, k->meta,
         k->suspects, k->alone, k->gates, k->changes);
    words_add(w, epoch);
    words_number(w, LEASE_MS);
    words_add(w, sweep ? "1" : "0");
    words_add(w, "");
    words_add(w, alone ? "1" : "0");
    model_tick(&p->model, epoch, sweep, alone);
    play_say(p, "tick: %s sweep %d alone %d", epoch, sweep, alone);
}

/* With some of the gates named, be they shut or not. */
static void some_claiming(struct play *p, struct claiming *c)
{
    unsigned named = play_roll(p, 1 << PLACES);

    *c = (struct claiming){.count = 1 + play_roll(p, 7)};
    c->due_count = play_roll(p, c->count + 1);
    c->behind_bell = play_roll(p, 4) == 0;
    for (unsigned gate = 0; gate < PLACES; gate++)
        if (named >> gate & 1)
            c->gates[c->gate_count++] = gate;
}

static void claim(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = some_epoch(p), *tag = some_tag(p);
    char held[KEY_MAX], generation[24];
    struct actor a = {epoch, tag, generation};
    struct claiming c;

    some_claiming(p, &c);
    some_generation(p, epoch, tag, generation);
    keys_held(held, k, epoch);
    CALL(w, c.behind_bell ? library_bell : library_claim, k->jobs, k->later,
         held, k->leases, k->meta, k->services, k->suspects, k->gates,
         k->changes, k->parked);
    words_add(w, epoch);
    words_number(w, c.count);
    words_number(w, c.due_count);
    words_add(w, tag);
    words_add(w, generation);
    words_number(w, ALONE_FROM);
    play_say(p, "claim%s: %s %s generation %s, %u, of them due %u",
             c.behind_bell ? " behind a bell" : "", epoch, tag, generation,
             c.count, c.due_count);
    for (size_t i = 0; i < c.gate_count; i++) {
        words_add(w, model_gate(c.gates[i]));
        play_say(p, ", past %s", model_gate(c.gates[i]));
    }
    model_claim(&p->model, &a, &c);
}

static void isolate(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = some_epoch(p), *tag = some_tag(p);
    char held[KEY_MAX], generation[24];
    struct actor a = {epoch, tag, generation};

    some_generation(p, epoch, tag, generation);
    keys_held(held, k, epoch);
    CALL(w, library_isolate, held, k->leases, k->services, k->suspects,
         k->gates);
    words_add(w, epoch);
    words_add(w, tag);
    words_add(w, generation);
    model_isolate(&p->model, &a);
    play_say(p, "isolate: %s %s generation %s", epoch, tag, generation);
}

static void release(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = some_epoch(p);
    bool mine = play_roll(p, 6) == 0;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    CALL(w, library_release, held, k->later, k->leases, k->services);
    words_add(w, epoch);
    words_add(w, "500");
    words_add(w, mine ? "1" : "0");
    model_release(&p->model, epoch, mine);
    play_say(p, "release: %s mine %d", epoch, mine);
}

static void recover(struct play *p, struct words *w)
{
    const struct queue_keys *k = &p->real->keys;
    const char *epoch = some_epoch(p), *tag = some_tag(p), *known[64];
    const struct rows *jobs = model_held(&p->model, epoch);
    char held[KEY_MAX], generation[24], names[64][ROW_KEY];
    struct actor a = {epoch, tag, generation};
    uint32_t which = play_roll(p, UINT32_MAX);
    size_t count = 0;

    some_generation(p, epoch, tag, generation);
    keys_held(held, k, epoch);
    CALL(w, library_recover, held, k->later, k->leases, k->services);
    words_add(w, epoch);
    words_add(w, tag);
    words_add(w, generation);
    for (size_t i = 0; i < jobs->count && i < 32; i++) {
        if (!(which >> i & 1))
            continue;
        memcpy(names[count], jobs->at[i].key, ROW_KEY);
        known[count] = names[count];
        words_add(w, known[count++]);
    }
    model_recover(&p->model, &a, known, count);
    play_say(p, "recover: %s %s generation %s, %zu known", epoch, tag,
             generation, count);
}

static void keep(struct play *p, struct words *w)
{
    (void)w;
    real_keep(p->real);
    model_copy(&p->kept, &p->model);
    p->has_kept = true;
    play_say(p, "a replica has this");
}

/* Redis is as it was; its clock and the services are not. */
static void fall_back(struct play *p, struct words *w)
{
    int64_t now_us = p->model.now_us;

    (void)w;
    if (!p->has_kept)
        return;
    real_fall_back(p->real);
    model_copy(&p->model, &p->kept);
    p->model.now_us = now_us;
    play_say(p, "the replica takes over");
}

/* player_gates.c */
void play_finish(struct play *p, struct words *w);
void play_unpark(struct play *p, struct words *w);
void play_order(struct play *p, struct words *w);

void play_choose(struct play *p, struct words *w)
{
    static const struct {
        unsigned weight;
        void (*move)(struct play *p, struct words *w);
    } moves[] = {
        {10, pass_time}, {14, push},        {3, join},       {8, tick},
        {16, claim},     {24, play_finish}, {3, isolate},    {4, release},
        {5, recover},    {8, play_unpark},  {6, play_order}, {1, keep},
        {1, fall_back},
    };
    unsigned total = 0, at, i = 0;

    for (size_t n = 0; n < sizeof moves / sizeof *moves; n++)
        total += moves[n].weight;
    for (at = play_roll(p, total); at >= moves[i].weight; i++)
        at -= moves[i].weight;
    moves[i].move(p, w);
}

#include "faults/account.h"

#include <stdlib.h>

/* One job, as all witnesses together saw it. */
struct story {
    enum fate fate;
    bool called, answered; /* answered: with 2xx */
    bool present;
    unsigned ends; /* terminal entries */
};

struct ledger_index {
    struct story *stories;
    size_t count;
    struct figures *figures;
};

static struct story *story_of(const struct ledger_index *x, uint32_t job)
{
    return job < x->count ? &x->stories[job] : NULL;
}

static enum err open_index(const struct books *b, struct ledger_index *x)
{
    for (size_t i = 0; i < b->produced_count; i++)
        if (b->produced[i].job < NO_JOB && b->produced[i].job >= x->count)
            x->count = b->produced[i].job + 1;
    x->stories = calloc(x->count + 1, sizeof *x->stories);
    return x->stories ? ERR_OK : ERR_MEMORY;
}

static void add_produced(const struct ledger_index *x, const struct books *b)
{
    struct figures *f = x->figures;

    for (size_t i = 0; i < b->produced_count; i++) {
        enum fate fate = b->produced[i].fate;
        struct story *s = story_of(x, b->produced[i].job);

        f->jobs++;
        f->acked += fate == FATE_ACKED;
        f->refused += fate == FATE_REFUSED;
        f->unanswered += fate == FATE_UNANSWERED;
        if (s)
            s->fate = fate;
    }
}

/* A job that was refused must not turn up either. */
static bool is_known(const struct story *s)
{
    return s && (s->fate == FATE_ACKED || s->fate == FATE_UNANSWERED);
}

static void add_calls(const struct ledger_index *x, const struct books *b)
{
    for (size_t i = 0; i < b->call_count; i++) {
        const struct call *c = &b->calls[i];
        struct story *s = story_of(x, c->job);

        if (!is_known(s)) {
            x->figures->unexpected++;
            continue;
        }
        s->called = true;
        s->answered = s->answered || c->status / 100 == 2;
    }
}

static void add_entries(const struct ledger_index *x, const struct books *b)
{
    for (size_t i = 0; i < b->entry_count; i++) {
        struct story *s = story_of(x, b->entries[i].job);

        if (!is_known(s))
            x->figures->unexpected++;
        else
            s->ends += b->entries[i].terminal;
    }
    for (size_t i = 0; i < b->present_count; i++) {
        struct story *s = story_of(x, b->present[i]);

        if (is_known(s))
            s->present = true;
        else
            x->figures->unexpected++;
    }
}

static void judge(const struct ledger_index *x)
{
    struct figures *f = x->figures;

    for (size_t i = 0; i < x->count; i++) {
        const struct story *s = &x->stories[i];

        f->recovered += s->fate == FATE_UNANSWERED && (s->ends || s->present);
        f->contradictory += s->ends > 1 || (s->ends && s->present);
        f->stuck += s->present && !s->ends;
        if (s->ends || s->present)
            continue;
        f->unreported += s->answered;
        f->lost += s->fate == FATE_ACKED && !s->answered;
    }
}

static int compare(const void *a, const void *b)
{
    const struct call *x = a, *y = b;

    if (x->job != y->job)
        return x->job < y->job ? -1 : 1;
    if (x->attempt != y->attempt)
        return x->attempt < y->attempt ? -1 : 1;
    return (x->at_us > y->at_us) - (x->at_us < y->at_us);
}

/* A scheduled retry has the next number: the same one again was not planned. */
static size_t count_duplicates(const struct books *b)
{
    size_t count = 0;

    for (size_t i = 1; i < b->call_count; i++)
        count += b->calls[i].job == b->calls[i - 1].job &&
                 b->calls[i].attempt == b->calls[i - 1].attempt;
    return count;
}

static const struct reign *reign_of(const struct books *b, uint64_t epoch)
{
    for (size_t i = 0; i < b->reign_count; i++)
        if (b->reigns[i].epoch == epoch)
            return &b->reigns[i];
    return NULL;
}

/* The first call of that attempt or a later one; calls are sorted. */
static size_t find_calls(const struct books *b, const struct entry *e)
{
    size_t low = 0, high = b->call_count;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const struct call *c = &b->calls[middle];

        if (c->job < e->job || (c->job == e->job && c->attempt < e->attempt))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The entry tells of a call, and each lease under which its writer made that
 * call was over by then. It is known by its answer: of calls that had none, one
 * that never arrived is in no ledger. */
static bool is_stale(const struct books *b, const struct entry *e)
{
    bool found = false;

    for (size_t i = find_calls(b, e);
         i < b->call_count && b->calls[i].job == e->job &&
         b->calls[i].attempt == e->attempt;
         i++) {
        const struct reign *r = reign_of(b, b->calls[i].epoch);

        if (!r || r->pid != e->pid || b->calls[i].status != e->status)
            continue;
        if (r->over_ms == 0 || e->at_ms <= r->over_ms)
            return false;
        found = true;
    }
    return found;
}

enum err account(struct books *b, struct figures *ret)
{
    struct ledger_index x = {.figures = ret};

    *ret = (struct figures){.calls = b->call_count,
                            .entries = b->entry_count,
                            .leaked_keys = b->leaked};
    if (open_index(b, &x))
        return ERR_MEMORY;
    add_produced(&x, b);
    add_calls(&x, b);
    add_entries(&x, b);
    judge(&x);
    free(x.stories);
    if (b->call_count > 0)
        qsort(b->calls, b->call_count, sizeof *b->calls, compare);
    ret->duplicated = count_duplicates(b);
    for (size_t i = 0; i < b->entry_count; i++)
        ret->stale_accepted += is_stale(b, &b->entries[i]);
    return ERR_OK;
}

size_t figures_wrong(const struct figures *f)
{
    return f->lost + f->unexpected + f->stuck + f->contradictory +
           f->unreported + f->stale_accepted + f->leaked_keys;
}

#include "cli/top_window.h"

#include "cli/outcomes_fact.h"

static void clear_slot(struct top_slot *slot)
{
    tally_clear(&slot->sums.failures);
    *slot = (struct top_slot){.number = 0};
}

/* The oldest one that counts: with the one that now is in they are a minute or
 * a little less. */
static int64_t first_number(const struct top_window *w)
{
    return w->now_ms / TOP_SLOT_MS - TOP_WINDOW_MS / TOP_SLOT_MS + 1;
}

void top_window_move(struct top_window *w, int64_t now_ms)
{
    w->now_ms = now_ms;
    for (size_t i = 0; i < TOP_SLOTS; i++) {
        if (w->slots[i].number < first_number(w))
            clear_slot(&w->slots[i]);
    }
}

/* NULL when the moment is outside of the window: ids of streams may be made
 * up. One slot more than the minute has is for what came after `now`. */
static struct top_slot *slot_of(struct top_window *w, int64_t ms)
{
    int64_t number = ms / TOP_SLOT_MS, first = first_number(w);
    struct top_slot *slot;

    if (number < first || number >= first + TOP_SLOTS || number <= 0)
        return NULL;
    slot = &w->slots[number % TOP_SLOTS];
    if (slot->number != number)
        clear_slot(slot);
    slot->number = number;
    return slot;
}

enum err top_window_add(struct top_window *w, const struct outcome_entry *entry)
{
    struct top_slot *slot = slot_of(w, outcome_entry_ms(entry));
    const struct span verdict = outcome_entry_field(entry, "verdict");
    const struct tally_fact fact = outcome_fact(entry);

    if (!slot)
        return ERR_OK;
    if (fact.ms >= 0)
        spread_add(&slot->sums.calls, (uint64_t)fact.ms);
    slot->sums.delivered += span_is(verdict, "delivered");
    if (!span_is(verdict, "retry") && !span_is(verdict, "dead"))
        return ERR_OK;
    slot->sums.failed++;
    return tally_add(&slot->sums.failures, &fact);
}

enum err top_window_sum(const struct top_window *w, struct top_sums *ret,
                        struct tally *failures, int64_t *ret_span_ms)
{
    enum err e = ERR_OK;

    *ret = (struct top_sums){.failed = 0};
    *ret_span_ms = w->now_ms - first_number(w) * TOP_SLOT_MS;
    for (size_t i = 0; !e && i < TOP_SLOTS; i++) {
        const struct top_sums *sums = &w->slots[i].sums;

        ret->delivered += sums->delivered;
        ret->failed += sums->failed;
        spread_merge(&ret->calls, &sums->calls);
        e = tally_merge(failures, &sums->failures);
    }
    return e;
}

void top_window_clear(struct top_window *w)
{
    for (size_t i = 0; i < TOP_SLOTS; i++)
        clear_slot(&w->slots[i]);
}

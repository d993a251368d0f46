#include "cli/reconcile_ids.h"

#include <stdlib.h>
#include <string.h>

const char *job_state_text(enum job_state s)
{
    static const char *const words[JOB_STATES] = {
        [STATE_UNKNOWN] = "unknown", [STATE_WAITING] = "waiting",
        [STATE_HELD] = "held",       [STATE_LATER] = "later",
        [STATE_PARKED] = "parked",   [STATE_DELIVERED] = "delivered",
        [STATE_DEAD] = "dead",       [STATE_EXPIRED] = "expired",
        [STATE_SKIPPED] = "skipped", [STATE_DROPPED] = "dropped",
    };

    return words[s];
}

static bool is_alive(enum job_state s)
{
    return s == STATE_WAITING || s == STATE_HELD || s == STATE_LATER ||
           s == STATE_PARKED;
}

enum job_state job_state_after(enum job_state old, struct sighting seen)
{
    /* What else has this id is a copy: the work is done. */
    if (old == STATE_DELIVERED)
        return old;
    if (!seen.retry)
        return seen.state;
    if (seen.now)
        return STATE_LATER;
    /* An end that came before a retry was taken back (an operator's doing),
     * and where the job went from there is for the keys to say. */
    return is_alive(old) ? old : STATE_UNKNOWN;
}

struct id_entry *id_set_find(const struct id_set *l, struct span id)
{
    struct id_entry *found;

    HASH_FIND(hh, l->entries, id.at, (unsigned)id.len, found);
    return found;
}

enum err id_set_add(struct id_set *l, struct span id)
{
    struct id_entry *entry;

    if (id_set_find(l, id)) {
        l->repeated++;
        return ERR_OK;
    }
    entry = calloc(1, sizeof *entry + id.len + 1);
    if (!entry)
        return ERR_MEMORY;
    memcpy(entry->id, id.at, id.len);
    HASH_ADD_KEYPTR(hh, l->entries, entry->id, (unsigned)id.len, entry);
    if (!entry->hh.tbl) {
        free(entry);
        return ERR_MEMORY;
    }
    l->counts[STATE_UNKNOWN]++;
    return ERR_OK;
}

bool id_set_see(struct id_set *l, struct span id, struct sighting seen)
{
    struct id_entry *entry = id_set_find(l, id);
    enum job_state old, state;

    if (!entry)
        return false;
    old = (enum job_state)entry->state;
    state = job_state_after(old, seen);
    entry->state = (unsigned char)state;
    l->counts[old]--;
    l->counts[state]++;
    return old == STATE_UNKNOWN && state != STATE_UNKNOWN;
}

uint64_t id_set_size(const struct id_set *l)
{
    return HASH_COUNT(l->entries);
}

void id_set_clear(struct id_set *l)
{
    struct id_entry *entry, *next;

    HASH_ITER(hh, l->entries, entry, next)
    {
        HASH_DEL(l->entries, entry);
        free(entry);
    }
}

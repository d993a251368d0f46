#include "cli/reconcile_show.h"

#include "cli/moment.h"
#include "cli/say.h"
#include "cli/term.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

enum { SUM_MAX = 400 };

static enum term_style style_of(enum job_state s)
{
    switch (s) {
    case STATE_DELIVERED:
        return TERM_GOOD;
    case STATE_UNKNOWN:
    case STATE_DEAD:
        return TERM_BAD;
    case STATE_EXPIRED:
    case STATE_SKIPPED:
    case STATE_DROPPED:
        return TERM_DIM;
    default:
        return TERM_PLAIN;
    }
}

/* Ids and words are plain ASCII without quotes: nothing has to be escaped. */
void reconcile_show(const struct id_set *ids, bool json)
{
    bool terminal = isatty(STDOUT_FILENO) == 1;
    bool colour = term_colour(STDOUT_FILENO);
    const struct id_entry *entry = ids->entries;

    for (; entry && !ferror(stdout); entry = entry->hh.next) {
        enum job_state state = (enum job_state)entry->state;
        const char *word = job_state_text(state);

        if (json)
            printf("{\"id\":\"%s\",\"state\":\"%s\"}\n", entry->id, word);
        else if (terminal)
            printf("%s%-9s%s  %s\n", term_style(style_of(state), colour), word,
                   term_style(TERM_PLAIN, colour), entry->id);
        else
            printf("%s\t%s\n", word, entry->id);
    }
    (void)fflush(stdout);
}

void reconcile_sum_up(const char *command, const struct id_set *ids)
{
    uint64_t size = id_set_size(ids);
    char text[SUM_MAX] = "";
    size_t used = 0;

    for (int i = STATE_UNKNOWN + 1; i <= JOB_STATES; i++) {
        enum job_state state = (enum job_state)(i % JOB_STATES);
        int len = 0;

        /* The unknown come last, and are told even when there are none. */
        if (ids->counts[state] > 0 || state == STATE_UNKNOWN)
            len = snprintf(text + used, sizeof text - used, "%s%" PRIu64 " %s",
                           used > 0 ? ", " : "", ids->counts[state],
                           job_state_text(state));
        used += (size_t)len;
    }
    say(command, "%" PRIu64 " id%s: %s", size, size == 1 ? "" : "s", text);
    if (ids->repeated > 0)
        say(command, "%" PRIu64 " line%s named an id again", ids->repeated,
            ids->repeated == 1 ? "" : "s");
}

void reconcile_doubt(const char *command, const struct id_set *ids,
                     const struct trail *trail, int64_t since_ms)
{
    char first[MOMENT_MAX];

    if (ids->counts[STATE_UNKNOWN] == 0)
        return;
    if (trail->cut_meanwhile)
        say(command, "outcomes were trimmed (outcomes.max) before they could "
                     "be read: an unknown job may be one that has just ended");
    if (trail->gone == 0 || (since_ms > 0 && since_ms >= trail->first_ms))
        return;
    moment_text(trail->first_ms, first);
    say(command,
        "outcomes older than %s were trimmed (outcomes.max) and cannot be "
        "seen: an unknown job may be one that ended before%s",
        first,
        since_ms > 0 ? ""
                     : "; --since TIME says from when the ledger is, if that "
                       "is later");
}

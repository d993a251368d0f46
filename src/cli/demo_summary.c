#include "cli/demo_summary.h"

#include "cli/demo_cast.h"
#include "cli/term.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SENTENCE_MAX = 256, MISSING_SHOWN = 5 };

/* How the events of one role, or of all, went. */
struct tally {
    size_t count, right, delivered, retried, dead, skipped, calls;
};

static void add(struct tally *t, const struct demo_event *event)
{
    const char *verdict = event->verdict ? event->verdict : "";

    t->count++;
    t->calls += event->calls;
    t->right += demo_event_is_right(event);
    t->dead += strcmp(verdict, "dead") == 0;
    t->skipped += strcmp(verdict, "skipped") == 0;
    if (strcmp(verdict, "delivered") != 0)
        return;
    t->delivered++;
    t->retried += event->calls > 1;
}

static struct tally tally_all(const struct demo_events *e, int role)
{
    struct tally t = {.count = 0};

    for (size_t i = 0; i < e->count; i++)
        if (role < 0 || e->all[i].role == role)
            add(&t, &e->all[i]);
    return t;
}

static int compare(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;

    return (*x > *y) - (*x < *y);
}

static int64_t percentile(const int64_t *sorted, size_t count, size_t percent)
{
    return sorted[(count - 1) * percent / 100];
}

/* What an event's time was spent on: one figure over all of them would say
 * nothing. */
enum pace { PACE_AT_ONCE, PACE_SLOW, PACE_RETRIED, PACES };

static enum pace pace_of(const struct demo_event *event)
{
    if (event->calls > 1)
        return PACE_RETRIED;
    return demo_cast[event->role].manner == DEMO_SLOW ? PACE_SLOW
                                                      : PACE_AT_ONCE;
}

/* The times of that pace's ended events into ms; returns how many. */
static size_t collect(const struct demo_events *e, enum pace pace, int64_t *ms)
{
    size_t n = 0;

    for (size_t i = 0; i < e->count; i++) {
        const struct demo_event *x = &e->all[i];

        if (!x->verdict || pace_of(x) != pace)
            continue;
        /* A clock that was set back in between is no time travel. */
        ms[n++] = x->ended_ms > x->pushed_ms ? x->ended_ms - x->pushed_ms : 0;
    }
    return n;
}

static void print_latencies(const struct demo_screen *s,
                            const struct demo_events *e)
{
    static const char *const labels[PACES] = {
        [PACE_AT_ONCE] = "at the first call",
        [PACE_SLOW] = "the same, phone-lookup",
        [PACE_RETRIED] = "waits for retries included",
    };
    int64_t *ms = calloc(e->count, sizeof *ms);

    for (int pace = 0; ms && pace < PACES; pace++) {
        size_t n = collect(e, (enum pace)pace, ms);

        if (n == 0)
            continue;
        qsort(ms, n, sizeof *ms, compare);
        demo_screen_say(s, "  %-28s p50 %5lld ms   p99 %5lld ms   (%zu events)",
                        labels[pace], (long long)percentile(ms, n, 50),
                        (long long)percentile(ms, n, 99), n);
    }
    free(ms);
}

/* What the role was there to show, in the words of a witness. */
static const char *sentence(enum demo_manner manner)
{
    switch (manner) {
    case DEMO_WORKS:
        return "answers at once: one call for each.";
    case DEMO_NOTIFIES:
        return "posted each deal to #deals (the lines above).";
    case DEMO_SLOW:
        return "takes 300 ms to answer, and held up nobody else meanwhile.";
    case DEMO_FLAKY:
        return "failed twice for each (503, then 502), then took it:\n"
               "      extq waited about 0.3 s and 0.6 s in between.";
    case DEMO_BROKEN:
        return "answers 500, whatever comes: extq gave up when no attempt was\n"
               "      left. The events are kept, with the reason and their "
               "bytes.";
    case DEMO_LIMITED:
        return "answered 429 with Retry-After: 1 first. extq waited that\n"
               "      second, without blocking anything, and delivered.";
    case DEMO_ABSENT:
        break;
    }
    return "No extension is installed: nothing to do, and that is no error.";
}

static const char *expected_word(enum demo_manner manner)
{
    return verdict_text(demo_cast_end(manner));
}

static void print_role(const struct demo_screen *s, const struct demo_events *e,
                       int role)
{
    const struct demo_role *x = &demo_cast[role];
    const struct tally t = tally_all(e, role);
    char place[64], line[SENTENCE_MAX];

    if (t.count == 0)
        return;
    (void)snprintf(place, sizeof place, "%s/%s", x->container, x->point);
    (void)snprintf(line, sizeof line, "  %-28s %4zu %s in %zu calls", place,
                   t.right, expected_word(x->manner), t.calls);
    demo_screen_say(s, "%s", line);
    if (t.right < t.count)
        demo_screen_say(s, "      %sNOT AS DESIGNED: %zu of %zu%s",
                        term_style(TERM_BAD, s->colour), t.count - t.right,
                        t.count, term_style(TERM_PLAIN, s->colour));
    else
        demo_screen_say(s, "      %s%s%s", x->name ? x->name : "",
                        x->name ? " " : "", sentence(x->manner));
}

/* By id, so that the log and the stream can be searched for them. */
static void print_missing(const struct demo_screen *s,
                          const struct demo_events *e)
{
    size_t shown = 0;

    for (size_t i = 0; i < e->count && shown < MISSING_SHOWN; i++) {
        const struct demo_event *x = &e->all[i];

        if (demo_event_is_right(x))
            continue;
        shown++;
        demo_screen_say(s, "  %s (%s/%s): %s instead of %s", x->id,
                        demo_cast[x->role].container, demo_cast[x->role].point,
                        x->verdict         ? x->verdict
                        : x->pushed_ms > 0 ? "no outcome"
                                           : "not pushed",
                        expected_word(demo_cast[x->role].manner));
    }
}

static void print_totals(const struct demo_screen *s, const struct tally *t)
{
    demo_screen_say(s,
                    "  %sdelivered  %5zu%s   %zu at the first call, %zu "
                    "after retries",
                    term_style(TERM_GOOD, s->colour), t->delivered,
                    term_style(TERM_PLAIN, s->colour),
                    t->delivered - t->retried, t->retried);
    demo_screen_say(s,
                    "  %sdead       %5zu%s   given up on, and kept with "
                    "the reason",
                    term_style(TERM_BAD, s->colour), t->dead,
                    term_style(TERM_PLAIN, s->colour));
    demo_screen_say(s, "  skipped    %5zu   no extension is installed",
                    t->skipped);
}

bool demo_summary(const struct demo_screen *s, const struct demo_events *e)
{
    const struct tally all = tally_all(e, -1);
    char title[SENTENCE_MAX];
    bool right = all.right == all.count;

    (void)snprintf(title, sizeof title, "%zu events, %zu calls: %s", all.count,
                   all.calls,
                   right ? "every event ended as it should"
                         : "NOT every event ended as it should");
    demo_screen_title(s, title);
    print_totals(s, &all);
    demo_screen_title(s, "From push to outcome");
    print_latencies(s, e);
    demo_screen_title(s, "Extension by extension");
    for (int i = 0; i < DEMO_ROLES; i++)
        print_role(s, e, i);
    if (right)
        return true;
    demo_screen_title(s, "What is missing");
    print_missing(s, e);
    return false;
}

void demo_summary_next(const struct demo_screen *s,
                       const struct demo_folder *folder)
{
    const char *extq = program_invocation_name; /* may be in no $PATH */

    demo_screen_title(s, "Try next");
    if (!folder) {
        demo_screen_say(s,
                        "  %s demo --keep   the same, left running to play "
                        "with",
                        extq);
        demo_screen_say(s,
                        "  %s run           the service: with a Redis of its "
                        "own, nothing to set up",
                        extq);
        demo_screen_say(s, "  %s help          all commands", extq);
        return;
    }
    demo_screen_say(s, "  %s outcomes -c %s --verdict dead", extq,
                    folder->config);
    demo_screen_say(s, "  %s stats -c %s", extq, folder->config);
    demo_screen_say(s, "  %s resolve -c %s acme on-deal-won", extq,
                    folder->config);
    if (folder->ops_port)
        demo_screen_say(s, "  http://127.0.0.1:%u/   the ops page, live",
                        folder->ops_port);
    demo_screen_say(s, "  redis-cli -s %s LPUSH 'extq:{default}:jobs' \\",
                    folder->socket);
    demo_screen_say(s, "    '{\"container\":\"acme\",\"point\":\"on-deal-won\","
                       "\"payload\":{\"hello\":\"world\"}}'");
    demo_screen_say(s,
                    "\nThe service, its Redis and the sample platform keep "
                    "running, and new outcomes\nappear below. Ctrl-C stops "
                    "it all and removes %s.",
                    folder->dir);
}

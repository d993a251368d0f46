#include "faults/traffic.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The tally of an event that is a new connection. */
enum { SECOND_MS = 1000, NO_TALLY = TRAFFIC_NAMES_MAX };

static size_t find_tally(struct traffic *t, const char *name)
{
    size_t i = 0;

    while (i < t->tally_count && strcmp(t->tallies[i].name, name) != 0)
        i++;
    /* Whatever comes when there is no room goes by the last name. */
    if (i == TRAFFIC_NAMES_MAX)
        return i - 1;
    if (i == t->tally_count)
        (void)snprintf(t->tallies[t->tally_count++].name, RESP_NAME_MAX, "%s",
                       name);
    return i;
}

void traffic_note(struct traffic *t, const char *name, unsigned connection,
                  int64_t now_ms)
{
    size_t tally = name ? find_tally(t, name) : NO_TALLY;

    if (name)
        t->tallies[tally].count++;
    if (t->event_count < TRAFFIC_EVENTS_MAX)
        t->events[t->event_count++] =
            (struct event){now_ms, connection, (unsigned)tally};
}

unsigned traffic_count(const struct traffic *t, const char *name)
{
    unsigned count = 0;

    for (size_t i = 0; i < t->tally_count; i++)
        if (!name || strcmp(t->tallies[i].name, name) == 0)
            count += t->tallies[i].count;
    return count;
}

void traffic_mark(struct traffic *t)
{
    t->event_count = 0;
}

size_t traffic_busiest(const struct traffic *t, size_t *ret_first)
{
    size_t most = 0, first = 0;

    for (size_t from = 0, to = 0; from < t->event_count; from++) {
        int64_t end_ms = t->events[from].at_ms + SECOND_MS;

        while (to < t->event_count && t->events[to].at_ms < end_ms)
            to++;
        if (to - from > most) {
            most = to - from;
            first = from;
        }
    }
    if (ret_first)
        *ret_first = first;
    return most;
}

static const char *name_of(const struct traffic *t, const struct event *e)
{
    return e->tally == NO_TALLY ? "connected" : t->tallies[e->tally].name;
}

static void print_connection(const struct traffic *t, unsigned connection,
                             const struct event *from, size_t count)
{
    size_t shown = 0;

    for (size_t i = 0; i < count; i++) {
        if (from[i].connection != connection)
            continue;
        if (shown++ == 0)
            printf("  connection %u:", connection);
        printf(" %s@%" PRId64, name_of(t, &from[i]),
               from[i].at_ms - t->events[0].at_ms);
    }
    if (shown > 0)
        printf("\n");
}

void traffic_print(const struct traffic *t)
{
    unsigned last = 0;
    size_t first, count = traffic_busiest(t, &first);

    for (size_t i = 0; i < count; i++)
        if (t->events[first + i].connection > last)
            last = t->events[first + i].connection;
    for (unsigned n = 0; n <= last; n++)
        print_connection(t, n, &t->events[first], count);
}

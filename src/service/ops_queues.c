#include "service/ops_internal.h"

#include "base/clock.h"

/* One family of a value of each queue. */
struct column {
    enum look_value value;
    const char *name, *kind, *help;
};

static const struct column columns[] = {
    {LOOK_DUE, "queue_due_jobs", "gauge",
     "Of the later ones, those whose time has come."},
    {LOOK_HELD, "queue_held_jobs", "gauge",
     "Jobs that Redis has as held by this service."},
    {LOOK_PAUSED, "queue_paused", "gauge",
     "1 while operators keep it from being claimed, otherwise 0."},
    {LOOK_OUTCOMES, "queue_outcomes", "gauge",
     "Entries of the outcome stream."},
    {LOOK_DROPPED, "queue_dead_dropped_total", "counter",
     "Dead jobs that fell off for number or age, over all services."},
};

static const struct {
    enum look_value value;
    const char *state;
} states[] = {
    {LOOK_WAITING, "waiting"},  {LOOK_LATER, "later"}, {LOOK_PARKED, "parked"},
    {LOOK_SUSPECTS, "suspect"}, {LOOK_DEAD, "dead"},
};

static void write_value(struct ops_text *t, const struct ops_look *look,
                        const struct shared *s, const struct column *column)
{
    text_family(t, column->name, column->kind, column->help);
    for (size_t n = 0; n < s->config->queue_count; n++)
        if (look->known[n])
            text_count(t, (uint64_t)look->values[n][column->value],
                       "queue=\"%s\"", s->queues[n].config->name);
}

static void write_jobs(struct ops_text *t, const struct ops_look *look,
                       const struct shared *s)
{
    text_family(t, "queue_jobs", "gauge",
                "Jobs in Redis that nobody holds, the same for all services.");
    for (size_t n = 0; n < s->config->queue_count; n++)
        for (size_t i = 0; i < sizeof states / sizeof *states; i++)
            if (look->known[n] && look->values[n][states[i].value] >= 0)
                text_count(t, (uint64_t)look->values[n][states[i].value],
                           "queue=\"%s\",state=\"%s\"",
                           s->queues[n].config->name, states[i].state);
}

/* In seconds; Redis has it in ms. */
static void write_age(struct ops_text *t, const struct ops_look *look,
                      const struct shared *s, enum look_value value)
{
    for (size_t n = 0; n < s->config->queue_count; n++)
        if (look->known[n])
            text_seconds(t, look->values[n][value] * 1000, "queue=\"%s\"",
                         s->queues[n].config->name);
}

void ops_queues(struct ops_text *t, const struct ops_look *look,
                const struct shared *s)
{
    write_jobs(t, look, s);
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        write_value(t, look, s, &columns[i]);
    text_family(t, "queue_oldest_due_seconds", "gauge",
                "How long the first of the due jobs has waited since.");
    write_age(t, look, s, LOOK_OLDEST_MS);
    text_family(t, "queue_oldest_waiting_seconds", "gauge",
                "How long services have seen the first of the waiting jobs "
                "wait, to within a second and an eighth.");
    write_age(t, look, s, LOOK_WAITED_MS);
    text_family(t, "queue_figures_age_seconds", "gauge",
                "How old the figures of queues are; absent before there are "
                "any.");
    if (look->read_ms)
        text_seconds(t, (clock_mono_ms() - look->read_ms) * 1000, "%s", "");
}

#include "property/model_internal.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { DUE_MAX = 64 };

static void hold(struct model *m, const struct actor *a, const char *record)
{
    char field[ROW_KEY], bumped[ROW_TEXT];

    (void)snprintf(field, sizeof field, "%s:%.*s+%" PRId64, a->tag,
                   (int)strcspn(record, " "), record, m->now_us % 1000000000);
    model_with_claims(bumped, record, model_number_in(record, 1) + 1);
    rows_set(model_held(m, a->epoch), field, bumped);
}

/* The more deaths, the fewer are claimed together. */
static unsigned together(int64_t claims)
{
    unsigned most = 1;

    for (; claims < ALONE_FROM; claims++)
        most *= 4;
    return most;
}

void model_hand_out(struct model *m, const struct actor *a, const char *record,
                    struct crowd *crowd)
{
    int64_t claims = model_number_in(record, 1) + 1;
    unsigned met = ++crowd->met[claims];

    if (claims >= ALONE_FROM)
        rows_push(&m->suspects, record);
    else if (claims > 1 && met > together(claims))
        rows_rank(&m->later, record, model_now(m) + 200);
    else
        hold(m, a, record);
}

/* Whose job it is, where its text begins with that in plain strings, at most
 * behind an id. */
static bool is_plain(const char *job, char ret_container[40],
                     char ret_point[40])
{
    int begin = 0, end = 0;

    (void)sscanf(job, " { \"id\" : \"%*[^\"\\]\" ,%n", &begin);
    if (begin == 0)
        (void)sscanf(job, " {%n", &begin);
    (void)sscanf(job + begin,
                 " \"container\" : \"%39[^\"\\]\" ,"
                 " \"point\" : \"%39[^\"\\]\"%n",
                 ret_container, ret_point, &end);
    return end > 0;
}

/* Of the busy gates, the one where that job has to wait: its container's before
 * its own. GATES = none. */
static unsigned waits_at(const bool busy[GATES], const char *job)
{
    char container[40], point[40], own[96];
    unsigned found = GATES;

    if (!is_plain(job, container, point))
        return GATES;
    (void)snprintf(own, sizeof own, "%s:%s", container, point);
    for (unsigned gate = 0; gate < GATES; gate++) {
        const char *name = model_gate(gate);

        if (!busy[gate])
            continue;
        if (strncmp(name, own, strlen(container) + 1) == 0 &&
            name[strlen(container) + 1] == '\0')
            return gate;
        if (strcmp(name, own) == 0)
            found = gate;
    }
    return found;
}

static void park_fresh(struct model *m, unsigned gate, const char *seq,
                       const char *job)
{
    char record[ROW_TEXT];

    check(snprintf(record, ROW_TEXT, "%s 0 0 0 %" PRId64 " -\n%s", seq,
                   model_now(m), job) < ROW_TEXT);
    model_park(m, gate, record);
}

/* Jobs that were never claimed: oldest first, under numbers of their own, until
 * so many are held. */
static void claim_fresh(struct model *m, const struct actor *a,
                        const struct claiming *c, unsigned count)
{
    int64_t reserved = count;
    int64_t before = rows_increase(&m->meta, "seq", reserved) - reserved;
    bool busy[GATES] = {false};
    int64_t number = 0;

    for (size_t i = 0; i < c->gate_count; i++)
        busy[c->gates[i]] = model_makes_wait(m, c->gates[i]);

    while (count > 0 && m->jobs.count > 0) {
        struct row job = rows_take(&m->jobs, m->jobs.count - 1);
        unsigned gate = waits_at(busy, job.text);
        char seq[64], field[ROW_KEY];

        (void)snprintf(seq, sizeof seq, "%" PRId64 "-%" PRId64 "-%" PRId64,
                       before, model_now(m), ++number);
        if (gate < GATES) {
            park_fresh(m, gate, seq, job.text);
            continue;
        }
        check(snprintf(field, sizeof field, "%s:%s", a->tag, seq) < ROW_KEY);
        rows_set(model_held(m, a->epoch), field, job.text);
        count--;
    }
    if (number != reserved)
        (void)rows_increase(&m->meta, "seq", number - reserved);
}

void model_claim(struct model *m, const struct actor *a,
                 const struct claiming *c)
{
    struct crowd crowd = {{0}};
    unsigned waiting = (unsigned)m->jobs.count, count = c->count;
    unsigned due_count = c->due_count, due = 0, fresh;
    struct row taken[DUE_MAX];

    if (!model_may_claim(m, a) || model_is_paused(m) ||
        (c->behind_bell && waiting == 0))
        return;
    if (count > waiting && due_count < count - waiting)
        due_count = count - waiting;
    if (due_count > count)
        due_count = count;
    while (due < due_count && m->later.count > 0 &&
           m->later.at[0].score <= model_now(m))
        taken[due++] = rows_take(&m->later, 0);
    fresh = count - due < waiting ? count - due : waiting;
    for (unsigned i = 0; i < due; i++)
        model_hand_out(m, a, taken[i].text, &crowd);
    if (fresh > 0)
        claim_fresh(m, a, c, fresh);
}

void model_isolate(struct model *m, const struct actor *a)
{
    struct row suspect;

    if (!model_may_claim(m, a) || m->suspects.count == 0 || model_is_paused(m))
        return;
    suspect = rows_take(&m->suspects, 0);
    hold(m, a, suspect.text);
}

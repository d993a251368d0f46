#include "property/model_internal.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Takes the job's own bytes out of what is held; false when it is not. */
static bool take(struct model *m, const char *epoch, const char *field,
                 char ret_job[ROW_TEXT])
{
    struct rows *held = model_held(m, epoch);
    const char *text = rows_get(held, field);

    if (!text)
        return false;
    (void)snprintf(ret_job, ROW_TEXT, "%s",
                   strchr(field, '+') ? strchr(text, '\n') + 1 : text);
    return rows_unset(held, field);
}

static bool is_kind(const struct ending *e, const char *move)
{
    return strncmp(e->kind, move, strlen(move)) == 0;
}

static void number(char dst[24], int64_t n)
{
    (void)snprintf(dst, 24, "%" PRId64, n);
}

/* The entry of those that the player sends: see fields_of in player.c. */
static void write_outcome(struct model *m, const struct ending *e,
                          const char *next_at)
{
    char text[ROW_TEXT];
    bool plain = strchr(e->kind, '+') != NULL;

    check(snprintf(text, sizeof text,
                   "id|i|container|acme|point|on-lead|attempt|1|verdict|%s|"
                   "class|%s|status|200|ms|7|error|%s|at|5|next_at|%s|worker|"
                   "w|%squeue_ms|0%s",
                   plain ? "delivered" : e->verdict, plain ? "ok" : "timeout",
                   plain ? "" : "late", plain ? "" : next_at,
                   strchr(e->kind, 'd') && strchr(strchr(e->kind, ':'), 'd')
                       ? "dns_ms|3|"
                       : "",
                   strchr(strchr(e->kind, ':'), 'b') ? "|body|no" : "") <
          ROW_TEXT);
    rows_push(&m->outcomes, text);
}

static void bury(struct model *m, const struct ending *e, const char *record)
{
    char text[ROW_TEXT];

    check(snprintf(text, sizeof text, "%srecord|%s",
                   strchr(e->kind, ':')
                       ? "id|i|container|acme|point|on-lead|class|timeout|"
                         "error|late|"
                       : "",
                   record) < ROW_TEXT);
    rows_push(&m->dead, text);
}

/* Where the job goes; next_at is when it comes back, if that is known. */
static void move(struct model *m, const struct ending *e, const char *job,
                 char next_at[24])
{
    char record[ROW_TEXT];

    next_at[0] = '\0';
    if (is_kind(e, "done"))
        return;
    check(snprintf(record, sizeof record, "%s%s", e->header, job) < ROW_TEXT);
    if (is_kind(e, "later")) {
        number(next_at, model_now(m) + e->delay_ms);
        rows_rank(&m->later, record, model_now(m) + e->delay_ms);
    } else if (is_kind(e, "dead")) {
        bury(m, e, record);
    } else {
        model_park(m, e->gate, record);
    }
}

/* The dead are kept up to a number; those that fell off are counted. */
static void trim_dead(struct model *m)
{
    int64_t dropped = (int64_t)m->dead.count - DEAD_MAX;

    for (int64_t i = 0; i < dropped; i++)
        (void)rows_take(&m->dead, 0);
    if (dropped > 0)
        (void)rows_increase(&m->meta, "dead_dropped", dropped);
}

void model_finish(struct model *m, const char *epoch,
                  const struct ending *endings, size_t count)
{
    bool buried = false;
    char job[ROW_TEXT], next_at[24];

    if (!model_owns(m, epoch))
        return;
    for (size_t i = 0; i < count; i++) {
        const struct ending *e = &endings[i];

        if (!take(m, epoch, e->field, job))
            continue;
        move(m, e, job, next_at);
        if (!strchr(e->kind, ':'))
            continue;
        write_outcome(m, e, next_at);
        (void)rows_increase(&m->meta,
                            strchr(e->kind, '+') ? "delivered" : e->verdict, 1);
        buried = buried || is_kind(e, "dead");
    }
    if (buried)
        trim_dead(m);
}

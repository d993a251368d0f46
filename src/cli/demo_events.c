#include "cli/demo_events.h"

#include "base/buf.h"
#include "base/json.h"
#include "cli/demo_cast.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { JOB_MAX = 64 << 10 };

static struct span whole_text(void)
{
    return (struct span){(const char *)demo_events_text, demo_events_size};
}

size_t demo_events_known(void)
{
    struct span rest = whole_text();
    size_t count = 0;

    while (rest.len > 0)
        count += span_cut(&rest, '\n').len > 0;
    return count;
}

/* A string member without its quotes; the file writes them plainly. */
static struct span read_text(const struct json_member *m, size_t count,
                             const char *name)
{
    const struct json_member *found = json_find(m, count, name);

    if (!found || found->value.kind != JSON_STRING)
        return (struct span){"", 0};
    return (struct span){found->value.raw.at + 1, found->value.raw.len - 2};
}

/* Round 0 takes the line as it is; later ones put "_<round>" behind the id. */
static enum err write_job(struct span line, struct span id, size_t round,
                          struct demo_event *event)
{
    struct buf b = buf_make(JOB_MAX);
    /* id points into line: what stands around it is copied untouched. */
    size_t head = (size_t)(id.at + id.len - line.at);
    char tail[24] = "";
    enum err e;

    if (round > 0)
        (void)snprintf(tail, sizeof tail, "_%zu", round + 1);
    if (id.len + strlen(tail) > IDENT_MAX)
        return ERR_SYNTAX;
    (void)snprintf(event->id, sizeof event->id, "%.*s%s", (int)id.len, id.at,
                   tail);
    e = buf_add(&b, line.at, head);
    if (!e)
        e = buf_add_text(&b, tail);
    if (!e)
        e = buf_add(&b, line.at + head, line.len - head);
    if (e) {
        buf_clear(&b);
        return e;
    }
    event->job = b.at;
    event->job_len = b.len;
    return ERR_OK;
}

static enum err read_event(struct span line, size_t round,
                           struct demo_event *event)
{
    struct json_member m[JSON_MEMBERS_MAX];
    struct json_flaw flaw;
    struct span id;
    size_t n;

    if (json_object(line, m, &n, &flaw))
        return ERR_SYNTAX;
    id = read_text(m, n, "id");
    event->role =
        demo_cast_find(read_text(m, n, "container"), read_text(m, n, "point"));
    if (event->role < 0 || !ident_is_id(id))
        return ERR_SYNTAX;
    return write_job(line, id, round, event);
}

/* Goes through the file again and again until there are enough; `pushed`
 * serves as the count of those read. */
static enum err read_all(struct demo_events *e)
{
    struct span rest = whole_text();
    size_t round = 0;

    while (e->pushed < e->count) {
        struct span line = span_cut(&rest, '\n');
        enum err err = ERR_OK;

        if (line.len > 0)
            err = read_event(line, round, &e->all[e->pushed++]);
        if (err)
            return err;
        if (rest.len == 0) {
            rest = whole_text();
            round++;
        }
    }
    return ERR_OK;
}

static int compare(const void *a, const void *b)
{
    const struct demo_event *const *x = a, *const *y = b;

    return strcmp((*x)->id, (*y)->id);
}

enum err demo_events_open(size_t count, struct demo_events *ret)
{
    enum err e = ERR_MEMORY;

    if (demo_events_known() == 0)
        return ERR_SYNTAX;
    *ret = (struct demo_events){.count = count};
    ret->all = calloc(count, sizeof *ret->all);
    ret->by_id = calloc(count, sizeof *ret->by_id);
    if (ret->all && ret->by_id)
        e = read_all(ret);
    if (e) {
        demo_events_close(ret);
        return e;
    }
    for (size_t i = 0; i < count; i++)
        ret->by_id[i] = &ret->all[i];
    qsort(ret->by_id, count, sizeof *ret->by_id, compare);
    ret->pushed = 0; /* until here: read */
    return ERR_OK;
}

struct demo_event *demo_events_find(const struct demo_events *e, struct span id)
{
    struct demo_event key, *wanted = &key, **found;

    if (!span_copy(id, key.id, sizeof key.id))
        return NULL;
    found = bsearch(&wanted, e->by_id, e->count, sizeof *e->by_id, compare);
    return found ? *found : NULL;
}

bool demo_event_is_right(const struct demo_event *event)
{
    enum verdict wanted = demo_cast_end(demo_cast[event->role].manner);

    return event->verdict && strcmp(event->verdict, verdict_text(wanted)) == 0;
}

void demo_events_close(struct demo_events *e)
{
    for (size_t i = 0; e->all && i < e->count; i++)
        free(e->all[i].job);
    free(e->all);
    free(e->by_id);
    *e = (struct demo_events){.count = 0};
}

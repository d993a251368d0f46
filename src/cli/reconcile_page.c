#include "cli/reconcile_page.h"

#include "link/paging.h"
#include "model/record.h"

#include <inttypes.h>
#include <stdio.h>

void page_first(struct scan *s)
{
    s->page = PAGING_FIRST;
}

struct page_text page_count(const struct scan *s)
{
    struct page_text ret;

    (void)snprintf(ret.text, sizeof ret.text, "%" PRIu64,
                   pace_step(&s->pace, s->page));
    return ret;
}

enum err page_checked(struct scan *s, enum err e)
{
    return !e && reply_kind(s->reply) == REPLY_ERROR ? ERR_REPLY : e;
}

void page_done(struct scan *s, uint64_t entries)
{
    s->page = paging_after(s->page, paging_bytes(s->reply));
    s->entries += entries;
    progress_show(&s->progress, s->entries, s->entries);
    pace_wait(&s->pace, entries);
}

void page_see(struct scan *s, struct span id, struct sighting seen)
{
    s->found += id_set_see(s->ids, id, seen);
}

enum err page_job(struct scan *s, struct span text, enum job_state state)
{
    /* The id of a job that services will refuse counts as well. */
    if (job_read(&s->job, text, NULL) == ERR_MEMORY)
        return ERR_MEMORY;
    if (s->job.id[0])
        page_see(s, span_of(s->job.id), (struct sighting){.state = state});
    return ERR_OK;
}

static enum err see_record(struct scan *s, const struct record *record,
                           enum job_state state)
{
    char id[IDENT_MAX + 1];
    enum err e = page_job(s, record->job, state);

    if (e || s->job.id[0])
        return e;
    record_id(record, id);
    page_see(s, span_of(id), (struct sighting){.state = state});
    return ERR_OK;
}

enum err page_record(struct scan *s, struct span text, enum job_state state)
{
    struct record record;

    return record_read(text, &record) ? ERR_OK : see_record(s, &record, state);
}

enum err page_held(struct scan *s, struct span field, struct span text)
{
    struct record record;

    return record_held(field, text, &record)
               ? ERR_OK
               : see_record(s, &record, STATE_HELD);
}

#include "model/letter.h"

#include <string.h>

const char *letter_place_text(enum letter_place p)
{
    static const char *const words[LETTER_PLACES] = {
        [LETTER_DEAD] = "dead",
        [LETTER_LATER] = "later",
        [LETTER_PARKED] = "parked",
    };

    return words[p];
}

enum err letter_read(struct letter *l, struct span record, struct job *job)
{
    l->text = record;
    l->sound = record_read(record, &l->record) == ERR_OK;
    if (!l->sound)
        return ERR_OK;
    /* The id of a job that services refuse counts as well. */
    if (job_read(job, l->record.job, NULL) == ERR_MEMORY)
        return ERR_MEMORY;
    if (!job->id[0])
        record_id(&l->record, job->id);
    l->id = span_of(job->id);
    l->container = span_of(job->container);
    l->point = span_of(job->point);
    l->class = record_last_class(&l->record);
    l->at_ms = l->record.first_ms;
    return ERR_OK;
}

static bool matches(struct span text, const char *wanted)
{
    return !wanted || span_is(text, wanted);
}

static bool is_one_of(struct span id, const struct letters_wanted *w)
{
    for (size_t i = 0; i < w->id_count; i++) {
        if (span_is(id, w->ids[i]))
            return true;
    }
    return w->id_count == 0;
}

bool letter_is_wanted(const struct letter *l, const struct letters_wanted *w)
{
    return matches(l->container, w->container) && matches(l->point, w->point) &&
           matches(l->class, w->class) && is_one_of(l->id, w) &&
           (w->from_ms == 0 || l->at_ms >= w->from_ms) &&
           (w->until_ms == 0 || l->at_ms <= w->until_ms);
}

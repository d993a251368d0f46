#include "cli/enqueue_job.h"

#include "base/rand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_DIGITS = 20 };

bool job_ids_make(struct job_ids *ret, const char *given, bool many)
{
    uint64_t seed = rand_seed();

    *ret = (struct job_ids){.next = many ? 1 : 0};
    if (given)
        return strlen(given) + (many ? NUMBER_DIGITS + 1 : 0) <= IDENT_MAX &&
               span_copy(span_of(given), ret->base, sizeof ret->base);
    (void)snprintf(ret->base, sizeof ret->base, "%08" PRIx32 "%08" PRIx32,
                   rand_u32(&seed), rand_u32(&seed));
    return true;
}

void job_ids_next(struct job_ids *ids, char dst[IDENT_MAX + 1])
{
    int room = IDENT_MAX - NUMBER_DIGITS - 1;

    if (ids->next == 0)
        (void)snprintf(dst, IDENT_MAX + 1, "%s", ids->base);
    else
        (void)snprintf(dst, IDENT_MAX + 1, "%.*s-%" PRIu64, room, ids->base,
                       ids->next++);
}

enum err job_insert_id(struct span text, const char *id, struct buf *out)
{
    struct span rest = text;
    enum err e;

    (void)span_cut(&rest, '{');
    e = buf_printf(out, "{\"id\":\"%s\",", id);
    return e ? e : buf_add(out, rest.at, rest.len);
}

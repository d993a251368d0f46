#include "property/model_internal.h"

#include "base/buf.h"
#include "base/check.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1 << 20 };

#define PREFIX "extq:{q}:"

/* The name, then a row a line: "  score key text", of these what there is; '|'
 * stands for line ends within. Nothing for what is empty. */
static void add(struct buf *out, const char *name, const char *rest,
                const struct rows *rows, bool scored)
{
    if (rows->count == 0)
        return;
    check(!buf_printf(out, PREFIX "%s%s\n", name, rest));
    for (size_t i = 0; i < rows->count; i++) {
        const struct row *row = &rows->at[i];
        size_t from = out->len;

        check(!buf_add_text(out, "  "));
        if (scored)
            check(!buf_printf(out, "%" PRId64 " ", row->score));
        if (row->key[0])
            check(!buf_printf(out, "%s ", row->key));
        check(!buf_add_text(out, row->text));
        for (size_t at = from; at < out->len; at++)
            if (out->at[at] == '\n')
                out->at[at] = '|';
        check(!buf_add_text(out, "\n"));
    }
}

static int by_epoch(const void *a, const void *b)
{
    const struct held *x = a, *y = b;

    return strcmp(x->epoch, y->epoch);
}

static void add_held(struct buf *out, const struct model *m)
{
    struct held sorted[EPOCHS];

    memcpy(sorted, m->held, sizeof sorted);
    qsort(sorted, EPOCHS, sizeof *sorted, by_epoch);
    for (size_t i = 0; i < EPOCHS; i++)
        add(out, "held:", sorted[i].epoch, &sorted[i].jobs, false);
}

char *model_text(const struct model *m)
{
    struct buf out = buf_make(TEXT_MAX);

    if (m->alone[0])
        check(!buf_printf(&out, PREFIX "alone\n  %s\n", m->alone));
    add(&out, "changes", "", &m->changes, true);
    add(&out, "dead", "", &m->dead, false);
    add(&out, "gates", "", &m->gates, false);
    add_held(&out, m);
    add(&out, "jobs", "", &m->jobs, false);
    add(&out, "later", "", &m->later, true);
    add(&out, "leases", "", &m->leases, true);
    add(&out, "meta", "", &m->meta, false);
    add(&out, "outcomes", "", &m->outcomes, false);
    for (unsigned gate = 0; gate < GATES; gate++)
        add(&out, "parked:", model_gate(gate), &m->parked[gate], false);
    add(&out, "services", "", &m->services, false);
    add(&out, "suspects", "", &m->suspects, false);
    check(!buf_add_text(&out, ""));
    return out.at ? out.at : calloc(1, 1);
}

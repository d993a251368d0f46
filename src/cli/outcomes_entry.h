/* One entry of the outcome stream: what it says, whether it was asked for,
 * and how people and programs see it. */
#ifndef EXTQ_CLI_OUTCOMES_ENTRY_H
#define EXTQ_CLI_OUTCOMES_ENTRY_H

#include "base/buf.h"
#include "cli/columns.h"
#include "link/reply.h"

struct outcome_entry {
    struct span stream_id;
    const struct reply *fields; /* name, value, name, value, ... */
};

/* NULL = any. */
struct outcome_filter {
    const char *container, *point, *verdict, *class, *id;
};

/* Reads an element of XRANGE or XREAD. False when it has another shape. */
bool outcome_entry_read(const struct reply *element, struct outcome_entry *ret);

/* The field's value; empty when it is not there. */
struct span outcome_entry_field(const struct outcome_entry *entry,
                                const char *name);

/* When Redis took it, unix ms by its own clock: of the stream's id. */
int64_t outcome_entry_ms(const struct outcome_entry *entry);

bool outcome_entry_matches(const struct outcome_entry *entry,
                           const struct outcome_filter *filter);

/* Appends {"stream_id":..., and every field as a string} and a newline. */
enum err outcome_entry_json(const struct outcome_entry *entry,
                            struct buf *out) must_check;

enum { OUTCOME_COLUMNS = 10 };

/* What lines of outcomes look like on stdout. */
struct columns outcome_columns(void);

/* Appends the entry as one line, cleaned. */
enum err outcome_entry_line(const struct outcome_entry *entry,
                            struct columns *t, struct buf *out) must_check;

#endif

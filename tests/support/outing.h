/* A command that makes folders and starts processes, in a $TMPDIR of its own,
 * so that what it leaves there can be seen. */
#ifndef EXTQ_SUPPORT_OUTING_H
#define EXTQ_SUPPORT_OUTING_H

#include "support/process.h"
#include "support/temp.h"

#include <stddef.h>

struct outing {
    struct temp_path tmp;
    struct process *process; /* the test closes it */
};

/* words[0] is the program; the list ends with NULL. `variable`, "NAME=value",
 * or NULL, is added to its environment. */
struct outing outing_start(const char *const *words, const char *variable);

/* True when its output holds the text by now. */
bool outing_said(struct outing *o, const char *text);

/* How many files and folders lie in its $TMPDIR. */
size_t outing_left(const struct outing *o);

#endif

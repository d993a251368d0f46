/* A program under test on a terminal of its own: a pseudo-terminal of 100
 * columns and 40 rows. */
#ifndef EXTQ_SUPPORT_TERMINAL_H
#define EXTQ_SUPPORT_TERMINAL_H

#include "support/process.h"

#include <stdbool.h>
#include <stdint.h>

struct terminal;

/* As process_start, on the terminal alone. The caller closes it. */
struct terminal *terminal_start(const char *const *argv,
                                const char *const *env);

/* Owned by the terminal. */
struct process *terminal_process(const struct terminal *t);

/* All that it wrote so far. Lives until the next call. */
const char *terminal_text(struct terminal *t);

void terminal_type(struct terminal *t, const char *keys);
void terminal_resize(struct terminal *t, unsigned columns, unsigned rows);

/* Whether modes are what they were when it was made. */
bool terminal_is_as_before(const struct terminal *t);

/* As process_wait. */
int terminal_wait(struct terminal *t, int64_t limit_ms);

/* As process_close. */
void terminal_close(struct terminal **t);

#endif

/* What tests of the embedded Redis ask it: each question over a connection of
 * its own, because servers come and go. */
#ifndef EXTQ_SUPPORT_EMBEDDED_PROBE_H
#define EXTQ_SUPPORT_EMBEDDED_PROBE_H

#include "service/embedded.h"
#include "support/temp.h"

#include <stdbool.h>
#include <sys/types.h>

/* embedded_start on the folder; fails the test when it fails. */
struct embedded *embedded_probe_start(const struct temp_path *dir);

/* The reply as text (of a pair, its second part); NULL when nobody answers.
 * Lives until the next question. Trailing words may be NULL. */
const char *embedded_probe_ask(const struct temp_path *dir, const char *a,
                               const char *b, const char *c);

/* True when that reply is the expected text. */
bool embedded_probe_answers(const struct temp_path *dir, const char *a,
                            const char *b, const char *expected);

/* Sets the key named "key". */
void embedded_probe_set(const struct temp_path *dir, const char *value);

/* The server's process; fails the test when nobody answers. */
pid_t embedded_probe_pid(const struct temp_path *dir);

/* True when the process is gone; reaps it if it is a child. */
bool embedded_probe_is_gone(pid_t pid);

#endif

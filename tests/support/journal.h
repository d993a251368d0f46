/* The outcomes of one queue, read from its stream as they come. */
#ifndef EXTQ_SUPPORT_JOURNAL_H
#define EXTQ_SUPPORT_JOURNAL_H

#include "link/redis.h"

struct journal;

/* Connects when first asked, and again after Redis was away. The address is
 * borrowed. The caller closes it. */
struct journal *journal_open(const struct redis_address *address,
                             const char *stream_key);
void journal_close(struct journal **j);

/* Reads what is new; returns how many entries there are by now. */
size_t journal_read(struct journal *j);

/* What was read so far. i counts the entries of the job (id NULL = of all)
 * from 0. A field that the entry does not have, and one of an entry that is not
 * there, is "". */
size_t journal_count(const struct journal *j, const char *id);
const char *journal_field(const struct journal *j, const char *id, size_t i,
                          const char *name);

/* How many entries have that value. */
size_t journal_count_with(const struct journal *j, const char *name,
                          const char *value);

/* Waits until the job's entries are `story`: verdict/class/status of each,
 * with a blank between: "retry/platform_error/503 delivered/ok/200". Fails
 * the test when the job ends otherwise. */
void journal_expect(struct journal *j, const char *id, const char *story);

/* Waits until so many entries are terminal: anything but a retry. */
void journal_wait_ends(struct journal *j, size_t count);

#endif

/* Processes that `extq bench` measures: out of the terminal's reach, and gone
 * at the latest when we are. */
#ifndef EXTQ_CLI_BENCH_CHILD_H
#define EXTQ_CLI_BENCH_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

/* In a child right after the fork: a session of its own, SIGKILL when the
 * owner ends, no signal blocked. */
void bench_child_detach(pid_t owner);

/* Starts the program (argv[0] is its path; the list ends with NULL) without
 * the EXTQ_* of our environment, its output appended to the file log. Call
 * from the main thread. ERR_IO, ERR_MEMORY. */
enum err bench_child_start(const char *const *argv, const char *log, pid_t *ret,
                           struct why *why) must_check;

/* True once it has ended (or never ran); *pid is then 0. Never waits. */
bool bench_child_ended(pid_t *pid);

/* SIGKILL, and waits until it is gone. Sets *pid to 0. */
void bench_child_kill(pid_t *pid);

#endif

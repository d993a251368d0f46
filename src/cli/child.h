/* Processes that a command starts: out of the terminal's reach, without our
 * configuration, and gone at the latest when we are. */
#ifndef EXTQ_CLI_CHILD_H
#define EXTQ_CLI_CHILD_H

#include "base/err.h"

#include <stdbool.h>
#include <sys/types.h>

struct child_start {
    const char *path;        /* the program */
    const char *const *argv; /* ends with NULL */
    const char *log;         /* the file that its output is appended to */
    int death_signal;        /* what it gets when we end */
};

/* In a child right after the fork: a session of its own, death_signal when the
 * owner ends, no signal blocked. */
void child_detach(pid_t owner, int death_signal);

/* Starts the program without the EXTQ_* of our environment. Call from the main
 * thread: the signal comes at the end of the thread that forked. ERR_IO,
 * ERR_MEMORY. */
enum err child_start(const struct child_start *start, pid_t *ret,
                     struct why *why) must_check;

/* True once it has ended (or never ran); *pid is then 0 and *ret_status, unless
 * NULL, what waitpid gave. Never waits. */
bool child_ended(pid_t *pid, int *ret_status);

/* SIGKILL, and waits until it is gone. Sets *pid to 0. */
void child_kill(pid_t *pid);

#endif

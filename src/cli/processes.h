/* The services that run on this machine, or in this container. */
#ifndef EXTQ_CLI_PROCESSES_H
#define EXTQ_CLI_PROCESSES_H

#include <stdbool.h>
#include <stdint.h>

/* What is to be done with one; returns an exit code. */
typedef int processes_order(const char *command, int64_t pid, void *arg);

/* Does it with every `extq run` here, or with that one (pid 0 = all). Returns
 * the exit code: of one that failed if any did, and 1 when there is none. */
int processes_each(const char *command, int64_t pid, processes_order *order,
                   void *arg);

/* True when the signal was sent; otherwise stderr says why not. One that would
 * die of it, since it does not know the signal (yet), is spared. */
bool processes_signal(const char *command, int64_t pid, int signum);

/* False when the process is known to be in another network namespace, as in a
 * container: abstract sockets are of one. */
bool processes_is_near(int64_t pid);

/* What the process itself takes for its pid: another one in a container. */
int64_t processes_own_pid(int64_t pid);

#endif

/* The services that run on this machine, or in this container. */
#ifndef EXTQ_CLI_PROCESSES_H
#define EXTQ_CLI_PROCESSES_H

#include <stdint.h>

/* Sends the signal to every `extq run` here, or to that one (pid 0 = all), and
 * says so for each on stdout: "pid 71: <done>". One that would die of it, since
 * it does not know the signal (yet), is spared. Returns the exit code: 1 when
 * there is none, or one could not be told. */
int processes_signal(const char *command, int64_t pid, int signum,
                     const char *done);

#endif

/* The server process of the embedded Redis: started so that it outlives a
 * terminal's Ctrl-C but never its owner, watched, asked, stopped. */
#ifndef EXTQ_SERVICE_EMBEDDED_SERVER_H
#define EXTQ_SERVICE_EMBEDDED_SERVER_H

#include "service/embedded_folder.h"

#include <sys/types.h>

/* Starts the program on the folder's redis.conf: own session, lock inherited,
 * output into the log, SIGTERM when the calling thread ends. *ret_pid is a
 * child of this process. ERR_IO. */
enum err embedded_server_start(const struct embedded_folder *f,
                               const char *binary, pid_t *ret_pid) must_check;

/* True once the process is gone; it is then reaped. Never waits. */
bool embedded_server_ended(pid_t pid);

/* True when something answers on the socket, if only that it is loading. */
bool embedded_server_answers(const struct embedded_folder *f);

/* Ends the process: SHUTDOWN, later SIGTERM, at last SIGKILL. Returns when it
 * is gone, after about 10 s at most. */
void embedded_server_stop(const struct embedded_folder *f, pid_t pid);

#endif

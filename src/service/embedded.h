/* A redis-server of our own, for machines that need no set-up: one folder,
 * a unix socket in it, AOF, noeviction; restarted when it dies, never two on
 * one folder.
 *
 * The folder's lock file is held by the server process too, so that it says
 * the truth when extq was killed. Another extq process on the same folder uses
 * the running server, and takes the supervision over when its owner ends. */
#ifndef EXTQ_SERVICE_EMBEDDED_H
#define EXTQ_SERVICE_EMBEDDED_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct embedded;

/* Creates the folder (mode 0700) when missing, starts the server or finds the
 * one that runs there, and waits until it answers (it may still be loading its
 * data then), 15 s at most. Call from the main thread: the server gets SIGTERM
 * when the thread that started it ends.
 * ERR_IO: folder not writable, did not start (*why quotes the last line of its
 * log); ERR_ABSENT: redis-server not installed or older than 7.0; ERR_LIMIT:
 * the path is too long for a socket; ERR_MEMORY. */
enum err embedded_start(const char *dir, struct embedded **ret,
                        struct why *why) must_check;

/* Call a few times a second: restarts the server when it died, takes over
 * when its owner is gone. Never blocks. Returns true when it (re)started the
 * server in this call, for the log. Call from a thread that lasts until
 * embedded_stop, the main thread best: see embedded_start. */
bool embedded_watch(struct embedded *e);

/* Stops the server if this process owns it (SHUTDOWN, so that the AOF is
 * complete), waits for its end, 10 s at most. Sets *e to NULL. */
void embedded_stop(struct embedded **e);

/* "<dir>/redis.sock", into dst. */
void embedded_socket(const char *dir, char *dst, size_t size);

#endif

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
 * one that runs there, and waits until it answers, 15 s at most. Call from the
 * main thread: the server gets SIGTERM when that thread's process ends.
 * ERR_IO: folder not writable, redis-server not installed, did not start
 * (*why quotes the last line of its log). */
enum err embedded_start(const char *dir, struct embedded **ret,
                        struct why *why) must_check;

/* Call a few times a second: restarts the server when it died, takes over
 * when its owner is gone. Never blocks. Returns true when it (re)started the
 * server in this call, for the log. */
bool embedded_watch(struct embedded *e);

/* Stops the server if this process owns it (SHUTDOWN, so that the AOF is
 * complete), waits for its end, 10 s at most. Sets *e to NULL. */
void embedded_stop(struct embedded **e);

/* "<dir>/redis.sock", into dst. */
void embedded_socket(const char *dir, char *dst, size_t size);

#endif

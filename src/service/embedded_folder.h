/* The folder of the embedded Redis: made private, locked by one owner, with
 * the server's configuration and log in it. */
#ifndef EXTQ_SERVICE_EMBEDDED_FOLDER_H
#define EXTQ_SERVICE_EMBEDDED_FOLDER_H

#include "base/err.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

/* AF_UNIX paths end at 107 bytes (unix(7)). */
enum { EMBEDDED_SOCKET_MAX = 108 };

struct embedded_folder {
    char dir[PATH_MAX]; /* absolute, as written otherwise */
    char socket[EMBEDDED_SOCKET_MAX];
    char conf[PATH_MAX];
    char log[PATH_MAX];
    int lock; /* close-on-exec; -1 = not open */
};

/* Makes the folder and its missing parents (0700) and opens the lock file,
 * without locking it. ERR_IO; ERR_LIMIT when the socket's path is too long.
 * On success end with embedded_folder_close. */
enum err embedded_folder_open(const char *dir, struct embedded_folder *ret,
                              struct why *why) must_check;

/* Takes the lock if nobody has it; never waits. The lock belongs to the open
 * file: a child that inherits it keeps it for as long as it lives. */
bool embedded_folder_lock(struct embedded_folder *f);

/* Gives the lock back, for every child as well: only while no server runs. */
void embedded_folder_unlock(struct embedded_folder *f);

/* Replaces redis.conf. ERR_IO, ERR_MEMORY. */
enum err embedded_folder_write(const struct embedded_folder *f,
                               struct why *why) must_check;

/* Copies the last line of the server's log, without control bytes; an empty
 * text when there is none. */
void embedded_folder_last_words(const struct embedded_folder *f, char *dst,
                                size_t size);

void embedded_folder_close(struct embedded_folder *f);

#endif

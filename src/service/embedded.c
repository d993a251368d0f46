#include "service/embedded.h"

#include "base/check.h"
#include "base/clock.h"
#include "service/embedded_binary.h"
#include "service/embedded_server.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    START_MS = 15000,
    LOOK_MS = 10,
    BACKOFF_MS = 100, /* after an early death; doubles with each */
    BACKOFF_MAX_MS = 5000,
    STEADY_MS = 10000, /* a death after so long is not an early one */
};

struct embedded {
    struct embedded_folder folder;
    char binary[PATH_MAX];
    bool owner;         /* the lock is ours */
    pid_t pid;          /* our server; 0 = none at the moment */
    int64_t started_ms; /* monotonic, as below */
    int64_t restart_ms; /* no restart before this */
    int64_t backoff_ms;
};

void embedded_socket(const char *dir, char *dst, size_t size)
{
    size_t len = strlen(dir);

    while (len > 1 && dir[len - 1] == '/')
        len--;
    (void)snprintf(dst, size, "%.*s/redis.sock", (int)len, dir);
}

/* Also after a failure the time counts, for the backoff. */
static enum err launch(struct embedded *e)
{
    enum err err = embedded_server_start(&e->folder, e->binary, &e->pid);

    e->started_ms = clock_mono_ms();
    return err;
}

/* Takes the lock, when it is free, and starts the server. A failure gives the
 * lock back: another process may do better. */
static enum err take_over(struct embedded *e, struct why *why)
{
    enum err err;

    if (!embedded_folder_lock(&e->folder))
        return ERR_OK;
    err = embedded_folder_write(&e->folder, why);
    if (!err && (err = launch(e)))
        (void)why_set(why, err, "cannot start %s: %s", e->binary,
                      strerror(errno));
    if (err)
        embedded_folder_unlock(&e->folder);
    e->owner = !err;
    return err;
}

/* The server says best what it lacks: damaged files, a full disk, an option
 * it does not know. */
static enum err died_at_start(struct embedded *e, struct why *why)
{
    char words[256];

    e->pid = 0;
    embedded_folder_last_words(&e->folder, words, sizeof words);
    return why_set(why, ERR_IO,
                   "the embedded Redis in %.160s did not start: "
                   "%s",
                   e->folder.dir, words[0] ? words : "it wrote no log");
}

static enum err too_late(const struct embedded *e, struct why *why)
{
    if (e->owner)
        return why_set(why, ERR_IO,
                       "the embedded Redis in %.160s does not answer within "
                       "%d s; its log is %.160s",
                       e->folder.dir, START_MS / 1000, e->folder.log);
    return why_set(why, ERR_IO,
                   "another process holds the embedded Redis in %.160s, and "
                   "its server does not answer within %d s",
                   e->folder.dir, START_MS / 1000);
}

/* Until the server answers, ours or that of the lock's holder. */
static enum err wait_for_answer(struct embedded *e, struct why *why)
{
    int64_t until = clock_mono_ms() + START_MS;

    for (;;) {
        enum err err = e->owner ? ERR_OK : take_over(e, why);

        if (err)
            return err;
        if (e->pid && embedded_server_ended(e->pid))
            return died_at_start(e, why);
        if (embedded_server_answers(&e->folder))
            return ERR_OK;
        if (clock_mono_ms() >= until)
            return too_late(e, why);
        (void)poll(NULL, 0, LOOK_MS);
    }
}

enum err embedded_start(const char *dir, struct embedded **ret, struct why *why)
{
    struct embedded *e = calloc(1, sizeof *e);
    enum err err;

    if (!e)
        return why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    e->backoff_ms = BACKOFF_MS;
    err = embedded_folder_open(dir, &e->folder, why);
    if (!err)
        err = embedded_binary_find(e->binary, why);
    if (!err)
        err = wait_for_answer(e, why);
    if (err)
        embedded_stop(&e);
    else
        *ret = e;
    return err;
}

static void note_death(struct embedded *e, int64_t now)
{
    e->pid = 0;
    if (now - e->started_ms >= STEADY_MS) {
        e->backoff_ms = BACKOFF_MS;
        e->restart_ms = now;
        return;
    }
    e->restart_ms = now + e->backoff_ms;
    e->backoff_ms *= 2;
    if (e->backoff_ms > BACKOFF_MAX_MS)
        e->backoff_ms = BACKOFF_MAX_MS;
}

bool embedded_watch(struct embedded *e)
{
    int64_t now = clock_mono_ms();

    if (e->pid && embedded_server_ended(e->pid))
        note_death(e, now);
    if (e->pid || now < e->restart_ms)
        return false;
    /* The lock is free as soon as the last owner's server is gone. */
    if (!e->owner) {
        if (take_over(e, NULL))
            e->restart_ms = now + BACKOFF_MAX_MS;
        return e->owner;
    }
    if (launch(e)) {
        note_death(e, now);
        return false;
    }
    return true;
}

void embedded_stop(struct embedded **e)
{
    if (!*e)
        return;
    /* The lock goes last: nobody starts a server beside one that still
     * writes. */
    if ((*e)->pid)
        embedded_server_stop(&(*e)->folder, (*e)->pid);
    embedded_folder_close(&(*e)->folder);
    free(*e);
    *e = NULL;
}

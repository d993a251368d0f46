#include "service/embedded_binary.h"

#include "base/clock.h"
#include "base/span.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ANSWER_MS = 5000, MAJOR_MIN = 7 };

static bool is_program(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

static bool find_in_path(const char *name, char ret[PATH_MAX])
{
    const char *path = getenv("PATH");
    struct span rest = span_of(path ? path : "/usr/bin:/bin");

    while (rest.len > 0) {
        struct span dir = span_cut(&rest, ':');
        int len =
            snprintf(ret, PATH_MAX, "%.*s/%s", (int)dir.len, dir.at, name);

        /* An empty part means the current folder: not a place to run
         * programs from. */
        if (dir.len > 0 && len > 0 && len < PATH_MAX && is_program(ret))
            return true;
    }
    return false;
}

/* Its standard output goes to `out`; nothing else of ours is inherited, since
 * all our descriptors close on exec. */
static enum err spawn_piped(const char *path, int out, pid_t *ret)
{
    char name[] = "redis-server", option[] = "--version";
    char *argv[] = {name, option, NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none;
    int e;

    sigemptyset(&none);
    if (posix_spawn_file_actions_init(&actions))
        return ERR_MEMORY;
    if (posix_spawnattr_init(&attributes)) {
        posix_spawn_file_actions_destroy(&actions);
        return ERR_MEMORY;
    }
    e = posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    if (!e)
        e = posix_spawnattr_setsigmask(&attributes, &none);
    if (!e)
        e = posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    if (!e)
        e = posix_spawn(ret, path, &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return e ? ERR_IO : ERR_OK;
}

/* Until the other end closes; a program that hangs is given up on. */
static size_t read_until_end(int fd, char *dst, size_t size)
{
    int64_t until = clock_mono_ms() + ANSWER_MS;
    struct pollfd p = {.fd = fd, .events = POLLIN};
    size_t len = 0;

    while (len < size - 1) {
        int64_t left = until - clock_mono_ms();
        ssize_t n;

        if (left <= 0 || (poll(&p, 1, (int)left) <= 0 && errno != EINTR))
            break;
        n = read(fd, dst + len, size - 1 - len);
        if (n == 0 || (n < 0 && errno != EINTR))
            break;
        len += n > 0 ? (size_t)n : 0;
    }
    dst[len] = '\0';
    return len;
}

static enum err ask_version(const char *path, char *dst, size_t size)
{
    int ends[2];
    pid_t pid;
    enum err e;

    dst[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0)
        return ERR_IO;
    e = spawn_piped(path, ends[1], &pid);
    close(ends[1]);
    if (!e) {
        read_until_end(ends[0], dst, size);
        /* Has ended by now, or hangs: not reaped yet, so the id is its own. */
        (void)kill(pid, SIGKILL);
        (void)waitpid(pid, NULL, 0);
    }
    close(ends[0]);
    return e;
}

/* "Redis server v=7.0.15 sha=...", "Valkey server v=8.1.1 ..." */
static long major_version(const char *text)
{
    const char *at = strstr(text, "v=");

    return at ? strtol(at + 2, NULL, 10) : 0;
}

static enum err check_version(const char *path, struct why *why)
{
    char text[256];

    if (ask_version(path, text, sizeof text))
        return why_set(why, ERR_ABSENT, "%s cannot be run: %s", path,
                       strerror(errno));
    if (major_version(text) < MAJOR_MIN)
        return why_set(why, ERR_ABSENT,
                       "%s is too old (%.40s): Redis 7.0 or newer, or Valkey, "
                       "is needed",
                       path, text);
    return ERR_OK;
}

enum err embedded_binary_find(char ret[PATH_MAX], struct why *why)
{
    static const char *const names[] = {"redis-server", "valkey-server"};
    bool found = false;

    /* An old Redis beside a new Valkey is no reason to give up. */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!find_in_path(names[i], ret))
            continue;
        found = true;
        if (!check_version(ret, why))
            return ERR_OK;
    }
    if (found)
        return ERR_ABSENT; /* check_version said why */
    return why_set(why, ERR_ABSENT,
                   "no redis-server in PATH: install the package redis-server "
                   "(or valkey-server), or point redis.url at a running Redis");
}

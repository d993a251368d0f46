#include "cli/processes.h"

#include "cli/command.h"
#include "cli/say.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { STATUS_MAX = 8192 };

/* The start of a file of the process, with a NUL behind it; its length. */
static size_t read_start(int64_t pid, const char *name, char *dst, size_t size)
{
    char path[64];
    ssize_t len = -1;
    int fd;

    (void)snprintf(path, sizeof path, "/proc/%lld/%s", (long long)pid, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0) {
        len = read(fd, dst, size - 1);
        (void)close(fd);
    }
    dst[len > 0 ? len : 0] = '\0';
    return len > 0 ? (size_t)len : 0;
}

/* "extq\0run\0...", whatever the path in front. */
static bool is_service(int64_t pid)
{
    char words[512];
    size_t len = read_start(pid, "cmdline", words, sizeof words);
    const char *slash = strrchr(words, '/');
    const char *name = slash ? slash + 1 : words;
    size_t next = strlen(words) + 1;

    return len > next && strcmp(name, "extq") == 0 &&
           strcmp(words + next, "run") == 0;
}

/* It has a handler for it, so that it does not die of it. */
static bool catches(int64_t pid, int signum)
{
    char status[STATUS_MAX];
    const char *line;

    (void)read_start(pid, "status", status, sizeof status);
    line = strstr(status, "\nSigCgt:");
    return line &&
           (strtoull(line + 8, NULL, 16) >> (unsigned)(signum - 1) & 1) != 0;
}

/* Of another user's process, or one that cannot be traced, nobody may know. */
bool processes_is_near(int64_t pid)
{
    struct stat own, other;
    char path[64];

    (void)snprintf(path, sizeof path, "/proc/%lld/ns/net", (long long)pid);
    return stat(path, &other) != 0 || stat("/proc/self/ns/net", &own) != 0 ||
           (own.st_dev == other.st_dev && own.st_ino == other.st_ino);
}

int64_t processes_own_pid(int64_t pid)
{
    char status[STATUS_MAX];
    const char *line, *last;

    (void)read_start(pid, "status", status, sizeof status);
    line = strstr(status, "\nNSpid:");
    if (!line)
        return pid;
    /* One for each namespace around it, its own last. */
    line++;
    last = line + strcspn(line, "\n");
    while (last > line && (last[-1] >= '0' && last[-1] <= '9'))
        last--;
    return strtoll(last, NULL, 10);
}

bool processes_signal(const char *command, int64_t pid, int signum)
{
    if (!catches(pid, signum)) {
        say(command, "pid %lld does not know of this (yet): nothing was sent",
            (long long)pid);
        return false;
    }
    if (kill((pid_t)pid, signum) != 0) {
        say(command, "pid %lld: %s", (long long)pid, strerror(errno));
        return false;
    }
    return true;
}

static int order_all(const char *command, processes_order *order, void *arg)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    int code = EXIT_OK, found = 0;

    while (all && (entry = readdir(all))) {
        int64_t pid = strtoll(entry->d_name, NULL, 10);
        int one;

        if (pid <= 0 || !is_service(pid))
            continue;
        found++;
        one = order(command, pid, arg);
        if (one != EXIT_OK)
            code = one;
    }
    if (all)
        (void)closedir(all);
    if (found > 0)
        return code;
    say(command,
        "no extq run is here; of one in a container: docker exec "
        "NAME extq %s",
        command);
    return EXIT_FAILED;
}

int processes_each(const char *command, int64_t pid, processes_order *order,
                   void *arg)
{
    if (pid == 0)
        return order_all(command, order, arg);
    if (is_service(pid))
        return order(command, pid, arg);
    say(command, "pid %lld is no extq run", (long long)pid);
    return EXIT_FAILED;
}

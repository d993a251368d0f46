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

static int signal_one(const char *command, int64_t pid, int signum,
                      const char *done)
{
    if (!catches(pid, signum)) {
        say(command, "pid %lld does not know of this (yet): nothing was sent",
            (long long)pid);
        return EXIT_FAILED;
    }
    if (kill((pid_t)pid, signum) != 0) {
        say(command, "pid %lld: %s", (long long)pid, strerror(errno));
        return EXIT_FAILED;
    }
    printf("pid %lld: %s\n", (long long)pid, done);
    return EXIT_OK;
}

static int signal_all(const char *command, int signum, const char *done)
{
    DIR *all = opendir("/proc");
    const struct dirent *entry;
    int code = EXIT_OK, found = 0;

    while (all && (entry = readdir(all))) {
        int64_t pid = strtoll(entry->d_name, NULL, 10);

        if (pid <= 0 || !is_service(pid))
            continue;
        found++;
        if (signal_one(command, pid, signum, done) != EXIT_OK)
            code = EXIT_FAILED;
    }
    if (all)
        (void)closedir(all);
    if (found > 0)
        return code;
    say(command, "no extq run is here; of one in a container: docker exec "
                 "NAME extq ...");
    return EXIT_FAILED;
}

int processes_signal(const char *command, int64_t pid, int signum,
                     const char *done)
{
    if (pid == 0)
        return signal_all(command, signum, done);
    if (is_service(pid))
        return signal_one(command, pid, signum, done);
    say(command, "pid %lld is no extq run", (long long)pid);
    return EXIT_FAILED;
}

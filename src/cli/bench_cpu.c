#include "cli/bench_cpu.h"

#include "base/buf.h"
#include "base/file.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 20 };

int64_t bench_cpu_us(pid_t pid)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return 0;
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* What stands behind the first `name` in a file, up to the line's end. */
static void look_up(const char *path, const char *name, char *dst, size_t size)
{
    struct buf text = buf_make(FILE_MAX);
    const char *at = NULL;

    dst[0] = '\0';
    if (!file_read(path, &text, NULL) && text.at)
        at = strstr(text.at, name);
    if (at) {
        at += strlen(name);
        at += strspn(at, " \t:=\"");
        (void)snprintf(dst, size, "%.*s", (int)strcspn(at, "\"\n"), at);
    }
    buf_clear(&text);
}

int64_t bench_rss_kib(pid_t pid)
{
    char path[64], text[64];

    (void)snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    look_up(path, "VmRSS:", text, sizeof text);
    return strtoll(text, NULL, 10);
}

unsigned bench_files(pid_t pid)
{
    const struct dirent *file;
    char path[64];
    unsigned count = 0;
    DIR *all;

    (void)snprintf(path, sizeof path, "/proc/%d/fd", (int)pid);
    all = opendir(path);
    while (all && (file = readdir(all)))
        count += file->d_name[0] != '.';
    if (all)
        (void)closedir(all);
    return count;
}

void bench_machine(char *dst, size_t size)
{
    struct utsname system = {.release = ""};
    char cpu[128], distribution[128];
    double pages = (double)sysconf(_SC_PHYS_PAGES);

    (void)uname(&system);
    look_up("/proc/cpuinfo", "model name", cpu, sizeof cpu);
    look_up("/etc/os-release", "PRETTY_NAME", distribution,
            sizeof distribution);
    (void)snprintf(dst, size, "%ld x %s, %.0f GiB, Linux %s, %s",
                   sysconf(_SC_NPROCESSORS_ONLN), cpu[0] ? cpu : "CPU",
                   pages * (double)sysconf(_SC_PAGESIZE) / (1 << 30),
                   system.release, distribution);
}

#include "cli/bench_bed.h"

#include "base/clock.h"
#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum {
    SILENCE_MS = 60000,
    LOOK_MS = 2,
    BASE_MAX = 64,
    FILES_WANTED = 65536,
    FILES_BESIDES = 256, /* of a process, besides its requests */
};

static const char leases_key[] = "extq:{default}:leases";

/* The product as it is shipped, but for loopback and plain http, which are
 * permitted because the extensions are there, and for the limit of a container,
 * because there are only three. acme is called at /main; side
 * at /side of the same host, other at /side of another one. */
static const char config[] =
    "# Written by extq bench.\n"
    "redis: {url: \"redis://127.0.0.1:%u/0\"}\n"
    "workers: %u\n"
    "in_flight: %u\n"
    "container_in_flight: 10000000\n"
    "extensions:\n"
    "  - {container: acme, point: on-new-lead, secret_file: token,\n"
    "     url: \"http://127.0.0.1:%u/main\"}\n"
    "  - {container: side, point: on-new-lead, secret_file: token,\n"
    "     url: \"http://127.0.0.1:%u/side\"}\n"
    "  - {container: other, point: on-new-lead, secret_file: token,\n"
    "     url: \"http://127.0.0.2:%u/side\"}\n"
    "points: {default: {timeout: 10m}}\n"
    "network: {allow: [127.0.0.0/8], schemes: [http, https]}\n"
    "ops: {listen: \"\"}\n";

static enum err make_folder(struct bench_bed *b)
{
    const char *base = getenv("TMPDIR");
    struct demo_folder *f = &b->folder;
    char dir[DEMO_PATH_MAX];
    int room = BASE_MAX + 32;

    if (!base || base[0] != '/' || strlen(base) > BASE_MAX ||
        strpbrk(base, "\"\\\n"))
        base = "/tmp";
    (void)snprintf(dir, sizeof dir, "%.*s/extq-bench.XXXXXX", BASE_MAX, base);
    if (!mkdtemp(dir))
        return why_set(&b->why, ERR_IO, "cannot make a folder under %s: %s",
                       base, strerror(errno));
    memcpy(f->dir, dir, sizeof f->dir);
    (void)snprintf(f->config, sizeof f->config, "%.*s/extq.yaml", room, dir);
    (void)snprintf(f->token, sizeof f->token, "%.*s/token", room, dir);
    (void)snprintf(f->log, sizeof f->log, "%.*s/log", room, dir);
    return ERR_OK;
}

enum err bed_write(struct bench_bed *b, const char *path, const char *format,
                   ...)
{
    FILE *file = fopen(path, "we");
    bool good = false;
    va_list args;

    if (file) {
        va_start(args, format);
        good = vfprintf(file, format, args) > 0;
        va_end(args);
    }
    if (file && fclose(file) != 0)
        good = false;
    return good ? ERR_OK
                : why_set(&b->why, ERR_IO, "cannot write %s: %s", path,
                          strerror(errno));
}

/* A socket for each request in flight, in the service and in the server. */
static void raise_limits(void)
{
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_max < FILES_WANTED) {
        const struct rlimit more = {FILES_WANTED, FILES_WANTED};

        /* Root may. */
        if (setrlimit(RLIMIT_NOFILE, &more) == 0)
            return;
    }
    files.rlim_cur = files.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &files);
}

bool bed_has_files(uint64_t sockets)
{
    struct rlimit files;

    return getrlimit(RLIMIT_NOFILE, &files) == 0 &&
           files.rlim_cur >= sockets + FILES_BESIDES;
}

enum err bed_open(struct bench_bed *b, int signals)
{
    char redis[DEMO_PATH_MAX + 8];
    enum err e;

    b->signals = signals;
    raise_limits();
    e = make_folder(b);
    if (!e)
        e = bed_write(b, b->folder.token, "bench-bearer-0123456789abcdef\n");
    if (!e)
        e = bench_sink_start(&b->sink, &b->why);
    if (e)
        return e;
    (void)snprintf(redis, sizeof redis, "%s/redis", b->folder.dir);
    return bench_redis_start(redis, &b->redis, &b->why);
}

enum err bed_close(struct bench_bed *b)
{
    bed_stop_services(b);
    child_kill(&b->bare);
    bench_redis_stop(&b->redis);
    bench_sink_stop(&b->sink);
    return demo_folder_remove(&b->folder);
}

bool bed_wait(struct bench_bed *b, int64_t ms)
{
    struct pollfd p = {.fd = b->signals, .events = POLLIN};
    struct signalfd_siginfo info;

    if (!b->interrupted && poll(&p, 1, (int)ms) > 0 &&
        read(b->signals, &info, sizeof info) == (ssize_t)sizeof info)
        b->interrupted = true;
    if (ferror(stdout))
        b->interrupted = true;
    return !b->interrupted;
}

enum err bed_reset(struct bench_bed *b, int64_t main_us, int64_t side_us)
{
    bench_sink_reset(&b->sink, main_us, side_us);
    if (bench_redis_empty(&b->redis))
        return why_set(&b->why, ERR_REDIS, "Redis could not be emptied");
    return ERR_OK;
}

static enum err configure(struct bench_bed *b, const struct bench_shape *s)
{
    unsigned port = b->sink.port;

    return bed_write(b, b->folder.config, config, b->redis.port, s->workers,
                     s->in_flight, port, port, port);
}

enum err bed_start_bare(struct bench_bed *b, const char *const *argv,
                        const char *log)
{
    struct child_start start = {
        .path = argv[0], .argv = argv, .log = log, .death_signal = SIGKILL};

    return child_start(&start, &b->bare, &b->why);
}

/* A service or a bare loop that was started is not there any more; b->why then
 * says so. */
static bool lost_one(struct bench_bed *b)
{
    for (size_t i = 0; i < BED_SERVICES_MAX; i++)
        if (b->services[i] && child_ended(&b->services[i], NULL)) {
            (void)why_set(&b->why, ERR_IO, "a service ended by itself");
            return true;
        }
    if (b->bare && child_ended(&b->bare, NULL)) {
        (void)why_set(&b->why, ERR_IO, "a bare loop ended by itself");
        return true;
    }
    return false;
}

enum err bed_await(struct bench_bed *b, const struct bed_goal *goal)
{
    uint64_t seen = 0, now;
    int64_t heard_ms = clock_mono_ms();

    while ((now = goal->count(b, goal->arg)) < goal->want) {
        if (now != seen)
            heard_ms = clock_mono_ms();
        seen = now;
        if (!bed_wait(b, LOOK_MS))
            return why_set(&b->why, ERR_IO, "interrupted");
        if (lost_one(b))
            return ERR_IO;
        if (clock_mono_ms() - heard_ms > SILENCE_MS)
            return why_set(&b->why, ERR_IO, "%s: %" PRIu64 " of %" PRIu64,
                           goal->stuck, now, goal->want);
    }
    return ERR_OK;
}

static uint64_t count_leases(struct bench_bed *b, const void *arg)
{
    int64_t count = bench_redis_number(&b->redis, "ZCARD", leases_key);

    (void)arg;
    return count > 0 ? (uint64_t)count : 0;
}

enum err bed_serve_configured(struct bench_bed *b, unsigned processes)
{
    const char *argv[] = {"extq", "run", "-c", b->folder.config, NULL};
    /* This very program, even when the file was replaced by an upgrade. */
    struct child_start start = {.path = "/proc/self/exe",
                                .argv = argv,
                                .log = b->folder.log,
                                .death_signal = SIGKILL};
    enum err e = ERR_OK;

    for (unsigned i = 0; !e && i < processes; i++)
        e = child_start(&start, &b->services[i], &b->why);
    return e ? e
             : bed_await(b, &(struct bed_goal){count_leases, NULL, processes,
                                               "services do not get ready"});
}

enum err bed_serve(struct bench_bed *b, const struct bench_shape *s)
{
    enum err e = configure(b, s);

    return e ? e : bed_serve_configured(b, s->processes);
}

void bed_stop_services(struct bench_bed *b)
{
    for (size_t i = 0; i < BED_SERVICES_MAX; i++)
        child_kill(&b->services[i]);
}

/* Where `extq bench` measures: a folder, a private Redis, the extension
 * server, services and bare loops; all gone when it is closed. */
#ifndef EXTQ_CLI_BENCH_BED_H
#define EXTQ_CLI_BENCH_BED_H

#include "cli/bench_redis.h"
#include "cli/bench_sink.h"
#include "cli/demo_folder.h"

#include <stdbool.h>

enum { BED_SERVICES_MAX = 4 };

struct bench_bed {
    struct demo_folder folder;
    struct bench_redis redis;
    struct bench_sink sink;
    pid_t services[BED_SERVICES_MAX]; /* 0 = none */
    pid_t bare;                       /* a bare loop; 0 = none */
    int signals;                      /* signalfd */
    bool interrupted;
    struct why why; /* of the last failure */
};

/* How services run. */
struct bench_shape {
    unsigned processes, workers;
    unsigned in_flight; /* per worker */
};

/* On failure bed_close all the same. */
enum err bed_open(struct bench_bed *b, int signals) must_check;

/* ERR_IO when something of the folder stays. */
enum err bed_close(struct bench_bed *b) must_check;

/* True when a process may have so many requests under way. */
bool bed_has_files(uint64_t sockets);

/* Waits; false once a signal came or nobody reads us any more. */
bool bed_wait(struct bench_bed *b, int64_t ms);

/* What is waited for. */
struct bed_goal {
    uint64_t (*count)(struct bench_bed *b, const void *arg); /* there now */
    const void *arg;
    uint64_t want;
    const char *stuck; /* what to say when nothing more comes for a minute */
};

/* ERR_IO, also when a signal or a lost process came first; reason in b->why. */
enum err bed_await(struct bench_bed *b, const struct bed_goal *goal) must_check;

/* Writes a file, the text as of printf. ERR_IO, reason in b->why. */
enum err bed_write(struct bench_bed *b, const char *path, const char *format,
                   ...) must_check __attribute__((format(printf, 3, 4)));

/* No data, counters at 0, the extensions' delays as given. ERR_REDIS. */
enum err bed_reset(struct bench_bed *b, int64_t main_us,
                   int64_t side_us) must_check;

/* Starts services and waits until they have their leases. */
enum err bed_serve(struct bench_bed *b,
                   const struct bench_shape *shape) must_check;

/* The same with the configuration that lies in the folder. */
enum err bed_serve_configured(struct bench_bed *b,
                              unsigned processes) must_check;
void bed_stop_services(struct bench_bed *b);

/* Starts a bare loop (argv[0] is its path; the list ends with NULL), its output
 * appended to the file log. ERR_IO, ERR_MEMORY, reason in b->why. */
enum err bed_start_bare(struct bench_bed *b, const char *const *argv,
                        const char *log) must_check;

#endif

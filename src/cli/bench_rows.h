/* The rows of the bench's table, and what measures each of them. */
#ifndef EXTQ_CLI_BENCH_ROWS_H
#define EXTQ_CLI_BENCH_ROWS_H

#include "cli/bench_bed.h"
#include "cli/bench_figures.h"

/* Everything that one run of a row needs. */
struct bench {
    struct bench_bed bed;
    struct figures figures; /* of the row that is measured */
    bool quick;
    uint64_t jobs;       /* of the option; 0 = as the row has it */
    char bare_curl[512]; /* paths of the bare loops; empty = not built */
    char bare_queue[512];
    char bare_redis[512];
    char tls_sink[512];
};

struct bench_row {
    const char *name;
    const char *sentence;
    enum err (*run)(struct bench *b, const struct bench_row *row);
    struct bench_shape shape;
    uint64_t jobs, quick_jobs;
    int64_t delay_ms; /* of the extension */
    double cpu_bound; /* us a job; 0 = by the bare loop */
    double rss_bound; /* MiB; 0 = none */
};

/* Ended by a row without a name. */
extern const struct bench_row bench_rows[];

uint64_t row_jobs(const struct bench *b, const struct bench_row *row);

/* Each runs once, adds its figures, and leaves no process of its own. On
 * failure bed.why says what happened. */
enum err row_load(struct bench *b, const struct bench_row *row) must_check;
enum err row_redis(struct bench *b, const struct bench_row *row) must_check;
enum err row_latency(struct bench *b, const struct bench_row *row) must_check;
enum err row_idle(struct bench *b, const struct bench_row *row) must_check;
enum err row_processes(struct bench *b, const struct bench_row *row) must_check;
enum err row_backlog(struct bench *b, const struct bench_row *row) must_check;
enum err row_retries(struct bench *b, const struct bench_row *row) must_check;
enum err row_https(struct bench *b, const struct bench_row *row) must_check;
enum err row_nginx(struct bench *b, const struct bench_row *row) must_check;
enum err row_http2(struct bench *b, const struct bench_row *row) must_check;
enum err row_slow(struct bench *b, const struct bench_row *row) must_check;

#endif

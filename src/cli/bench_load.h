/* Jobs for the bench: made beforehand, let loose at once, watched while they
 * are worked off. */
#ifndef EXTQ_CLI_BENCH_LOAD_H
#define EXTQ_CLI_BENCH_LOAD_H

#include "cli/bench_bed.h"

enum { LOAD_PAYLOAD = 510 };

enum load_kind {
    LOAD_JOBS, /* as producers push them */
    LOAD_DUE,  /* retries whose time has come */
};

struct load_batch {
    enum load_kind kind;
    const char *container; /* whose extension: "acme", "side", "other"; NULL =
                              "t0", "t1", ... one each */
    uint64_t jobs;
    unsigned nth; /* tells batches apart that lie ready together */
};

/* Puts the batch where nobody looks for it. */
enum err load_stock(struct bench_bed *b,
                    const struct load_batch *batch) must_check;

/* Into the queue, where nothing of its kind is left, in one step. */
enum err load_release(struct bench_bed *b,
                      const struct load_batch *batch) must_check;

/* One job straight into the queue. */
enum err load_push_one(struct bench_bed *b, const char *container) must_check;

/* What the processes used between two counts of requests at /main. */
struct load_window {
    uint64_t jobs;
    int64_t wall_us;
    int64_t service_us, redis_us, sink_us; /* CPU */
    int64_t functions;                     /* FCALLs */
    uint64_t connections;                  /* opened to the extension */
    int64_t rss_kib;                       /* of all services, at its end */
};

/* Starts a window now, and ends it; of the bare loop where one runs, else of
 * the services. */
void load_begin(struct bench_bed *b, struct load_window *ret);
void load_end(struct bench_bed *b, struct load_window *ret);

/* Waits for the first count, begins; ends at the second. */
enum err load_window(struct bench_bed *b, uint64_t from, uint64_t to,
                     struct load_window *ret) must_check;

/* One of the window's times for each of its jobs. */
double load_per_job(const struct load_window *w, int64_t us);

/* Waits until so many requests have come to a lane (SINK_MAIN, SINK_SIDE). As
 * bed_await. */
enum err load_wait(struct bench_bed *b, size_t lane, uint64_t count) must_check;

/* What the services have counted as delivered since the bed's last reset, for
 * extensions other than the bed's own server; and waits until it is so much. */
uint64_t load_delivered(struct bench_bed *b);
enum err load_wait_delivered(struct bench_bed *b, uint64_t count) must_check;

#endif

/* A producer of libextq on a Redis of the test's, with a note of what became
 * of each job: id "j-<n>". */
#ifndef EXTQ_SUPPORT_CLIENT_CLIENT_BED_H
#define EXTQ_SUPPORT_CLIENT_CLIENT_BED_H

#include "extq.h"
#include "support/redis_server.h"

enum { BED_JOBS = 40000, BED_TOLD_NOT = -1 };

extern const char bed_jobs_key[];

struct client_bed {
    struct redis_server *redis;
    struct extq *x;
    int fates[BED_JOBS];      /* an extq_status, or BED_TOLD_NOT */
    size_t told, ok;          /* calls of done; those with EXTQ_OK */
    char why[EXTQ_TEXT_SIZE]; /* extq_error at the last that was not OK */
    void (*on_told)(struct client_bed *b); /* after each; NULL = nothing */
};

/* On a new server (appendonly), or on none when url names another. The window
 * and the time limit are of options. */
struct client_bed *client_bed_open(const char *url, size_t window,
                                   int64_t timeout_ms);
void client_bed_close(struct client_bed **b);

/* Job number n: id "j-<n>", payload {"n":<n>}. texts is for the texts. */
struct client_job {
    char id[32], payload[32];
};
struct extq_job client_job(struct client_job *texts, unsigned n);

/* extq_submit and extq_enqueue of job number n. */
enum extq_status client_submit(struct client_bed *b, unsigned n);
enum extq_status client_enqueue(struct client_bed *b, unsigned n);

/* How many of the queue's jobs are number n. */
unsigned client_queued(struct client_bed *b, unsigned n);

#endif

#include "support/client/client_bed.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* With everysec, what is written while the disk is busy waits in memory, and
 * goes with a SIGKILL. */
static const char *const durable[] = {"--appendfsync", "always", NULL};

const char bed_jobs_key[] = "extq:{default}:jobs";

static void note(void *owner, void *arg, const char *id,
                 enum extq_status status)
{
    struct client_bed *b = owner;
    unsigned n = (unsigned)(uintptr_t)arg;
    char expected[32];

    (void)snprintf(expected, sizeof expected, "j-%u", n);
    ck_assert_str_eq(id, expected);
    ck_assert_int_eq(b->fates[n], BED_TOLD_NOT);
    b->fates[n] = (int)status;
    b->told++;
    b->ok += status == EXTQ_OK;
    if (status != EXTQ_OK)
        (void)snprintf(b->why, sizeof b->why, "%s", extq_error(b->x));
    if (b->on_told)
        b->on_told(b);
}

struct client_bed *client_bed_open(const char *url, size_t window,
                                   int64_t timeout_ms)
{
    struct client_bed *b = calloc(1, sizeof *b);
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq_why why = {""};
    enum extq_status s;

    ck_assert_ptr_nonnull(b);
    for (size_t i = 0; i < BED_JOBS; i++)
        b->fates[i] = BED_TOLD_NOT;
    if (!url)
        b->redis = redis_server_start(true, durable);
    options.url = url ? url : redis_server_url(b->redis);
    options.window = window;
    options.timeout_ms = timeout_ms;
    options.done = note;
    options.owner = b;
    s = extq_open(&options, &b->x, &why);
    ck_assert_msg(s == EXTQ_OK, "%s", why.text);
    return b;
}

void client_bed_close(struct client_bed **b)
{
    extq_close(&(*b)->x);
    ck_assert_ptr_null((*b)->x);
    redis_server_close(&(*b)->redis);
    free(*b);
    *b = NULL;
}

struct extq_job client_job(struct client_job *texts, unsigned n)
{
    struct extq_job job = EXTQ_JOB_INIT;

    (void)snprintf(texts->id, sizeof texts->id, "j-%u", n);
    (void)snprintf(texts->payload, sizeof texts->payload, "{\"n\":%u}", n);
    job.id = texts->id;
    job.container = "acme";
    job.point = "on-new-lead";
    job.payload = texts->payload;
    return job;
}

enum extq_status client_submit(struct client_bed *b, unsigned n)
{
    struct client_job texts;
    struct extq_job job = client_job(&texts, n);

    return extq_submit(b->x, &job, (void *)(uintptr_t)n);
}

enum extq_status client_enqueue(struct client_bed *b, unsigned n)
{
    struct client_job texts;
    struct extq_job job = client_job(&texts, n);

    return extq_enqueue(b->x, &job);
}

unsigned client_queued(struct client_bed *b, unsigned n)
{
    const char *text =
        redis_server_ask(b->redis, "LRANGE", bed_jobs_key, "0", "-1", NULL);
    char mark[48];
    unsigned count = 0;

    (void)snprintf(mark, sizeof mark, "{\"id\":\"j-%u\",", n);
    for (text = strstr(text, mark); text; text = strstr(text + 1, mark))
        count++;
    return count;
}

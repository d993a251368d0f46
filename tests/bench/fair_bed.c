#include "fair.h"

#include "base/clock.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK_MS = 600000, SERVE_MS = 30000 };

long fair_option(const char *name, long otherwise)
{
    const char *text = getenv(name);

    return text ? strtol(text, NULL, 10) : otherwise;
}

static void note_bad(struct fair_bed *b, struct span verdict)
{
    if (span_is(verdict, "delivered")) {
        (void)atomic_fetch_add(&b->bad_delivered, 1);
        atomic_store(&b->bad_last_us, clock_mono_us());
        return;
    }
    (void)atomic_fetch_add(&b->bad_attempts, 1);
    if (!span_is(verdict, "retry"))
        (void)atomic_fetch_add(&b->bad_dead, 1);
}

static void note_good(struct fair_bed *b, const char *id, struct span verdict,
                      int64_t now_us)
{
    unsigned long n = strtoul(id + 1, NULL, 10);

    if (n >= FAIR_JOBS_MAX || !span_is(verdict, "delivered") ||
        b->good.done_us[n] != 0)
        return;
    b->good.done_us[n] = now_us;
    (void)atomic_fetch_add(&b->good_done, 1);
}

static void note(struct fair_bed *b, const struct reply *fields, int64_t now_us)
{
    struct span verdict = reply_span(reply_at(fields, 9));
    char id[32];

    if (!span_copy(reply_span(reply_at(fields, 1)), id, sizeof id))
        return;
    if (id[0] == 'g')
        note_good(b, id, verdict, now_us);
    else if (id[0] == 'b')
        note_bad(b, verdict);
    else
        (void)printf("    %6.1f s  gate %.*s\n",
                     (double)(now_us - b->sink->start_us) / 1e6,
                     (int)reply_span(reply_at(fields, 11)).len,
                     reply_span(reply_at(fields, 11)).at);
}

static void *watch(void *arg)
{
    struct fair_bed *b = arg;
    struct redis_sync *link = NULL;
    const struct reply *reply, *entries;
    char last[64] = "0";

    ck_assert_int_eq(redis_sync_open(redis_server_address(b->redis),
                                     2 * BLOCK_MS, &link, NULL),
                     ERR_OK);
    while (!redis_ask_words(link, &reply, "XREAD", "COUNT", "1000", "BLOCK",
                            "0", "STREAMS", "extq:{default}:outcomes", last,
                            NULL)) {
        int64_t now_us = clock_mono_us();

        entries = reply_at(reply_at(reply, 0), 1);
        for (size_t i = 0; i < reply_count(entries); i++) {
            const struct reply *entry = reply_at(entries, i);

            note(b, reply_at(entry, 1), now_us);
            (void)span_copy(reply_span(reply_at(entry, 0)), last, sizeof last);
        }
    }
    redis_sync_close(&link);
    return NULL;
}

struct fair_bed *fair_open(struct fair_sink *sink, unsigned tenants)
{
    struct fair_bed *b = calloc(1, sizeof *b);

    ck_assert_ptr_nonnull(b);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    b->sink = sink;
    b->tenants = tenants;
    b->redis = redis_server_start(true, NULL);
    /* As in extq bench: when a log of jobs and outcomes is written anew, and
     * what that costs, is Redis's affair, in either part of the comparison. */
    (void)redis_server_ask(b->redis, "CONFIG", "SET",
                           "auto-aof-rewrite-percentage", "0", NULL);
    b->dir = temp_dir();
    b->good.tenant = calloc(FAIR_JOBS_MAX, sizeof *b->good.tenant);
    b->good.pushed_us = calloc(FAIR_JOBS_MAX, sizeof *b->good.pushed_us);
    b->good.done_us = calloc(FAIR_JOBS_MAX, sizeof *b->good.done_us);
    ck_assert(b->good.tenant && b->good.pushed_us && b->good.done_us);
    ck_assert_int_eq(redis_sync_open(redis_server_address(b->redis), SERVE_MS,
                                     &b->link, NULL),
                     ERR_OK);
    ck_assert_int_eq(pthread_create(&b->watcher, NULL, watch, b), 0);
    return b;
}

static struct temp_path configure(struct fair_bed *b, const char *settings)
{
    struct temp_path path = temp_write(&b->dir, "extq.yaml", "");
    FILE *f = fopen(path.text, "we");

    ck_assert_ptr_nonnull(f);
    (void)fprintf(f,
                  "redis: {url: \"%s\"}\n"
                  "outcomes: {max: 10000000}\n"
                  "network: {allow: [127.0.0.0/8], schemes: [http]}\n"
                  "ops: {listen: \"\"}\n"
                  "%s"
                  "extensions:\n"
                  "  - {container: bad, point: hook, "
                  "url: \"http://127.0.0.1:%u/\"}\n",
                  redis_server_url(b->redis), settings, b->sink->bad_port);
    for (unsigned n = 0; n < b->tenants; n++)
        (void)fprintf(f,
                      "  - {container: t%u, point: hook, "
                      "url: \"http://127.0.0.1:%u/\"}\n",
                      n, b->sink->good_port);
    ck_assert_int_eq(fclose(f), 0);
    return path;
}

void fair_serve(struct fair_bed *b, unsigned services, const char *settings)
{
    struct temp_path path = configure(b, settings);

    for (unsigned n = 0; n < services; n++)
        b->services[n] = extq_start(NULL, "run", "-c", path.text);
    b->service_count = services;
    wait_until(redis_server_count(b->redis, "ZCOUNT", "extq:{default}:leases",
                                  "(0", "+inf", NULL) == (int64_t)services,
               SERVE_MS, "leases");
}

void fair_stop(struct fair_bed *b)
{
    for (unsigned n = 0; n < b->service_count; n++)
        process_signal(b->services[n], SIGTERM);
    for (unsigned n = 0; n < b->service_count; n++) {
        (void)process_wait(b->services[n], 2 * (int64_t)SERVE_MS);
        process_close(&b->services[n]);
    }
    b->service_count = 0;
}

void fair_close(struct fair_bed *b)
{
    for (unsigned n = 0; n < b->service_count; n++)
        process_close(&b->services[n]);
    redis_sync_close(&b->link);
    redis_server_close(&b->redis);
    (void)pthread_join(b->watcher, NULL);
    free(b->good.tenant);
    free(b->good.pushed_us);
    free(b->good.done_us);
    free(b);
}

double fair_info(struct fair_bed *b, const char *section, const char *field)
{
    const char *text = redis_server_ask(b->redis, "INFO", section, NULL);
    const char *at = strstr(text, field);

    return at ? strtod(at + strlen(field), NULL) : 0;
}

/* The row of many HTTPS extensions: each is called once, and its connection is
 * kept. */
#include "cli/bench_rows.h"

#include "cli/bench_cpu.h"
#include "cli/bench_load.h"
#include "cli/child.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct tls {
    char ca[DEMO_PATH_MAX + 8], said[DEMO_PATH_MAX + 8];
    unsigned port;
};

static unsigned read_port(const char *path)
{
    static const char name[] = "port ";
    FILE *file = fopen(path, "re");
    char line[32] = "";

    if (file) {
        if (!fgets(line, sizeof line, file))
            line[0] = '\0';
        (void)fclose(file);
    }
    if (strncmp(line, name, sizeof name - 1) != 0 || !strchr(line, '\n'))
        return 0;
    return (unsigned)strtoul(line + sizeof name - 1, NULL, 10);
}

static uint64_t count_ports(struct bench_bed *b, const void *path)
{
    (void)b;
    return read_port(path) != 0;
}

static enum err start_sink(struct bench *b, struct tls *t)
{
    struct bench_bed *bed = &b->bed;
    const char *argv[] = {b->tls_sink, t->ca, NULL};
    enum err e;

    (void)snprintf(t->ca, sizeof t->ca, "%s/ca", bed->folder.dir);
    (void)snprintf(t->said, sizeof t->said, "%s/tls", bed->folder.dir);
    (void)remove(t->said);
    e = bed_start_bare(bed, argv, t->said);
    if (!e)
        e = bed_await(bed, &(struct bed_goal){count_ports, t->said, 1,
                                              "tls_sink does not start"});
    t->port = read_port(t->said);
    return e;
}

/* Every job has an extension of its own, at an address of its own. */
static enum err configure(struct bench *b, const struct bench_row *row,
                          const struct tls *t)
{
    uint64_t jobs = row_jobs(b, row);
    FILE *file = fopen(b->bed.folder.config, "we");
    bool good;

    if (!file)
        return why_set(&b->bed.why, ERR_IO, "no configuration");
    (void)fprintf(file,
                  "redis: {url: \"redis://127.0.0.1:%u/0\"}\n"
                  "workers: 1\nin_flight: %u\n"
                  "points: {default: {timeout: 5m, connect_timeout: 5m}}\n"
                  "network: {allow: [127.0.0.0/8], ca_file: \"%s\", "
                  "ports: [%u], max_connections: 32768}\n"
                  "ops: {listen: \"\"}\nextensions:\n",
                  b->bed.redis.port, row->shape.in_flight, t->ca, t->port);
    for (uint64_t i = 0; i < jobs; i++)
        (void)fprintf(file,
                      "  - {container: t%" PRIu64 ", point: on-new-lead, "
                      "url: \"https://127.1.%u.%u:%u/main\"}\n",
                      i, (unsigned)(i / 250), (unsigned)(i % 250) + 1, t->port);
    good = !ferror(file);
    good = fclose(file) == 0 && good;
    return good ? ERR_OK : why_set(&b->bed.why, ERR_IO, "no configuration");
}

static void add(struct bench *b, const char *name, double value, double bound)
{
    const struct measured m = {name, value, 0,
                               bound > 0 ? GOAL_AT_MOST : GOAL_NONE, bound};

    figures_add(&b->figures, &m);
}

static enum err measure(struct bench *b, const struct bench_row *row)
{
    const struct load_batch batch = {LOAD_JOBS, NULL, row_jobs(b, row), 0};
    struct bench_bed *bed = &b->bed;
    int64_t rss_kib = bench_rss_kib(bed->services[0]);
    int64_t cpu_us = bench_cpu_us(bed->services[0]);
    double jobs = (double)batch.jobs, open;
    enum err e = load_release(bed, &batch);

    if (!e)
        e = load_wait_delivered(bed, batch.jobs);
    if (e)
        return e;
    rss_kib = bench_rss_kib(bed->services[0]) - rss_kib;
    cpu_us = bench_cpu_us(bed->services[0]) - cpu_us;
    open = bench_files(bed->bare); /* but for a few */
    add(b, "KiB of RSS per open connection", (double)rss_kib / open, 200);
    add(b, "connections open at the end", open, 0);
    add(b, "CPU ms per handshake and job", (double)cpu_us / 1e3 / jobs, 2);
    return ERR_OK;
}

enum err row_https(struct bench *b, const struct bench_row *row)
{
    const struct load_batch batch = {LOAD_JOBS, NULL, row_jobs(b, row), 0};
    struct bench_bed *bed = &b->bed;
    struct tls tls = {.port = 0};
    enum err e;

    if (!b->tls_sink[0])
        return ERR_OK;
    e = bed_reset(bed, 0, 0);
    if (!e)
        e = start_sink(b, &tls);
    if (!e)
        e = configure(b, row, &tls);
    if (!e)
        e = load_stock(bed, &batch);
    if (!e)
        e = bed_serve_configured(bed, 1);
    if (!e)
        e = measure(b, row);
    bed_stop_services(bed);
    child_kill(&bed->bare);
    return e;
}

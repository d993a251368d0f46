/* Rows against nginx: one worker as in throughput1, and HTTP/2 beside HTTP/1.1
 * over TLS. */
#include "cli/bench_rows.h"

#include "base/clock.h"
#include "cli/bench_cpu.h"
#include "cli/bench_load.h"
#include "cli/bench_nginx.h"
#include "cli/child.h"

/* How nginx is called. */
struct call {
    const char *scheme, *version;
    unsigned in_flight;
};

/* What a job took, between two counts of outcomes. */
struct taken {
    double rate, service_us, nginx_us, rss_mib, connections;
};

static enum err configure(struct bench_bed *b, const struct bench_nginx *n,
                          const struct call *c)
{
    bool tls = c->scheme[4] == 's';

    return bed_write(
        b, b->folder.config,
        "redis: {url: \"redis://127.0.0.1:%u/0\"}\n"
        "workers: 1\nin_flight: %u\ncontainer_in_flight: 10000000\n"
        "extensions:\n"
        "  - {container: acme, point: on-new-lead, "
        "secret_file: token, url: \"%s://127.0.0.1:%u/main\"}\n"
        "points: {default: {timeout: 10m, http_version: %s}}\n"
        "network: {allow: [127.0.0.0/8], schemes: [http, https], "
        "ca_file: \"%s\"}\n"
        "ops: {listen: \"\"}\n",
        b->redis.port, c->in_flight, c->scheme, tls ? n->tls_port : n->port,
        c->version, n->ca);
}

/* Neither the start counts nor the end. ret->connections says what files nginx
 * had open before. */
static enum err take(struct bench_bed *b, uint64_t jobs, struct taken *ret)
{
    enum err e = load_wait_delivered(b, jobs / 10);
    int64_t service_us = bench_cpu_us(b->services[0]);
    int64_t nginx_us = bench_cpu_us(b->bare);
    int64_t at_us = clock_mono_us();
    uint64_t from = load_delivered(b);
    double done;

    if (!e)
        e = load_wait_delivered(b, jobs - jobs / 10);
    if (e)
        return e;
    done = (double)(load_delivered(b) - from);
    *ret = (struct taken){
        .rate = done * 1e6 / (double)(clock_mono_us() - at_us),
        .service_us =
            (double)(bench_cpu_us(b->services[0]) - service_us) / done,
        .nginx_us = (double)(bench_cpu_us(b->bare) - nginx_us) / done,
        .rss_mib = (double)bench_rss_kib(b->services[0]) / 1024,
        .connections = bench_files(b->bare) - ret->connections};
    return ERR_OK;
}

static enum err measure(struct bench *b, const struct bench_row *row,
                        const struct call *c, struct taken *ret)
{
    struct bench_bed *bed = &b->bed;
    const struct load_batch batch = {LOAD_JOBS, "acme", row_jobs(b, row), 0};
    struct bench_nginx nginx;
    enum err e = bed_reset(bed, 0, 0);

    if (!e)
        e = bench_nginx_start(bed, &nginx);
    if (!e)
        e = configure(bed, &nginx, c);
    ret->connections = bench_files(bed->bare);
    if (!e)
        e = load_stock(bed, &batch);
    if (!e)
        e = bed_serve_configured(bed, 1);
    if (!e)
        e = load_release(bed, &batch);
    if (!e)
        e = take(bed, batch.jobs, ret);
    bed_stop_services(bed);
    child_kill(&bed->bare);
    return e;
}

static void add(struct bench *b, const char *name, double value, double against)
{
    const struct measured m = {name, value, against, GOAL_NONE, 0};

    figures_add(&b->figures, &m);
}

static void add_all(struct bench *b, const struct taken *t,
                    const struct taken *against)
{
    add(b, "jobs/s", t->rate, against->rate);
    add(b, "service CPU us/job", t->service_us, against->service_us);
    add(b, "nginx CPU us/job", t->nginx_us, against->nginx_us);
    add(b, "service RSS MiB", t->rss_mib, against->rss_mib);
    add(b, "connections", t->connections, against->connections);
}

enum err row_nginx(struct bench *b, const struct bench_row *row)
{
    const struct call call = {"http", "1.1", row->shape.in_flight};
    const struct taken none = {0, 0, 0, 0, 0};
    struct taken own;
    enum err e;

    if (!bench_nginx_is_there())
        return ERR_OK;
    e = measure(b, row, &call, &own);
    if (!e)
        add_all(b, &own, &none);
    return e;
}

enum err row_http2(struct bench *b, const struct bench_row *row)
{
    const struct call one = {"https", "1.1", row->shape.in_flight};
    const struct call two = {"https", "2", row->shape.in_flight};
    struct taken own, against;
    enum err e;

    if (!bench_nginx_is_there())
        return ERR_OK;
    e = measure(b, row, &two, &own);
    if (!e)
        e = measure(b, row, &one, &against);
    if (!e)
        add_all(b, &own, &against);
    return e;
}

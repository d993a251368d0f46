#include "support/hostile_bed.h"

#include "base/buf.h"
#include "link/redis_sync.h"
#include "support/wait.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONFIG_MAX = 4 << 20,
    GOOD_TENANTS = 8,
    REPLY_MS = 20000,
    INSIST_MS = 30000
};

static const char points[] =
    "workers: 2\n"
    "in_flight: 768\n"
    "name: tester\n"
    "network: {allow: [127.0.0.1], schemes: [http, https], ca_file: ca.pem,\n"
    "  dns: \"%s\"}\n"
    "points:\n"
    "  default: {connect_timeout: 1m, timeout: 1m,\n"
    "    retry: {attempts: 2, base: 20ms, cap: 20ms, hint_cap: 50ms}}\n"
    "  short: {connect_timeout: 1s, timeout: 1s}\n"
    "  large: {connect_timeout: 1s, timeout: 1s}\n"
    "  later: {retry: {attempts: 2, base: 20ms, cap: 20ms, hint_cap: 24h, "
    "max_age: 0}}\n"
    "  json: {json_answer: true, envelope: true}\n"
    "extensions:\n";

static const char *const point_names[HOSTILE_POINTS] = {
    [POINT_PATIENT] = "patient", [POINT_SHORT] = "short",
    [POINT_LATER] = "later",     [POINT_JSON] = "json",
    [POINT_LARGE] = "large",
};

bool hostile_row_is_named(const struct hostile_row *row)
{
    return row->host && strstr(row->host, ".test");
}

static void add_guest(struct hostile_bed *bed, const struct hostile_row *row)
{
    struct dns_stub_rule rule = row->name_rule;
    struct hostile_guest *g = &bed->guests[bed->guest_count];
    const char *only = getenv("HOSTILE_ONLY");

    if (only && !strstr(row->name, only))
        return;
    bed->guest_count++;
    ck_assert_uint_le(bed->guest_count, HOSTILE_ROWS_MAX);
    g->row = row;
    g->port = hostile_listen(bed->peers, &row->script);
    if (!hostile_row_is_named(row))
        return;
    rule.name = strstr(row->host, "//") + 2;
    dns_stub_add(bed->dns, &rule);
}

static void add_extensions(const struct hostile_bed *bed,
                           const struct hostile_guest *g, struct buf *out)
{
    const struct hostile_row *row = g->row;
    const char *host = row->host ? row->host
                       : row->script.steps[0].op == HOSTILE_TLS
                           ? "https://127.0.0.1"
                           : "http://127.0.0.1";

    for (unsigned n = 0; n < bed->tenants; n++)
        ck_assert_int_eq(
            buf_printf(out,
                       "  - {container: bad-%d-%u, point: %s,\n"
                       "     url: \"%s:%d/x\", secret_file: secrets/acme}\n",
                       (int)(g - bed->guests), n, point_names[row->point], host,
                       hostile_number(g->port)),
            ERR_OK);
}

static void configure(struct hostile_bed *bed)
{
    struct buf out = buf_make(CONFIG_MAX);

    ck_assert_int_eq(buf_printf(&out, points, dns_stub_server(bed->dns)),
                     ERR_OK);
    for (unsigned n = 0; n < GOOD_TENANTS; n++)
        ck_assert_int_eq(
            buf_printf(&out,
                       "  - {container: good-%u, point: good,\n"
                       "     url: \"%s\", secret_file: secrets/acme}\n",
                       n, peer_url(bed->w->peer, "/lead").text),
            ERR_OK);
    for (unsigned n = 0; n < bed->guest_count; n++)
        add_extensions(bed, &bed->guests[n], &out);
    world_configure(bed->w, "%s", out.at);
    buf_clear(&out);
}

struct hostile_bed *hostile_bed_open(unsigned tenants)
{
    struct hostile_bed *bed = calloc(1, sizeof *bed);

    ck_assert_ptr_nonnull(bed);
    bed->tenants = tenants;
    bed->w = world_open();
    bed->figures.worst_overrun_ms = INT64_MIN;
    bed->dns = dns_stub_open();
    hostile_kit_open(&bed->kit, temp_join(&bed->w->dir, "ca.pem").text);
    bed->peers = hostile_open(&bed->kit);
    for (int t = 0; t < HOSTILE_TABLES; t++)
        for (int n = 0; n < hostile_tables[t]->count; n++)
            add_guest(bed, &hostile_tables[t]->rows[n]);
    configure(bed);
    bed->service = world_start(bed->w);
    world_wait_leases(bed->w, 1);
    return bed;
}

void hostile_bed_close(struct hostile_bed **ret)
{
    struct hostile_bed *bed = *ret;

    *ret = NULL;
    if (!process_ended(bed->service))
        world_stop(bed->w, bed->service);
    hostile_close(&bed->peers);
    dns_stub_close(&bed->dns);
    hostile_kit_close(&bed->kit);
    world_close(&bed->w);
    free(bed);
}

/* Jobs on their way to Redis. */
struct pushing {
    struct redis_sync *link;
    struct buf job;
    unsigned queued;
};

static void push_open(const struct hostile_bed *bed, struct pushing *p)
{
    struct why why = {""};

    *p = (struct pushing){.job = buf_make(CONFIG_MAX)};
    ck_assert_msg(!redis_sync_open(&bed->w->address, REPLY_MS, &p->link, &why),
                  "%s", why.text);
}

static void push_one(struct pushing *p)
{
    const char *argv[3] = {"LPUSH", "extq:{default}:jobs", p->job.at};

    ck_assert_int_eq(redis_sync_queue(p->link, 3, argv, NULL), ERR_OK);
    p->queued++;
    buf_reset(&p->job);
}

static void push_close(struct pushing *p)
{
    const struct reply *reply;

    while (p->queued-- > 0) {
        ck_assert_int_eq(redis_sync_next(p->link, &reply), ERR_OK);
        ck_assert_int_eq(reply_kind(reply), REPLY_NUMBER);
    }
    redis_sync_close(&p->link);
    buf_clear(&p->job);
}

static void push_good(struct hostile_bed *bed, struct pushing *p)
{
    ck_assert_int_eq(buf_printf(&p->job,
                                "{\"id\":\"good-%u\",\"container\":\"good-%u\","
                                "\"point\":\"good\",\"payload\":{}}",
                                bed->good, bed->good % GOOD_TENANTS),
                     ERR_OK);
    bed->good++;
    push_one(p);
}

static void push_bad(struct hostile_bed *bed, struct hostile_guest *g,
                     unsigned tenant, struct pushing *p)
{
    int row = (int)(g - bed->guests);
    int filler = g->row->point == POINT_LARGE ? HOSTILE_PAYLOAD : 1;

    ck_assert_int_eq(
        buf_printf(&p->job,
                   "{\"id\":\"bad-%d-%u-%u\",\"container\":\"bad-%d-%u\","
                   "\"point\":\"%s\",\"payload\":\"%0*d\"}",
                   row, tenant, bed->round, row, tenant,
                   point_names[g->row->point], filler, 0),
        ERR_OK);
    g->jobs++;
    push_one(p);
}

void hostile_bed_push_good(struct hostile_bed *bed, unsigned count)
{
    struct pushing p;

    push_open(bed, &p);
    while (count-- > 0)
        push_good(bed, &p);
    push_close(&p);
}

void hostile_bed_push(struct hostile_bed *bed, unsigned good)
{
    struct pushing p;

    push_open(bed, &p);
    for (unsigned t = 0; t < bed->tenants; t++)
        for (unsigned n = 0; n < bed->guest_count; n++) {
            push_bad(bed, &bed->guests[n], t, &p);
            for (unsigned i = 0; i < good; i++)
                push_good(bed, &p);
        }
    push_close(&p);
    bed->round++;
}

/* How many there were. */
static unsigned push_unshown(struct hostile_bed *bed)
{
    struct pushing p;
    unsigned count = 0;

    push_open(bed, &p);
    for (unsigned n = 0; n < bed->guest_count; n++)
        if (!bed->guests[n].shown && hostile_row_is_named(bed->guests[n].row)) {
            push_bad(bed, &bed->guests[n], 0, &p);
            count++;
        }
    push_close(&p);
    bed->round++;
    return count;
}

void hostile_bed_insist(struct hostile_bed *bed)
{
    struct waiter w = waiter_start(INSIST_MS);

    while (push_unshown(bed) > 0 && waiter_pause(&w))
        hostile_bed_wait(bed);
}

long hostile_bed_memory(const struct hostile_bed *bed, const char *field)
{
    char path[64], line[256];
    long ret = -1;
    FILE *in;

    (void)snprintf(path, sizeof path, "/proc/%d/status",
                   (int)process_pid(bed->service));
    in = fopen(path, "r");
    ck_assert_ptr_nonnull(in);
    while (fgets(line, sizeof line, in))
        if (strncmp(line, field, strlen(field)) == 0)
            ret = strtol(line + strlen(field) + 1, NULL, 10);
    (void)fclose(in);
    ck_assert_int_ge(ret, 0);
    return ret;
}

unsigned hostile_bed_files(const struct hostile_bed *bed)
{
    char path[64];
    unsigned count = 0;
    DIR *dir;

    (void)snprintf(path, sizeof path, "/proc/%d/fd",
                   (int)process_pid(bed->service));
    dir = opendir(path);
    ck_assert_ptr_nonnull(dir);
    while (readdir(dir))
        count++;
    (void)closedir(dir);
    return count - 2;
}

#include "faults/rig.h"

#include "base/clock.h"
#include "base/rand.h"
#include "faults/witness.h"
#include "support/wait.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEASE_WAIT_MS = 20000, STOP_MS = 20000, UP_MS = 3000, LOOK_MS = 50 };

/* Lines that one service may write about one fault: Redis gone, there again,
 * lease lost, lease taken, whose leases ran out, for each of its workers that
 * outcomes are refused, and at its end what came again. A start and an end need
 * as many. */
enum { LINES_MAX = 12 };

static const char config_text[] =
    "redis: {url: \"%s\", connect_timeout: 500ms, reply_timeout: 700ms}\n"
    "workers: 2\n"
    "in_flight: 64\n"
    "claim_batch: 32\n"
    "lease: 1s\n"
    "drain_timeout: 3s\n"
    "name: rig\n"
    /* All load is one tenant's: its cap is not what is tried here. */
    "container_in_flight: 1000\n"
    "outcomes: {max: 1000000000}\n"
    "dead: {max: 1000000000}\n"
    "network: {allow: [127.0.0.1], schemes: [http]}\n"
    "ops: {listen: \"\"}\n"
    "log: {format: logfmt}\n"
    "cache: {retry: 100ms, jitter: 0}\n"
    "discovery:\n"
    "  backend: http\n"
    "  timeout: 1s\n"
    "  url: \"http://127.0.0.1:%d/registry/{container}/{point}\"\n"
    "points:\n"
    "  default:\n"
    "    retry: {attempts: 20, base: 100ms, cap: 400ms, jitter: 20}\n"
    "    circuit: {failures: 0}\n"
    "  on-capped: {in_flight: 1}\n"
    "  on-busy: {in_flight: 28}\n"
    "  on-tripping: {circuit: {failures: 50, calls: 2, wait: 200ms, "
    "cap: 400ms}}\n";

static void write_config(struct rig *r)
{
    char text[2048];

    (void)snprintf(text, sizeof text, config_text, r->url,
                   receiver_port(r->receiver));
    r->dir = temp_dir();
    r->config = temp_write(&r->dir, "extq.yaml", text);
}

static struct rig *make(const char *name, uint64_t seed)
{
    struct rig *r = calloc(1, sizeof *r);
    const char *folder = getenv("EXTQ_FAULTS_LEDGERS");

    ck_assert_ptr_nonnull(r);
    *r = (struct rig){.name = name, .seed = seed, .dice = seed};
    r->size = rig_size();
    r->start_ms = clock_mono_ms();
    (void)snprintf(r->folder.text, sizeof r->folder.text, "%s/%s.XXXXXX",
                   folder && *folder ? folder : "/tmp", name);
    if (!mkdtemp(r->folder.text))
        ck_abort_msg("cannot make %s", r->folder.text);
    return r;
}

/* All but Redis. */
static void furnish(struct rig *r)
{
    struct why why = {""};

    if (redis_address_read(r->url, &r->address, &why))
        ck_abort_msg("%s: %s", r->url, why.text);
    r->receiver = receiver_open(r->folder.text);
    r->watch = watch_open(&r->address, r->folder.text);
    write_config(r);
}

struct rig *rig_open(const char *name, uint64_t seed, const char *appendfsync)
{
    struct rig *r = make(name, seed);

    r->words[0] = "--appendfsync";
    r->words[1] = appendfsync;
    r->redis = redis_server_start(true, r->words);
    r->url = redis_server_url(r->redis);
    furnish(r);
    return r;
}

struct rig *rig_open_at(const char *name, uint64_t seed, const char *url)
{
    struct rig *r = make(name, seed);

    r->url = url;
    furnish(r);
    return r;
}

unsigned rig_roll(struct rig *r, unsigned below)
{
    return rand_u32(&r->dice) % below;
}

unsigned rig_slot(struct rig *r)
{
    unsigned slot = 0;

    while (slot < RIG_SERVICES && r->services[slot])
        slot++;
    if (slot == RIG_SERVICES)
        ck_abort_msg("too many services");
    r->born[slot] = r->faults;
    return slot;
}

unsigned rig_start(struct rig *r, const char *url)
{
    char setting[300];
    const char *env[2] = {NULL, NULL};
    unsigned slot = rig_slot(r);

    if (url) {
        (void)snprintf(setting, sizeof setting, "EXTQ_REDIS_URL=%s", url);
        env[0] = setting;
    }
    r->services[slot] = extq_start(env, "run", "-c", r->config.text);
    return slot;
}

void rig_wait_leases(struct rig *r, unsigned count)
{
    struct waiter w = waiter_start(LEASE_WAIT_MS);
    while (watch_reigns(r->watch) < count) {
        rig_look(r);
        if (!waiter_pause(&w))
            ck_abort_msg("%s: no %u leases; ledgers in %s", r->name, count,
                         r->folder.text);
    }
}

/* Its log stays with the ledgers. */
static void keep_log(struct rig *r, struct process *p)
{
    char name[64];
    struct pen pen;
    const char *text = process_err(p);

    (void)snprintf(name, sizeof name, "service-%d.log", (int)process_pid(p));
    pen_open(&pen, r->folder.text, name);
    pen_write(&pen, text, strlen(text));
    pen_close(&pen);
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (const char *c = strchr(text, '\n'); c; c = strchr(c + 1, '\n'))
        count++;
    return count;
}

/* Whatever is wrong, a service says so once, not each time it meets it. */
static void judge_log(struct rig *r, unsigned slot)
{
    struct process *p = r->services[slot];
    size_t lines = count_lines(process_err(p));
    size_t most = LINES_MAX * (r->faults - r->born[slot] + 1);

    if (lines <= most)
        return;
    printf("%s: service %d: %zu lines in the log, more than %zu\n", r->name,
           (int)process_pid(p), lines, most);
    r->busy++;
}

/* A service that ended, and should not have, or not so. */
static void note_crash(struct rig *r, struct process *p)
{
    r->crashed++;
    printf("%s: service %d: exit status %d\n", r->name, (int)process_pid(p),
           process_ended(p) ? process_wait(p, 0) : -1);
}

void rig_forget(struct rig *r, unsigned slot)
{
    keep_log(r, r->services[slot]);
    judge_log(r, slot);
    process_close(&r->services[slot]);
}

void rig_kill(struct rig *r, unsigned slot)
{
    process_signal(r->services[slot], SIGKILL);
    rig_bury(r, slot);
}

void rig_bury(struct rig *r, unsigned slot)
{
    struct process *p = r->services[slot];

    (void)process_wait(p, STOP_MS);
    r->exposed += watch_held(r->watch, process_pid(p));
    r->faults++;
    rig_forget(r, slot);
}

void rig_stop(struct rig *r, unsigned slot)
{
    struct process *p = r->services[slot];
    struct waiter up = waiter_start(UP_MS), w;

    /* A process that has hardly begun does not know the signal yet. */
    while (!process_ended(p) && !watch_knows(r->watch, process_pid(p)) &&
           waiter_pause(&up))
        watch_poll(r->watch);
    w = waiter_start(STOP_MS);
    process_signal(p, SIGTERM);
    while (!process_ended(p) && waiter_pause(&w))
        ;
    if (!process_ended(p) || process_wait(p, 0) != 0)
        note_crash(r, p);
    rig_forget(r, slot);
}

static struct producer_options load(struct rig *r, const char *kinds,
                                    unsigned first, unsigned count)
{
    return (struct producer_options){
        .address = &r->address,
        .replicas = r->replicas,
        .folder = r->folder.text,
        .first = first,
        .count = count,
        .queue = "default",
        .kinds = kinds,
    };
}

void rig_push(struct rig *r, const char *kinds, unsigned first, unsigned count)
{
    struct producer_options options = load(r, kinds, first, count);

    produce(&options);
}

void rig_load(struct rig *r, const char *kinds, unsigned count,
              unsigned per_second)
{
    struct producer_options options = load(r, kinds, 0, count);

    options.per_second = per_second;
    r->producer = producer_start(&options);
}

bool rig_loading(struct rig *r)
{
    if (r->producer && producer_ended(r->producer))
        producer_close(&r->producer);
    return r->producer != NULL;
}

void rig_look(struct rig *r)
{
    watch_poll(r->watch);
    for (unsigned n = 0; n < RIG_SERVICES; n++)
        if (r->services[n] && process_ended(r->services[n])) {
            note_crash(r, r->services[n]);
            rig_forget(r, n);
        }
}

void rig_pass(struct rig *r, int64_t ms)
{
    struct waiter w = {.limit_ms = ms, .deadline_ms = clock_mono_ms() + ms};
    int64_t look_ms = 0;

    do {
        if (clock_mono_ms() < look_ms)
            continue;
        rig_look(r);
        look_ms = clock_mono_ms() + LOOK_MS;
    } while (waiter_pause(&w));
}

/* Each lease is one of a service that runs, and each of those has one. */
static bool are_leases_ours(struct rig *r)
{
    size_t ours = 0;

    for (unsigned n = 0; n < RIG_SERVICES; n++) {
        size_t reigns;

        if (!r->services[n])
            continue;
        reigns = watch_realm(r->watch, process_pid(r->services[n]));
        if (reigns == 0)
            return false;
        ours += reigns;
    }
    return watch_leases(r->watch) == (int64_t)ours;
}

bool rig_drain(struct rig *r, int64_t limit_ms)
{
    int64_t from_ms = clock_mono_ms();
    struct waiter w = waiter_start(limit_ms);
    size_t ends = watch_ends(r->watch);
    bool drained;

    do {
        rig_look(r);
        if (watch_ends(r->watch) > ends)
            w = waiter_start(limit_ms);
        ends = watch_ends(r->watch);
        drained = watch_open_jobs(r->watch) == 0 && are_leases_ours(r);
    } while (!drained && waiter_pause(&w));
    r->drain_ms = clock_mono_ms() - from_ms;
    return drained;
}

size_t rig_rejected(struct rig *r)
{
    static const char field[] = "errorstat_LEASE:count=";
    const char *info, *found;

    if (!r->redis)
        return 0;
    info = redis_server_ask(r->redis, "INFO", "errorstats", NULL);
    found = strstr(info, field);

    return found ? strtoul(found + sizeof field - 1, NULL, 10) : 0;
}

void rig_note_rejected(struct rig *r)
{
    r->rejected += rig_rejected(r);
}

void rig_kill_redis(struct rig *r)
{
    size_t before, after;

    rig_look(r);
    rig_note_rejected(r);
    before = watch_held(r->watch, 0);
    redis_server_kill(r->redis);
    redis_server_start_again(r->redis);
    after = watch_held(r->watch, 0);
    r->exposed += before > after ? before : after;
    r->faults++;
}

void rig_settle(struct rig *r)
{
    struct books b = {0};

    producer_close(&r->producer);
    for (unsigned n = 0; n < RIG_SERVICES; n++)
        if (r->services[n])
            rig_stop(r, n);
    watch_poll(r->watch);
    rig_note_rejected(r);
    watch_census(r->watch);
    receiver_close(&r->receiver);
    watch_close(&r->watch);
    redis_server_close(&r->redis);
    books_read(&b, r->folder.text);
    if (account(&b, &r->figures))
        ck_abort_msg("out of memory");
    books_clear(&b);
}

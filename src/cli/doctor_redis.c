#include "cli/doctor_checks.h"

#include "base/clock.h"
#include "cli/doctor_masters.h"
#include "link/info.h"
#include "link/keys.h"
#include "link/library.h"
#include "link/redis_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLOCK_WARN_MS = 1000, REPLY_LEAST_MS = 1000 };

static const double mib = 1048576;

int64_t doctor_patience_ms(const struct doctor *d)
{
    int64_t reply_ms = d->config->redis_reply_ms;

    return reply_ms > REPLY_LEAST_MS ? reply_ms : REPLY_LEAST_MS;
}

static enum err open_redis(struct doctor *d)
{
    const struct config *c = d->config;
    struct why why = {""};
    enum err e =
        redis_sync_open(&c->redis, doctor_patience_ms(d), &d->redis, &why);

    if (e && c->embedded)
        doctor_say(d, HEALTH_WRONG, "redis", "extq run",
                   "%s (the embedded Redis runs while the service does)",
                   why.text);
    else if (e)
        doctor_say(d, HEALTH_WRONG, "redis", "systemctl start redis-server",
                   "%s", why.text);
    return e;
}

const struct reply *doctor_reply(const struct doctor *d, const char *what,
                                 enum err e, const struct reply *reply)
{
    char why[256];

    if (e) {
        doctor_say(d, HEALTH_WRONG, what, "systemctl status redis-server",
                   "the connection broke: %s", redis_sync_error(d->redis));
        return NULL;
    }
    if (reply_kind(reply) != REPLY_ERROR)
        return reply;
    reply_explain(reply, why, sizeof why);
    doctor_say(d, HEALTH_WRONG, what,
               reply_fault(reply) == FAULT_DENIED
                   ? "redis-cli ACL LOAD, with the users of users.acl"
                   : "",
               "%s", why);
    return NULL;
}

static void say_server(const struct doctor *d, const struct redis_facts *facts,
                       struct span info)
{
    struct span valkey = info_field(info, "valkey_version");
    char place[2 * REDIS_PATH_MAX];
    struct why why;

    redis_address_text(&d->config->redis, place, sizeof place);
    if (redis_facts_check(facts, d->config->allow_eviction, &why))
        doctor_say(d, HEALTH_WRONG, "redis",
                   "redis-cli CONFIG SET maxmemory-policy noeviction", "%s",
                   why.text);
    else if (valkey.len > 0)
        doctor_say(d, HEALTH_FINE, "redis", "", "%s, Valkey %.*s, %s", place,
                   (int)valkey.len, valkey.at, facts->eviction);
    else
        doctor_say(d, HEALTH_FINE, "redis", "", "%s, Redis %s, %s", place,
                   facts->version[0] ? facts->version : "?",
                   facts->eviction[0] ? facts->eviction : "policy not known");
}

static void say_memory(const struct doctor *d, const struct redis_facts *f)
{
    double used = (double)f->used_bytes / mib,
           limit = (double)f->limit_bytes / mib;

    if (redis_facts_full(f))
        doctor_say(d, HEALTH_WRONG, "memory",
                   "redis-cli CONFIG SET maxmemory BYTES",
                   "Redis is full (%.1f of %.1f MiB): producers are refused; "
                   "services work off what is there",
                   used, limit);
    else if (f->limit_bytes == 0)
        doctor_say(d, HEALTH_FINE, "memory", "", "%.1f MiB, without a limit",
                   used);
    else
        doctor_say(d, used > 0.9 * limit ? HEALTH_WARN : HEALTH_FINE, "memory",
                   used > 0.9 * limit ? "redis-cli CONFIG SET maxmemory BYTES"
                                      : "",
                   "%.1f of %.1f MiB", used, limit);
}

/* Where the file is synced by another rule, or where that may not be asked:
 * services may not, and managed servers tell nobody. */
static void say_sync(const struct doctor *d, const char *policy)
{
    if (strcmp(policy, "always") == 0)
        doctor_say(d, HEALTH_FINE, "durability", "",
                   "appendfsync always: what Redis acknowledged survives a "
                   "power cut");
    else if (strcmp(policy, "no") == 0)
        doctor_say(d, HEALTH_WARN, "durability",
                   "redis-cli CONFIG SET appendfsync everysec",
                   "appendfsync no: a power cut loses what the kernel had not "
                   "written, half a minute and more");
    else if (policy[0])
        doctor_say(d, HEALTH_FINE, "durability", "",
                   "appendfsync %s: a power cut loses up to the last two "
                   "seconds; with always nothing",
                   policy);
    else
        doctor_say(d, HEALTH_FINE, "durability", "",
                   "an append-only file; how often it is synced this user may "
                   "not ask: unless always, a power cut loses the last of it");
}

static void check_durability(const struct doctor *d,
                             const struct redis_facts *facts)
{
    const char *risk = redis_facts_risk(facts);
    const struct reply *reply = NULL;
    char policy[16] = "";

    if (risk) {
        doctor_say(d, HEALTH_WARN, "durability",
                   "redis-cli CONFIG SET appendonly yes", "%s", risk);
        return;
    }
    if (redis_ask_words(d->redis, &reply, "CONFIG", "GET", "appendfsync", NULL))
        return;
    (void)span_copy(reply_span(reply_at(reply, 1)), policy, sizeof policy);
    say_sync(d, policy);
}

static enum err check_facts(const struct doctor *d)
{
    const struct reply *reply = NULL;
    enum err e = redis_ask(
        d->redis, 5, (const char **)(uintptr_t)redis_facts_ask, NULL, &reply);
    struct redis_facts facts;
    struct why why;

    reply = doctor_reply(d, "redis", e, reply);
    if (!reply)
        return ERR_OK;
    facts = redis_facts_read(reply_span(reply));
    e = redis_facts_match(&facts, &d->config->redis, &why);
    if (e) {
        doctor_say(d, HEALTH_WRONG, "redis", "", "%s", why.text);
        return e;
    }
    say_server(d, &facts, reply_span(reply));
    say_memory(d, &facts);
    doctor_replicas(d, reply_span(reply));
    check_durability(d, &facts);
    return ERR_OK;
}

static void check_clock(const struct doctor *d)
{
    const struct reply *reply = NULL;
    int64_t before_ms = clock_wall_ms(), redis_ms, off_ms;
    enum err e = redis_ask_words(d->redis, &reply, "TIME", NULL);

    reply = doctor_reply(d, "clock", e, reply);
    if (!reply)
        return;
    redis_ms = reply_number(reply_at(reply, 0)) * 1000 +
               reply_number(reply_at(reply, 1)) / 1000;
    off_ms = redis_ms - (before_ms + clock_wall_ms()) / 2;
    doctor_say(d, llabs(off_ms) > CLOCK_WARN_MS ? HEALTH_WARN : HEALTH_FINE,
               "clock",
               llabs(off_ms) > CLOCK_WARN_MS ? "timedatectl set-ntp true" : "",
               "Redis's is %" PRId64 " ms %s ours", (int64_t)llabs(off_ms),
               off_ms >= 0 ? "ahead of" : "behind");
}

static void say_paused(const struct doctor *d, const char *queue)
{
    char command[64 + KEY_MAX];

    (void)snprintf(command, sizeof command, "extq resume %s", queue);
    doctor_say(d, HEALTH_WARN, "pause", command,
               "queue %s is paused: nothing of it is claimed", queue);
}

/* Asks nothing of the queue but its lengths, as the ops port does. */
static void check_functions(const struct doctor *d, const struct queue_keys *k,
                            const char *queue)
{
    const struct reply *reply = NULL;
    char held[KEY_MAX];
    enum err e;

    keys_held(held, k, "doctor");
    e = redis_ask_words(d->redis, &reply, "FCALL", library_look, "9", k->jobs,
                        k->later, k->dead, k->outcomes, k->suspects, k->meta,
                        held, k->parked, k->gates, NULL);
    if (!e && reply_fault(reply) == FAULT_NO_FUNCTION) {
        doctor_say(d, HEALTH_WARN, "functions", "extq run",
                   "queue %s: those of this version (%s) are not loaded yet: a "
                   "service does that when it starts",
                   queue, library_name);
        return;
    }
    reply = doctor_reply(d, "functions", e, reply);
    if (reply && reply_number(reply_at(reply, 10)))
        say_paused(d, queue);
    if (reply)
        doctor_say(d, HEALTH_FINE, "functions", "",
                   "%s; queue %s: %" PRId64 " waiting, %" PRId64 " dead",
                   library_name, queue, reply_number(reply_at(reply, 0)),
                   reply_number(reply_at(reply, 2)));
}

static void check_services(const struct doctor *d, const struct queue_keys *k,
                           const char *queue)
{
    const struct reply *reply = NULL;
    char now[24];
    enum err e = redis_ask_words(d->redis, &reply, "TIME", NULL);
    int64_t count;

    if (e || reply_kind(reply) == REPLY_ERROR)
        return;
    (void)snprintf(now, sizeof now, "(%" PRId64,
                   reply_number(reply_at(reply, 0)) * 1000);
    e = redis_ask_words(d->redis, &reply, "ZCOUNT", k->leases, now, "+inf",
                        NULL);
    reply = doctor_reply(d, "services", e, reply);
    if (!reply)
        return;
    count = reply_number(reply);
    if (count > 0)
        doctor_say(d, HEALTH_FINE, "services", "",
                   "queue %s is served by %" PRId64, queue, count);
    else
        doctor_say(d, HEALTH_WARN, "services", "systemctl start extq",
                   "no service takes jobs from queue %s", queue);
}

static enum err check_server(const struct doctor *d)
{
    enum err e = check_facts(d);

    if (!e)
        check_clock(d);
    return e;
}

static void check_master(const struct doctor *d)
{
    (void)!check_server(d); /* one of a cluster is addressed as what it is */
}

/* What a user may is asked once of each server that has a queue. */
static bool is_first_there(const struct doctor *d, const struct masters *m,
                           size_t n)
{
    const struct config *c = d->config;
    struct queue_keys keys;
    size_t own;

    keys_of_queue(&keys, c->prefix, c->queues[n].name);
    own = masters_of_key(m, keys.jobs);
    for (size_t i = 0; i < n; i++) {
        keys_of_queue(&keys, c->prefix, c->queues[i].name);
        if (masters_of_key(m, keys.jobs) == own)
            return false;
    }
    return true;
}

static void check_queue(const struct doctor *d, const struct masters *m,
                        size_t n)
{
    const char *name = d->config->queues[n].name;
    struct queue_keys keys;
    bool first = is_first_there(d, m, n);

    keys_of_queue(&keys, d->config->prefix, name);
    if (first)
        doctor_rights(d, &keys);
    check_functions(d, &keys, name);
    if (first)
        doctor_libraries(d);
    check_services(d, &keys, name);
}

enum err doctor_redis(struct doctor *d)
{
    const struct config *c = d->config;
    struct masters masters;
    enum err e = open_redis(d);

    if (e)
        return e;
    masters = masters_find(d);
    if (masters.count > 0)
        masters_each(d, &masters, check_master);
    else
        e = check_server(d);
    for (size_t i = 0; !e && i < c->queue_count; i++)
        check_queue(d, &masters, i);
    masters_clear(&masters);
    return e;
}

#include "cli/doctor_checks.h"

#include "base/clock.h"
#include "link/keys.h"
#include "link/library.h"
#include "link/redis_facts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { CLOCK_WARN_MS = 1000 };

/* The reply to a question, or NULL: what it was instead is reported. */
static const struct reply *checked(const struct doctor *d, const char *what,
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

static void check_facts(const struct doctor *d)
{
    const struct reply *reply = NULL;
    enum err e = redis_ask(
        d->redis, 5, (const char **)(uintptr_t)redis_facts_ask, NULL, &reply);
    struct redis_facts facts;
    char place[2 * REDIS_PATH_MAX];
    struct why why;
    const char *risk;

    reply = checked(d, "redis", e, reply);
    if (!reply)
        return;
    facts = redis_facts_read(reply_span(reply));
    redis_address_text(&d->config->redis, place, sizeof place);
    if (redis_facts_check(&facts, d->config->allow_eviction, &why))
        doctor_say(d, HEALTH_WRONG, "redis",
                   "redis-cli CONFIG SET maxmemory-policy noeviction", "%s",
                   why.text);
    else
        doctor_say(d, HEALTH_FINE, "redis", "", "%s, Redis %s, %s", place,
                   facts.version[0] ? facts.version : "?",
                   facts.eviction[0] ? facts.eviction : "policy not known");
    risk = redis_facts_risk(&facts);
    if (risk)
        doctor_say(d, HEALTH_WARN, "durability",
                   "redis-cli CONFIG SET appendonly yes", "%s", risk);
}

static void check_clock(const struct doctor *d)
{
    const struct reply *reply = NULL;
    int64_t before_ms = clock_wall_ms(), redis_ms, off_ms;
    enum err e = redis_ask_words(d->redis, &reply, "TIME", NULL);

    reply = checked(d, "clock", e, reply);
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
                   "those of this version (%s) are not loaded yet: a service "
                   "does that when it starts",
                   library_name);
        return;
    }
    reply = checked(d, "functions", e, reply);
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
    reply = checked(d, "services", e, reply);
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

void doctor_redis(const struct doctor *d)
{
    const struct config *c = d->config;

    check_facts(d);
    check_clock(d);
    for (size_t i = 0; i < c->queue_count; i++) {
        struct queue_keys keys;

        keys_of_queue(&keys, c->prefix, c->queues[i].name);
        check_functions(d, &keys, c->queues[i].name);
        check_services(d, &keys, c->queues[i].name);
    }
}

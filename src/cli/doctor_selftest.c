#include "cli/doctor_checks.h"

#include "base/base64.h"
#include "base/clock.h"
#include "base/ident.h"
#include "cli/doctor_receiver.h"
#include "cli/outcomes_entry.h"
#include "link/http.h"
#include "link/keys.h"
#include "link/library.h"
#include "service/pool.h"
#include "service/shared.h"

#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

enum { LIMIT_MS = 10000, LOOK_MS = 20, LEAVE_MS = 3000, KEY_BYTES = 32 };

static const char what[] = "self-test";
static const char event[] = "extq-doctor"; /* its id, container and point */

/* One event on its way through a queue, a worker and a receiver of its own. */
struct selftest {
    const struct doctor *doctor;
    struct signer *signer, *receivers; /* of one key */
    struct receiver *receiver;
    struct pool *pool;
    char queue[65];
    struct queue_keys keys;
    int64_t began_ms; /* monotonic */
};

static enum err add_key(struct span text, struct signer **ret)
{
    struct why why;

    *ret = signer_open();
    return *ret ? signer_add_key(*ret, text, &why) : ERR_MEMORY;
}

/* A key that nobody else has, for this event alone. */
static enum err make_signers(struct selftest *t)
{
    unsigned char bytes[KEY_BYTES];
    struct buf text = buf_make(128);
    enum err e = buf_add_text(&text, "whsec_");

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        e = ERR_IO;
    if (!e)
        e = base64_encode((struct span){(char *)bytes, sizeof bytes}, &text);
    if (!e)
        e = add_key(buf_span(&text), &t->signer);
    if (!e)
        e = add_key(buf_span(&text), &t->receivers);
    buf_wipe(&text);
    explicit_bzero(bytes, sizeof bytes);
    return e;
}

/* One worker, one queue that nobody else has, and one extension: us. */
static enum err narrow(struct selftest *t, struct config *c)
{
    struct listed_extension *x = calloc(1, sizeof *x);

    if (!x)
        return ERR_MEMORY;
    (void)snprintf(x->key.container, sizeof x->key.container, "%s", event);
    (void)snprintf(x->key.point, sizeof x->key.point, "%s", event);
    (void)snprintf(x->url, sizeof x->url, "http://127.0.0.1:%u/",
                   receiver_port(t->receiver));
    free(c->extensions);
    c->extensions = x;
    c->extension_count = c->queue_count = c->workers = c->in_flight = 1;
    c->discovery.backend = DISCOVER_CONFIG;
    c->discovery.listed = x;
    c->discovery.listed_count = 1;
    memcpy(c->queues[0].name, t->queue, sizeof t->queue);
    c->point_count = 0;
    c->default_policy = policy_default();
    c->default_policy.signer = t->signer; /* the configuration's from here on */
    t->signer = NULL;
    c->http.allow_http = true;
    c->http.ports.allow_count = 0;
    c->http.addresses.allow_count = 1;
    c->tracing.url[0] = '\0';
    return address_range_read(span_of("127.0.0.1"),
                              &c->http.addresses.allow[0]);
}

static enum err start_worker(struct selftest *t)
{
    struct config *c = NULL;
    struct why why;
    enum err e = config_read(t->doctor->config->path, &c, &why);

    if (e)
        return e;
    e = narrow(t, c);
    if (e) {
        config_close(&c);
        return e;
    }
    return pool_start(&c, &t->pool);
}

/* To the end that is taken from first; it may be all that this user may. */
static bool push(struct selftest *t)
{
    const struct doctor *d = t->doctor;
    const struct reply *reply = NULL;
    char job[256], why[256];
    enum err e;

    (void)snprintf(job, sizeof job,
                   "{\"id\":\"%s\",\"container\":\"%s\",\"point\":\"%s\","
                   "\"payload\":{\"from\":\"extq doctor\"}}",
                   event, event, event);
    e = redis_ask_words(d->redis, &reply, "RPUSH", t->keys.jobs, job, NULL);
    if (!e && reply_kind(reply) != REPLY_ERROR)
        return true;
    if (!e && reply_fault(reply) == FAULT_DENIED) {
        doctor_say(d, HEALTH_WARN, what,
                   "extq doctor, with the Redis user of the service",
                   "not made: this user may not write to queues");
        return false;
    }
    if (!e)
        reply_explain(reply, why, sizeof why);
    doctor_say(d, HEALTH_WRONG, what, "redis-cli INFO memory",
               "the event could not be pushed: %s",
               e ? redis_sync_error(d->redis) : why);
    return false;
}

/* The event's last outcome, if there is one by now. */
static bool find_outcome(struct selftest *t, struct outcome_entry *ret)
{
    const struct reply *reply = NULL;

    return redis_ask_words(t->doctor->redis, &reply, "XREVRANGE",
                           t->keys.outcomes, "+", "-", "COUNT", "1",
                           NULL) == ERR_OK &&
           reply_kind(reply) == REPLY_LIST && reply_count(reply) > 0 &&
           outcome_entry_read(reply_at(reply, 0), ret);
}

static bool has_lease(struct selftest *t)
{
    char epoch[EPOCH_MAX];

    (void)queue_read_lease(&pool_shared(t->pool)->queues[0], epoch);
    return epoch[0] != '\0';
}

/* It did not come in time: how far it came. */
static void say_late(struct selftest *t)
{
    const struct doctor *d = t->doctor;
    struct receipt receipt = receiver_look(t->receiver);

    if (!has_lease(t))
        doctor_say(d, HEALTH_WRONG, what,
                   "redis-cli ACL LOG, or extq run, whose log says why",
                   "a worker got no lease on its queue in %d s: Redis does "
                   "not let it work",
                   LIMIT_MS / 1000);
    else if (receipt.calls == 0)
        doctor_say(d, HEALTH_WRONG, what, "iptables -L INPUT -v",
                   "the event did not come to a receiver on 127.0.0.1 in %d s",
                   LIMIT_MS / 1000);
    else
        doctor_say(d, HEALTH_WRONG, what, "redis-cli ACL LOG",
                   "the event was received, and no outcome written in %d s",
                   LIMIT_MS / 1000);
}

static void say_outcome(struct selftest *t, const struct outcome_entry *entry)
{
    const struct doctor *d = t->doctor;
    struct receipt receipt = receiver_look(t->receiver);
    struct span verdict = outcome_entry_field(entry, "verdict");
    struct span class = outcome_entry_field(entry, "class");
    struct span error = outcome_entry_field(entry, "error");

    if (!span_is(verdict, "delivered"))
        doctor_say(d, HEALTH_WRONG, what, "extq run, whose log says more",
                   "the event ended as %.*s/%.*s: %.*s", (int)verdict.len,
                   verdict.at, (int)class.len, class.at, (int)error.len,
                   error.at);
    else if (!receipt.genuine || strcmp(receipt.id, event) != 0)
        doctor_say(d, HEALTH_WRONG, what, "timedatectl set-ntp true",
                   "the event was received, with a signature that is not "
                   "genuine or not of now");
    else
        doctor_say(d, HEALTH_FINE, what, "",
                   "an event of %zu bytes was received, its signature "
                   "is genuine, its outcome %.*s/%.*s, in %" PRId64 " ms",
                   receipt.bytes, (int)verdict.len, verdict.at, (int)class.len,
                   class.at, clock_mono_ms() - t->began_ms);
}

static void await(struct selftest *t)
{
    struct outcome_entry entry;

    while (clock_mono_ms() - t->began_ms < LIMIT_MS) {
        if (find_outcome(t, &entry)) {
            say_outcome(t, &entry);
            return;
        }
        (void)poll(NULL, 0, LOOK_MS);
    }
    say_late(t);
}

static void end_worker(struct selftest *t)
{
    int64_t by_ms = clock_mono_ms() + LEAVE_MS;

    if (!t->pool)
        return;
    pool_drain(t->pool);
    while (!pool_ended(t->pool) && clock_mono_ms() < by_ms)
        (void)poll(NULL, 0, LOOK_MS);
    pool_hand_back(t->pool);
    pool_close(&t->pool);
}

/* Nothing of it stays in Redis. */
static void clean_up(struct selftest *t)
{
    const struct queue_keys *k = &t->keys;
    const struct config *c = t->doctor->config;
    char entry[KEY_MAX], ask[KEY_MAX];
    const struct reply *reply;

    keys_of_extension(entry, ask, c->prefix, event, event);
    /* A connection that broke was reported. */
    (void)!redis_ask_words(t->doctor->redis, &reply, "DEL", k->jobs,
                           k->outcomes, k->later, k->suspects, k->alone,
                           k->gates, k->changes, k->dead, k->leases,
                           k->services, k->meta, NULL);
    (void)!redis_ask_words(t->doctor->redis, &reply, "DEL", entry, NULL);
    (void)!redis_ask_words(t->doctor->redis, &reply, "DEL", ask, NULL);
}

static void run(struct selftest *t)
{
    enum err e = make_signers(t);

    if (!e)
        e = receiver_start(t->receivers, &t->receiver);
    t->began_ms = clock_mono_ms();
    if (e || !push(t)) {
        if (e)
            doctor_say(t->doctor, HEALTH_WRONG, what, "",
                       "no receiver could be started: %s", err_text(e));
        return;
    }
    e = start_worker(t);
    if (e)
        doctor_say(t->doctor, HEALTH_WRONG, what, "extq run",
                   "no worker could be started: %s", err_text(e));
    else
        await(t);
    end_worker(t);
    clean_up(t);
}

void doctor_selftest(const struct doctor *d)
{
    struct selftest t = {.doctor = d};
    uint32_t dice = 0;

    (void)!getrandom(&dice, sizeof dice, 0);
    (void)snprintf(t.queue, sizeof t.queue, "doctor-%d-%08" PRIx32,
                   (int)getpid(), dice);
    keys_of_queue(&t.keys, d->config->prefix, t.queue);
    http_global_open();
    run(&t);
    receiver_stop(&t.receiver);
    signer_close(&t.signer);
    signer_close(&t.receivers);
    http_global_close();
}

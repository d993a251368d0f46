#include "service/keeper_internal.h"

#include "base/check.h"
#include "base/clock.h"
#include "base/rand.h"
#include "link/redis.h"
#include "link/redis_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LEAVE_MS = 2000, RECHECK_MS = 5000 };

void keeper_wake(struct keeper *k)
{
    uv_async_send(&k->wake);
}

void keeper_leave(struct keeper *k)
{
    atomic_store(&k->leaving, true);
    uv_async_send(&k->wake);
}

bool keeper_ended(const struct keeper *k)
{
    return atomic_load(&k->ended);
}

bool keeper_in_touch(const struct keeper *k)
{
    return atomic_load(&k->in_touch);
}

const struct pulse *keeper_pulse(const struct keeper *k)
{
    return &k->pulse;
}

uint64_t keeper_redis_ups(const struct keeper *k)
{
    return meter_read(&k->redis_ups);
}

static void beat(uv_timer_t *timer)
{
    struct keeper *k = timer->data;

    pulse_beat(&k->pulse, &k->loop);
}

static void woken(uv_async_t *wake)
{
    struct keeper *k = wake->data;
    bool leaving = atomic_load(&k->leaving);

    if (leaving && !k->leave_by_ms)
        k->leave_by_ms = clock_mono_ms() + LEAVE_MS;
    for (size_t n = 0; n < k->config->queue_count; n++)
        if (leaving)
            keeping_leave(&k->keepings[n], LEAVE_MS);
        else if (!k->keepings[n].asked && k->keepings[n].epoch[0])
            keeping_plan(&k->keepings[n]);
}

static void ask_facts(struct keeper *k);

/* A replica is left again and again, for another one to be looked for. */
static void tell_role(struct keeper *k, bool is_replica)
{
    char where[300];

    redis_address_text(&k->config->redis, where, sizeof where);
    if (!is_replica)
        log_info("Redis is there", LOG_TEXT("redis", where));
    else if (!k->replica_told)
        log_warn("Redis is a replica, waiting for a primary",
                 LOG_TEXT("redis", where));
    k->replica_told = is_replica;
}

void keeper_obeyed(struct keeper *k)
{
    if (k->replica_told)
        tell_role(k, false);
}

static void come_up(struct keeper *k, int64_t uptime_ms)
{
    k->library_told = false;
    atomic_store(&k->in_touch, true);
    for (size_t n = 0; n < k->config->queue_count; n++)
        keeping_up(&k->keepings[n], uptime_ms);
}

static void check_again(uv_timer_t *timer)
{
    ask_facts(timer->data);
}

/* INFO may be forbidden by an ACL; its facts are then unknown, and pass. */
static void informed(void *arg, const struct reply *reply)
{
    struct keeper *k = arg;
    struct redis_facts facts;
    struct why why;
    const char *risk;

    if (!reply)
        return;
    facts = redis_facts_read(reply_span(reply));
    if (redis_facts_check(&facts, k->config->allow_eviction, &why)) {
        if (!k->refused)
            log_error("this Redis is not used", LOG_TEXT("why", why.text));
        k->refused = true;
        check(uv_timer_start(&k->recheck, check_again, RECHECK_MS, 0) == 0);
        return;
    }
    risk = redis_facts_risk(&facts);
    if (risk && !k->risk_told)
        log_warn("Redis can lose jobs", LOG_TEXT("why", risk));
    k->risk_told = risk != NULL;
    k->refused = false;
    tell_role(k, strcmp(facts.role, "slave") == 0);
    /* Before anything is asked that writes behind a torn transaction. */
    rewriting_up(&k->rewriting, k->redis, &facts);
    come_up(k, facts.uptime_ms);
}

static void ask_facts(struct keeper *k)
{
    const char *argv[5];

    memcpy(argv, redis_facts_ask, sizeof argv);
    if (redis_send(k->redis, informed, k,
                   &(struct redis_words){5, argv, NULL})) {
        tell_role(k, false);
        rewriting_up(&k->rewriting, k->redis, &(struct redis_facts){0});
        come_up(k, 0);
    }
    redis_flush(k->redis);
}

static void redis_up(void *owner, struct redis *r)
{
    struct keeper *k = owner;

    /* Told before redis_open returned, when it fails at once. */
    k->redis = r;
    meter_add(&k->redis_ups, 1);
    ask_facts(k);
}

static void redis_down(void *owner, struct redis *r, const char *why)
{
    struct keeper *k = owner;
    char where[300];

    (void)r;
    redis_address_text(&k->config->redis, where, sizeof where);
    if (!k->replica_told)
        log_warn("Redis is away, waiting for it", LOG_TEXT("redis", where),
                 LOG_TEXT("why", why));
    atomic_store(&k->in_touch, false);
    rewriting_down(&k->rewriting);
    for (size_t n = 0; n < k->config->queue_count; n++)
        keeping_down(&k->keepings[n]);
}

/* Above maxmemory Redis takes no new library, so that a version of extq that
 * was never there cannot begin: an operator has to make room. */
static void redis_trouble(void *owner, struct redis *r, const char *why)
{
    struct keeper *k = owner;

    (void)r;
    if (!k->library_told)
        log_error("Redis does not take extq's functions, nothing can be "
                  "claimed: let this user load them, or make room",
                  LOG_TEXT("why", why));
    k->library_told = true;
}

static bool is_over(const struct keeper *k)
{
    if (!atomic_load(&k->leaving))
        return false;
    if (clock_mono_ms() >= k->leave_by_ms && k->leave_by_ms)
        return true;
    for (size_t n = 0; n < k->config->queue_count; n++)
        if (!k->keepings[n].left)
            return false;
    return true;
}

static void keeper_main(void *arg)
{
    struct keeper *k = arg;

    while (!is_over(k)) {
        uv_run(&k->loop, UV_RUN_ONCE);
        redis_flush(k->redis);
    }
    atomic_store(&k->ended, true);
}

static enum err open_keepings(struct keeper *k)
{
    const struct config *c = k->config;

    k->keepings = calloc(c->queue_count, sizeof *k->keepings);
    if (!k->keepings)
        return ERR_MEMORY;
    for (size_t n = 0; n < c->queue_count; n++) {
        struct keeping *q = &k->keepings[n];
        q->keeper = k;
        q->queue = &k->shared->queues[n];
        q->sweep.lease_ms = c->lease_ms;
        check(uv_timer_init(&k->loop, &q->timer) == 0);
        q->timer.data = q;
    }
    return ERR_OK;
}

static enum err open_redis(struct keeper *k)
{
    struct redis_options options = {
        .address = &k->config->redis,
        .connect_ms = k->config->redis_connect_ms,
        .reply_ms = k->config->redis_reply_ms,
        .owner = k,
        .up = redis_up,
        .down = redis_down,
        .trouble = redis_trouble,
    };

    return redis_open(&k->loop, &options, &k->redis);
}

static void describe(struct keeper *k)
{
    char host[65] = "";

    gethostname(host, sizeof host - 1);
    snprintf(k->about, sizeof k->about,
             "{\"name\":\"%s\",\"host\":\"%s\",\"pid\":%d,"
             "\"version\":\"" EXTQ_VERSION "\",\"started\":%lld}",
             k->config->name, host, (int)getpid(), (long long)clock_wall_ms());
}

void keeper_close(struct keeper **ret)
{
    struct keeper *k = *ret;

    *ret = NULL;
    redis_close(&k->redis);
    for (size_t n = 0; k->keepings && n < k->config->queue_count; n++)
        uv_close((uv_handle_t *)&k->keepings[n].timer, NULL);
    uv_close((uv_handle_t *)&k->wake, NULL);
    uv_close((uv_handle_t *)&k->recheck, NULL);
    uv_close((uv_handle_t *)&k->beat, NULL);
    rewriting_close(&k->rewriting);
    uv_run(&k->loop, UV_RUN_DEFAULT);
    check(uv_loop_close(&k->loop) == 0);
    free(k->keepings);
    free(k);
}

enum err keeper_start(struct shared *shared, struct keeper **ret)
{
    struct keeper *k = calloc(1, sizeof *k);
    enum err e;

    if (!k)
        return ERR_MEMORY;
    k->shared = shared;
    k->config = shared->config;
    k->patience.dice = rand_seed();
    if (uv_loop_init(&k->loop) != 0) {
        free(k);
        return ERR_IO;
    }
    check(uv_async_init(&k->loop, &k->wake, woken) == 0);
    check(uv_timer_init(&k->loop, &k->recheck) == 0);
    check(uv_timer_init(&k->loop, &k->beat) == 0);
    rewriting_open(&k->rewriting, &k->loop);
    k->wake.data = k->recheck.data = k->beat.data = k;
    pulse_open(&k->pulse);
    check(uv_timer_start(&k->beat, beat, PULSE_MS, PULSE_MS) == 0);
    describe(k);
    e = open_keepings(k);
    if (!e)
        e = open_redis(k);
    if (!e && uv_thread_create(&k->thread, keeper_main, k) != 0)
        e = ERR_IO;
    if (e)
        keeper_close(&k);
    else
        *ret = k;
    return e;
}

void keeper_join(struct keeper *k)
{
    check(uv_thread_join(&k->thread) == 0);
}

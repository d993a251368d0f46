#include "service/keeper_internal.h"

#include "base/check.h"
#include "link/redis.h"
#include "link/redis_facts.h"

#include <string.h>

enum { RECHECK_MS = 5000 };

static void ask_facts(struct keeper_link *l);

/* A replica is left again and again, for another one to be looked for. */
static void tell_role(struct keeper_link *l, bool is_replica)
{
    char where[300];

    redis_address_text(&l->queue->redis, where, sizeof where);
    if (!is_replica)
        log_info("Redis is there", LOG_TEXT("redis", where));
    else if (!l->replica_told)
        log_warn("Redis is a replica, waiting for a primary",
                 LOG_TEXT("redis", where));
    l->replica_told = is_replica;
}

void keeper_link_obeyed(struct keeper_link *l)
{
    if (l->replica_told)
        tell_role(l, false);
}

static void note_touch(struct keeper_link *l, bool in_touch)
{
    struct keeper *k = l->keeper;
    bool all = in_touch; /* not counted before it is open */

    l->in_touch = in_touch;
    for (size_t n = 0; n < k->link_count; n++)
        all = all && k->links[n].in_touch;
    atomic_store(&k->in_touch, all);
}

static void come_up(struct keeper_link *l, int64_t uptime_ms)
{
    struct keeper *k = l->keeper;

    l->library_told = false;
    note_touch(l, true);
    for (size_t n = 0; n < k->config->queue_count; n++)
        if (k->keepings[n].link == l)
            keeping_up(&k->keepings[n], uptime_ms);
}

static void check_again(uv_timer_t *timer)
{
    ask_facts(timer->data);
}

static bool is_fit(struct keeper_link *l, const struct redis_facts *facts)
{
    const struct config *c = l->keeper->config;
    struct why why;
    enum err e = redis_facts_check(facts, c->allow_eviction, &why);

    if (!e)
        e = redis_facts_match(facts, &c->redis, &why);
    if (e && !l->refused)
        log_error("this Redis is not used", LOG_TEXT("why", why.text));
    l->refused = e != ERR_OK;
    return !e;
}

/* INFO may be forbidden by an ACL; its facts are then unknown, and pass. */
static void informed(void *arg, const struct reply *reply)
{
    struct keeper_link *l = arg;
    struct redis_facts facts;
    const char *risk;

    if (!reply)
        return;
    facts = redis_facts_read(reply_span(reply));
    if (!is_fit(l, &facts)) {
        check(uv_timer_start(&l->recheck, check_again, RECHECK_MS, 0) == 0);
        return;
    }
    risk = redis_facts_risk(&facts);
    if (risk && !l->risk_told)
        log_warn("Redis can lose jobs", LOG_TEXT("why", risk));
    l->risk_told = risk != NULL;
    tell_role(l, strcmp(facts.role, "slave") == 0);
    /* Before anything is asked that writes behind a torn transaction. */
    rewriting_up(&l->rewriting, l->redis, &facts);
    come_up(l, facts.uptime_ms);
}

static void ask_facts(struct keeper_link *l)
{
    const char *argv[5];

    memcpy(argv, redis_facts_ask, sizeof argv);
    if (redis_send(l->redis, informed, l,
                   &(struct redis_words){5, argv, NULL})) {
        tell_role(l, false);
        rewriting_up(&l->rewriting, l->redis, &(struct redis_facts){0});
        come_up(l, 0);
    }
    redis_flush(l->redis);
}

static void redis_up(void *owner, struct redis *r)
{
    struct keeper_link *l = owner;

    /* Told before redis_open returned, when it fails at once. */
    l->redis = r;
    meter_add(&l->keeper->redis_ups, 1);
    ask_facts(l);
}

static void redis_down(void *owner, struct redis *r, const char *why)
{
    struct keeper_link *l = owner;
    struct keeper *k = l->keeper;
    char where[300];

    (void)r;
    redis_address_text(&l->queue->redis, where, sizeof where);
    if (!l->replica_told)
        log_warn("Redis is away, waiting for it", LOG_TEXT("redis", where),
                 LOG_TEXT("why", why));
    note_touch(l, false);
    rewriting_down(&l->rewriting);
    for (size_t n = 0; n < k->config->queue_count; n++)
        if (k->keepings[n].link == l)
            keeping_down(&k->keepings[n]);
}

/* Above maxmemory Redis takes no new library, so that a version of extq that
 * was never there cannot begin: an operator has to make room. */
static void redis_trouble(void *owner, struct redis *r, const char *why)
{
    struct keeper_link *l = owner;

    (void)r;
    if (!l->library_told)
        log_error("Redis does not take extq's functions, nothing can be "
                  "claimed: let this user load them, or make room",
                  LOG_TEXT("why", why));
    l->library_told = true;
}

enum err keeper_link_open(struct keeper_link *l, struct keeper *k,
                          struct queue *q)
{
    struct redis_options options = {
        .address = &q->redis,
        .connect_ms = k->config->redis_connect_ms,
        .reply_ms = k->config->redis_reply_ms,
        .owner = l,
        .up = redis_up,
        .down = redis_down,
        .trouble = redis_trouble,
    };

    l->keeper = k;
    l->queue = q;
    check(uv_timer_init(&k->loop, &l->recheck) == 0);
    l->recheck.data = l;
    rewriting_open(&l->rewriting, &k->loop);
    return redis_open(&k->loop, &options, &l->redis);
}

void keeper_link_close(struct keeper_link *l)
{
    if (l->redis)
        redis_close(&l->redis);
    uv_close((uv_handle_t *)&l->recheck, NULL);
    rewriting_close(&l->rewriting);
}

/* A claim while its slot is on the way to another node, and all keys that it
 * works with are still there: Redis would let it in, and end it at the first
 * one that it has emptied. */
#include "stages/claim.h"

#include "link/library.h"
#include "link/redis_slot.h"
#include "link/redis_sync.h"
#include "support/cluster.h"
#include "support/main.h"
#include "support/redis_link.h"

#include <stdio.h>
#include <string.h>

enum { NODES = 2, LIMIT_MS = 20000 };

struct scene {
    struct cluster *cluster;
    struct redis_link link;
    struct queue_keys keys;
    struct holder holder;
    char held[KEY_MAX];
    int ends, end;
};

static int64_t order(struct scene *s, const char *const *words)
{
    struct redis_sync *link = NULL;
    const struct reply *reply;
    const char *argv[8];
    int64_t number;
    int argc = 0;

    for (; words[argc]; argc++)
        argv[argc] = words[argc];
    ck_assert_int_eq(redis_sync_open(&s->link.address, LIMIT_MS, &link, NULL),
                     ERR_OK);
    ck_assert_int_eq(redis_ask(link, argc, argv, NULL, &reply), ERR_OK);
    ck_assert_msg(reply_kind(reply) != REPLY_ERROR, "%s: %.*s", argv[0],
                  (int)reply_span(reply).len, reply_span(reply).at);
    number = reply_number(reply);
    redis_sync_close(&link);
    return number;
}

#define order(s, ...) order((s), (const char *const[]){__VA_ARGS__, NULL})

/* Every key of a claim, and one job that has to wait where another one does. */
static void fill(struct scene *s)
{
    const struct queue_keys *k = &s->keys;
    char parked[KEY_MAX];

    keys_parked(parked, k, "acme:p");
    (void)order(s, "FUNCTION", "LOAD", library_text);
    (void)order(s, "ZADD", k->leases, "9999999999999", s->holder.epoch);
    (void)order(s, "HSET", s->held, "w:1", "1 1 0 0 5 -\n{}");
    (void)order(s, "ZADD", k->later, "9999999999999", "2 1 0 0 5 -\n{}");
    (void)order(s, "HSET", k->meta, "seq", "3");
    (void)order(s, "HSET", k->services, s->holder.epoch, "{}");
    (void)order(s, "RPUSH", k->suspects, "3 4 0 0 5 -\n{}");
    (void)order(s, "HSET", k->gates, "acme:p", "paused 1 0 0 - -");
    (void)order(s, "ZADD", k->changes, "1", "acme:p");
    (void)order(s, "RPUSH", parked, "4 1 0 0 5 -\n{}");
    (void)order(s, "LPUSH", k->jobs,
                "{\"container\":\"acme\",\"point\":\"p\",\"payload\":1}");
}

/* Connected to the node that has the slot, as to a server of its own. */
static void open_scene(struct scene *s)
{
    struct redis_address at = {.place.host = "127.0.0.1"};

    memset(s, 0, sizeof *s);
    s->cluster = cluster_open(NODES, false);
    keys_of_queue(&s->keys, "extq", "q");
    at.place.port = cluster_port(s->cluster, redis_slot(span_of(s->keys.jobs)));
    redis_link_open(&s->link, &at);
    redis_link_up(&s->link);
    s->holder = (struct holder){.keys = &s->keys, .epoch = "1-1", .tag = "w"};
    keys_held(s->held, &s->keys, s->holder.epoch);
    fill(s);
}

static void close_scene(struct scene *s)
{
    redis_link_close(&s->link);
    cluster_close(&s->cluster);
}

static void claimed(void *arg, const struct claimed *c)
{
    struct scene *s = arg;

    s->ends++;
    s->end = (int)c->end;
}

static void claim_amid(void *arg)
{
    static const struct claim_share share = {
        .count = 4, .alone_from = 5, .gate_count = 1, .gates = {"acme:p"}};
    struct scene *s = arg;
    struct claim_call call = {s->link.redis, s, claimed};

    if (s->ends > 0)
        return;
    ck_assert_int_eq(claim(&call, &s->holder, &share), ERR_OK);
    link_until(&s->link, s->ends == 1, "the claim's end");
}

/* The claim comes before the first key has moved. */
static void move(struct scene *s)
{
    cluster_migrate(s->cluster, redis_slot(span_of(s->keys.jobs)), claim_amid,
                    s);
    redis_link_close(&s->link);
    redis_link_open(
        &s->link,
        &(struct redis_address){
            .place = {
                "127.0.0.1",
                cluster_port(s->cluster, redis_slot(span_of(s->keys.jobs)))}});
}

START_TEST(a_claim_is_turned_away_as_a_whole)
{
    struct scene s;

    open_scene(&s);
    move(&s);
    ck_assert_int_eq(s.end, CLAIM_AGAIN);
    ck_assert_int_eq(order(&s, "LLEN", s.keys.jobs), 1);
    ck_assert_int_eq(order(&s, "HLEN", s.held), 1);
    close_scene(&s);
}
END_TEST

/* What the key that is never there is for: where somebody made it, the claim is
 * let in, takes the job, and ends before it has put it anywhere. */
START_TEST(without_a_key_that_is_missing_it_would_lose_the_job)
{
    struct scene s;

    open_scene(&s);
    (void)order(&s, "SET", s.keys.parked, "somebody");
    move(&s);
    ck_assert_int_eq(s.end, CLAIM_UNKNOWN);
    ck_assert_int_eq(order(&s, "EXISTS", s.keys.jobs), 0);
    ck_assert_int_eq(order(&s, "HLEN", s.held), 1);
    close_scene(&s);
}
END_TEST

int main(void)
{
    return run_tests("stages.claim_slot", 60, a_claim_is_turned_away_as_a_whole,
                     without_a_key_that_is_missing_it_would_lose_the_job);
}

/* The network fails between services and Redis, and between services and
 * extensions: by the proxy, on one connection after the other, and in a
 * network namespace, where packets vanish. */
#include "faults/netcut.h"
#include "faults/outage.h"
#include "faults/scenario.h"

#include <stdio.h>

enum { LASTS_MS = 1500, SERVICES = 2, PER_SECOND = 300, EACH_S = 4 };

static const struct {
    const char *name;
    struct proxy_rule rule;
    bool away; /* nothing comes back: services should be calm */
} weather[] = {
    {"blackhole", {.act = PROXY_HALF_OPEN}, true},
    {"cut towards Redis", {.act = PROXY_CUT_UP}, true},
    {"cut from Redis", {.act = PROXY_SWALLOW, .when = PROXY_AFTER}, true},
    {"reset before", {.act = PROXY_RESET}, true},
    {"reset after", {.act = PROXY_RESET, .when = PROXY_AFTER}, false},
    {"delay", {.act = PROXY_DELAY, .when = PROXY_AFTER, .ms = 200}, false},
    {"drip", {.act = PROXY_DRIP, .when = PROXY_AFTER, .ms = 5}, false},
};

enum { KINDS = sizeof weather / sizeof *weather };

static void set_rule(struct outage *o, const struct proxy_rule *rule)
{
    for (unsigned n = 0; n < OUTAGE_SERVICES; n++)
        proxy_also(o->proxies[n], rule);
}

static void one_event(struct outage *o, unsigned n)
{
    unsigned kind = (unsigned)(o->rig->seed + n) % KINDS;

    outage_begin(o);
    set_rule(o, &weather[kind].rule);
    outage_struck(o);
    rig_pass(o->rig, LASTS_MS);
    if (weather[kind].away)
        outage_judge_calm(o);
    set_rule(o, NULL);
    outage_over(o);
}

START_TEST(a_bad_line_to_redis_loses_nothing)
{
    unsigned events = rig_pick(2, 10, 300);
    struct outage o;

    outage_open(&o, "net_proxy", "always", events * EACH_S);
    for (unsigned n = 0; n < events; n++) {
        rig_pass(o.rig, 100 + rig_roll(o.rig, 400));
        one_event(&o, n);
    }
    outage_finish(&o, NULL);
}
END_TEST

/* Services that reach Redis by TCP. */
static int start_by_tcp(struct rig *r)
{
    char port[16] = "16379", url[64];

    ck_assert_str_eq(
        redis_server_ask(r->redis, "CONFIG", "SET", "port", port, NULL), "OK");
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%s", port);
    for (unsigned n = 0; n < SERVICES; n++)
        (void)rig_start(r, url);
    rig_wait_leases(r, SERVICES);
    return 16379;
}

/* What is held after it can have been called and not been heard of. */
static void one_cut(struct rig *r, int redis_port, unsigned n)
{
    enum netcut how = (enum netcut)(n / 2 % NETCUTS);
    size_t before, after;

    rig_look(r);
    before = watch_held(r->watch, 0);
    netcut_break(how, n % 2 ? receiver_port(r->receiver) : redis_port);
    r->faults++;
    rig_pass(r, LASTS_MS);
    after = watch_held(r->watch, 0);
    r->exposed += before > after ? before : after;
    netcut_mend();
    (void)outage_resume(r);
}

START_TEST(packets_that_vanish_lose_nothing)
{
    unsigned cuts = rig_pick(2, 10, 300), first;
    struct rig *r;
    int port;

    if (!netcut_open())
        return;
    r = rig_open("net_packets", rig_seed(), "always");
    first = rig_roll(r, 2 * NETCUTS);
    port = start_by_tcp(r);
    rig_load(r, "ssosssrsod", cuts * PER_SECOND * 2, PER_SECOND);
    for (unsigned n = 0; n < cuts; n++) {
        rig_pass(r, 100 + rig_roll(r, 400));
        one_cut(r, port, first + n);
    }
    outage_sit_out(r);
    rig_finish(&r);
}
END_TEST

const TTest *scenario_network(void)
{
    return a_bad_line_to_redis_loses_nothing;
}

const TTest *scenario_packets(void)
{
    return packets_that_vanish_lose_nothing;
}

/* The HTTP client and names: what is looked up, vetted, kept, and refused. */
#include "link/redis_nodes.h"
#include "support/dns_stub.h"
#include "support/main.h"
#include "support/peer.h"
#include "support/tripwire.h"
#include "support/web.h"

#include <stdio.h>

enum { RACES = 200, RACERS = 3, NAMES = 6000, AT_ONCE = 100 };

static struct web w;
static struct peer *peer;
static struct dns_stub *dns;
static struct exchange x, *more;

static void open_all(void)
{
    web_open(&w);
    peer = peer_open();
    peer_on(peer, .path = "/a", .body = "hello");
    dns = dns_stub_open();
    (void)snprintf(w.options.dns.servers, sizeof w.options.dns.servers, "%s",
                   dns_stub_server(dns));
    more = calloc(AT_ONCE, sizeof *more);
    ck_assert_ptr_nonnull(more);
}

static void close_all(void)
{
    web_close(&w);
    peer_close(&peer);
    dns_stub_close(&dns);
    free(more);
}

static const char *url_of(const char *host)
{
    static char url[256];

    (void)snprintf(url, sizeof url, "http://%s:%d/a", host, peer_port(peer));
    return url;
}

/* Every question has two answers, of which the second leads where nobody may
 * go: whenever they change, no connection may go there. */
START_TEST(rebinding_leads_nowhere)
{
    struct tripwire tripwire;
    unsigned ends[ATTEMPT_ANSWERED + 1] = {0};

    tripwire_open_at(&tripwire, "127.0.0.2", peer_port(peer));
    dns_stub_on(dns, .name = "r.test", .a = "127.0.0.1",
                .other_a = "127.0.0.2");
    w.options.dns.ttl_min_ms = 1;
    web_start(&w);
    while (dns_stub_count(dns, "r.test", false) < RACES) {
        unsigned before = w.done;

        for (int i = 0; i < RACERS; i++)
            ck_assert_int_eq(web_send(&w, &more[i], url_of("r.test")), ERR_OK);
        web_until(&w, w.done == before + RACERS, "the ends");
        for (int i = 0; i < RACERS; i++)
            ends[more[i].attempt.end]++;
    }
    (void)fprintf(stderr, "%d races: %u answered, %u blocked; %u connections\n",
                  RACES, ends[ATTEMPT_ANSWERED], ends[ATTEMPT_BLOCKED],
                  tripwire_count(&tripwire));
    ck_assert_uint_eq(tripwire_count(&tripwire), 0);
    ck_assert_uint_ge(ends[ATTEMPT_BLOCKED], RACES / 4);
    ck_assert_uint_ge(ends[ATTEMPT_ANSWERED], RACES / 4);
    for (int i = 0; i < ATTEMPT_ANSWERED; i++)
        ck_assert(i == ATTEMPT_BLOCKED || ends[i] == 0);
    tripwire_close(&tripwire);
}
END_TEST

START_TEST(a_name_is_asked_for_once_and_its_connection_reused)
{
    dns_stub_on(dns, .name = "good.test", .a = "127.0.0.1", .ttl = 60);
    web_start(&w);
    for (int i = 0; i < 20; i++) {
        web_ask(&w, &x, url_of(i % 2 ? "good.test" : "GOOD.test."));
        ck_assert_int_eq(x.attempt.status, 200);
        ck_assert_int_eq(x.attempt.reused, i > 0);
    }
    ck_assert_uint_eq(peer_connections(peer), 1);
    ck_assert_uint_eq(dns_stub_count(dns, NULL, false), 1);
    ck_assert_int_eq(x.attempt.dns_us, 0);
}
END_TEST

START_TEST(a_connection_outlives_its_answer)
{
    dns_stub_on(dns, .name = "good.test", .a = "127.0.0.1");
    w.options.dns.ttl_min_ms = 1;
    web_start(&w);
    while (dns_stub_count(dns, "good.test", false) < 20) {
        web_ask(&w, &x, url_of("good.test"));
        ck_assert_int_eq(x.attempt.status, 200);
    }
    ck_assert_uint_eq(peer_connections(peer), 1);
}
END_TEST

START_TEST(looking_up_is_measured_and_counts)
{
    dns_stub_on(dns, .name = "good.test", .a = "127.0.0.1", .ttl = 60);
    dns_stub_on(dns, .name = "*.dead", .act = STUB_SILENT);
    web_start(&w);
    web_ask(&w, &x, url_of("good.test"));
    ck_assert_int_gt(x.attempt.dns_us, 0);
    ck_assert_int_ge(x.attempt.total_us, x.attempt.dns_us);
    x.request.connect_ms = 50;
    web_ask(&w, &x, url_of("x.dead"));
    ck_assert_int_eq(x.attempt.end, ATTEMPT_UNREACHABLE);
    ck_assert_str_eq(x.attempt.error,
                     "cannot resolve x.dead: no answer from the name server in "
                     "time");
    ck_assert_int_ge(x.attempt.dns_us, 49000);
    ck_assert_int_eq(x.attempt.connect_us, 0);
}
END_TEST

/* Failures, and how they are told; all of them before anything is sent. */
static const struct {
    struct dns_stub_rule rule;
    enum attempt_end end;
    const char *error;
} failures[] = {
    {{.rcode = 3},
     ATTEMPT_UNREACHABLE,
     "cannot resolve x.test: there is no such name"},
    {{.rcode = 0},
     ATTEMPT_UNREACHABLE,
     "cannot resolve x.test: the name has no address"},
    {{.rcode = 2}, ATTEMPT_UNREACHABLE, "cannot resolve x.test: the name "},
    {{.cname = "y.test", .loop = true},
     ATTEMPT_UNREACHABLE,
     "cannot resolve x.test: the name has no address"},
    {{.many = 300},
     ATTEMPT_UNREACHABLE,
     "cannot resolve x.test: the name has too many addresses"},
    {{.a = "127.0.0.1,10.0.0.1"}, ATTEMPT_BLOCKED, "network.allow"},
    {{.a = "127.0.0.1", .aaaa = "::1"}, ATTEMPT_BLOCKED, "network.allow"},
    {{.aaaa = "::ffff:127.0.0.2"}, ATTEMPT_BLOCKED, "network.allow"},
    {{.a = "10.0.0.1", .many = 99}, ATTEMPT_BLOCKED, "network.allow"},
    {{.a = "10.0.0.1", .cname = "y.test"}, ATTEMPT_BLOCKED, "network.allow"},
    {{.act = STUB_TRUNCATE, .a = "10.0.0.1"}, ATTEMPT_BLOCKED, "network.allow"},
};

START_TEST(what_cannot_be_reached_is_not_tried)
{
    struct dns_stub_rule rule = failures[_i].rule;

    rule.name = "x.test";
    rule.ttl = 60;
    dns_stub_add(dns, &rule);
    web_start(&w);
    /* The second time from what is known. */
    for (int i = 0; i < 2; i++) {
        web_ask(&w, &x, url_of("x.test"));
        ck_assert_int_eq(x.attempt.end, failures[_i].end);
        ck_assert_msg(strstr(x.attempt.error, failures[_i].error), "%s",
                      x.attempt.error);
        ck_assert_uint_eq(x.attempt.body.len, 0);
    }
    ck_assert_uint_eq(peer_connections(peer), 0);
    ck_assert_uint_eq(http_busy(w.http), 0);
}
END_TEST

START_TEST(a_tenant_with_dead_names_stalls_nobody)
{
    char host[64];
    size_t ended = 0;

    dns_stub_on(dns, .name = "*.dead", .act = STUB_SILENT);
    dns_stub_on(dns, .name = "*.good", .a = "127.0.0.1", .ttl = 60);
    web_start(&w);
    for (int i = 0; i < AT_ONCE; i++) {
        (void)snprintf(host, sizeof host, "n%d.dead", i);
        more[i].request.tenant = "bad";
        ck_assert_int_eq(web_send(&w, &more[i], url_of(host)), ERR_OK);
    }
    x.request.tenant = "good";
    for (int i = 0; i < 50; i++) {
        (void)snprintf(host, sizeof host, "n%d.good", i);
        ck_assert_int_eq(web_ask(&w, &x, url_of(host))->status, 200);
    }
    /* On a slow machine the first of them may have ended already. */
    for (int i = 0; i < 8; i++)
        ended += more[i].done;
    for (int i = 8; i < AT_ONCE && ended == 0; i++)
        ck_assert_uint_eq(more[i].done, 0);
    ck_assert(ended > 0 || dns_stub_count(dns, "n8.dead", false) == 0);
    http_close(&w.http);
    for (int i = 0; i < AT_ONCE; i++)
        ck_assert_uint_eq(more[i].done, 1);
}
END_TEST

/* While its name is looked up, and while its end is about to be told. */
START_TEST(a_request_may_be_cancelled_before_it_begins)
{
    dns_stub_on(dns, .name = "*.dead", .act = STUB_SILENT);
    web_start(&w);
    ck_assert_int_eq(web_send(&w, &x, url_of("x.dead")), ERR_OK);
    web_until(&w, dns_stub_count(dns, "x.dead", false) > 0, "the question");
    http_cancel(x.ticket);
    ck_assert_uint_eq(x.done, 1);
    ck_assert_int_eq(x.attempt.end, ATTEMPT_RESET);
    web_ask(&w, &x, url_of("none.test"));
    ck_assert_int_eq(web_send(&w, &x, url_of("none.test")), ERR_OK);
    http_cancel(x.ticket);
    ck_assert_uint_eq(x.done, 3);
    web_step(&w);
    ck_assert_uint_eq(x.done, 3);
    ck_assert_uint_eq(http_busy(w.http), 0);
}
END_TEST

START_TEST(many_names_are_told_and_forgotten)
{
    char host[64];

    dns_stub_on(dns, .name = "*.test", .a = "127.0.0.1", .ttl = 60);
    web_start(&w);
    /* The first ones come again, when others have taken their places. */
    for (unsigned i = 0; i < NAMES; i++) {
        (void)snprintf(host, sizeof host, "n%u.test", i % (NAMES - AT_ONCE));
        ck_assert_int_eq(web_send(&w, &more[i % AT_ONCE], url_of(host)),
                         ERR_OK);
        if (i % AT_ONCE == AT_ONCE - 1)
            web_until(&w, w.done == i + 1, "the ends");
        for (int n = 0; i % AT_ONCE == AT_ONCE - 1 && n < AT_ONCE; n++)
            ck_assert_msg(more[n].attempt.status == 200, "%s",
                          more[n].attempt.error);
    }
}
END_TEST

/* Redis and the ops port, given by address or by name. The connection is open
 * by the time the name is known: it is not used any more. */
START_TEST(a_door_is_closed_even_behind_an_open_connection)
{
    unsigned answered = 0;

    (void)snprintf(w.options.doors[1].host, sizeof w.options.doors[1].host,
                   "door.test");
    w.options.doors[1].port = (uint16_t)peer_port(peer);
    /* It must not come to its end by itself. */
    w.options.idle_ms = w.options.life_ms = 600000;
    dns_stub_on(dns, .name = "door.test", .act = STUB_SILENT);
    web_start(&w);
    for (; answered < 3; answered++)
        ck_assert_int_eq(web_ask(&w, &x, url_of("127.0.0.1"))->status, 200);
    dns_stub_on(dns, .name = "door.test", .a = "127.0.0.1");
    while (web_ask(&w, &x, url_of("127.0.0.1"))->end == ATTEMPT_ANSWERED)
        answered++;
    ck_assert_int_eq(x.attempt.end, ATTEMPT_BLOCKED);
    ck_assert_uint_eq(peer_connections(peer), 1);
    ck_assert_uint_eq(ledger_count(peer_ledger(peer), "/a"), answered);
}
END_TEST

/* The cluster's nodes come and go; those that it calls by names may be
 * anywhere. */
static const char *const hosts[] = {"127.0.0.1", "::ffff:127.0.0.1",
                                    "node.cluster"};

START_TEST(a_node_that_was_found_is_a_door)
{
    struct redis_place place = {.port = peer_port(peer)};

    (void)snprintf(place.host, sizeof place.host, "%s", hosts[_i]);
    w.options.nodes = redis_nodes_open();
    web_start(&w);
    ck_assert_int_eq(web_ask(&w, &x, url_of("127.0.0.1"))->status, 200);
    redis_nodes_learn(w.options.nodes, &place, 1);
    ck_assert_int_eq(web_ask(&w, &x, url_of("127.0.0.1"))->end,
                     ATTEMPT_BLOCKED);
    place.port++;
    redis_nodes_learn(w.options.nodes, &place, 1);
    ck_assert_int_eq(web_ask(&w, &x, url_of("127.0.0.1"))->status, 200);
    redis_nodes_drop(&w.options.nodes);
}
END_TEST

/* A name that only the search list completes, say. */
START_TEST(a_door_that_nobody_can_look_up_is_closed_everywhere)
{
    (void)snprintf(w.options.doors[0].host, sizeof w.options.doors[0].host,
                   "redis.prod");
    w.options.doors[0].port = (uint16_t)peer_port(peer);
    dns_stub_on(dns, .name = "redis.prod.test", .a = "127.0.0.1");
    web_start(&w);
    while (web_ask(&w, &x, url_of("redis.prod.test"))->end == ATTEMPT_ANSWERED)
        continue;
    ck_assert_int_eq(x.attempt.end, ATTEMPT_BLOCKED);
    ck_assert_int_eq(web_ask(&w, &x, url_of("127.0.0.1"))->end,
                     ATTEMPT_BLOCKED);
}
END_TEST

START_TEST(a_door_by_address_is_closed_from_the_start)
{
    (void)snprintf(w.options.doors[0].host, sizeof w.options.doors[0].host,
                   "127.0.0.1");
    w.options.doors[0].port = (uint16_t)peer_port(peer);
    dns_stub_on(dns, .name = "x.test", .a = "127.0.0.1");
    web_start(&w);
    ck_assert_int_eq(web_ask(&w, &x, url_of("127.0.0.1"))->end,
                     ATTEMPT_BLOCKED);
    ck_assert_int_eq(web_ask(&w, &x, url_of("x.test"))->end, ATTEMPT_BLOCKED);
    ck_assert_uint_eq(peer_connections(peer), 0);
}
END_TEST

START_TEST(a_public_address_of_this_host_is_refused)
{
    struct tripwire tripwire;
    char url[64];
    bool apart = tripwire_isolate();

    open_all();
    tripwire_open(&tripwire);
    (void)snprintf(url, sizeof url, "http://52.99.0.1:%d/", tripwire.port);
    web_start(&w);
    if (apart)
        ck_assert_int_eq(web_ask(&w, &x, url)->end, ATTEMPT_BLOCKED);
    ck_assert_uint_eq(tripwire_count(&tripwire), 0);
    tripwire_close(&tripwire);
    close_all();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.http_names");
    TCase *t = tcase_create("link.http_names"), *apart = tcase_create("apart");

    tcase_set_timeout(t, 100);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, rebinding_leads_nowhere);
    tcase_add_test(t, a_name_is_asked_for_once_and_its_connection_reused);
    tcase_add_test(t, a_connection_outlives_its_answer);
    tcase_add_test(t, looking_up_is_measured_and_counts);
    tcase_add_loop_test(t, what_cannot_be_reached_is_not_tried, 0,
                        ROWS(failures));
    tcase_add_test(t, a_tenant_with_dead_names_stalls_nobody);
    tcase_add_test(t, a_request_may_be_cancelled_before_it_begins);
    tcase_add_test(t, many_names_are_told_and_forgotten);
    tcase_add_test(t, a_door_is_closed_even_behind_an_open_connection);
    tcase_add_loop_test(t, a_node_that_was_found_is_a_door, 0, ROWS(hosts));
    tcase_add_test(t, a_door_that_nobody_can_look_up_is_closed_everywhere);
    tcase_add_test(t, a_door_by_address_is_closed_from_the_start);
    tcase_add_test(apart, a_public_address_of_this_host_is_refused);
    suite_add_tcase(suite, t);
    suite_add_tcase(suite, apart);
    return run_suite(suite);
}

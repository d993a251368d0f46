/* Two resolvers, as of two services, in front of one real Redis and one real
 * platform. */
#include "stages/resolve.h"
#include "stages/resolve_flight.h"
#include "support/main.h"
#include "support/peer.h"
#include "support/redis_server.h"
#include "support/wait.h"

#include <stdlib.h>
#include <string.h>

#define FOUND "{\"url\":\"https://ext.example/a\",\"secret\":\"s3cr3t\"}"
#define MOVED "{\"url\":\"https://ext.example/b\"}"
#define ENTRY "x:ext:{acme}:on-new-lead"
#define MARK  ENTRY ":ask"

enum { LIMIT_MS = 20000 };

static const struct extension_key acme = {"acme", "on-new-lead"};

/* What one service has for this. */
struct side {
    struct redis *redis;
    struct http *http;
    struct discovery *discovery;
    struct resolver *resolver;
    unsigned answers;
    struct resolved last; /* extension and target are not kept */
    bool has_target;
    char url[URL_MAX + 1];
    char secret[128];
    char why[512];
};

struct world {
    uv_loop_t loop;
    uv_prepare_t end_of_turn;
    struct redis_server *server;
    struct peer *peer;
    struct http_options http;
    struct discovery_options discovery;
    struct resolve_options options;
    struct redis_options redis;
    struct side a, b;
    bool waiting; /* the loop runs until the next answer */
};

static struct world *w;

static void flush(uv_prepare_t *end_of_turn)
{
    (void)end_of_turn;
    for (struct side *s = &w->a; s <= &w->b; s++) {
        if (s->http)
            http_flush(s->http);
        if (s->redis)
            redis_flush(s->redis);
    }
}

static void turn(void)
{
    uv_run(&w->loop, UV_RUN_NOWAIT);
}

static void side_open(struct side *s)
{
    ck_assert_int_eq(redis_open(&w->loop, &w->redis, &s->redis), ERR_OK);
    ck_assert_int_eq(http_open(&w->loop, &w->http, &s->http), ERR_OK);
    ck_assert_int_eq(discovery_open(&w->discovery, s->http, &s->discovery),
                     ERR_OK);
    ck_assert_int_eq(resolver_open(&w->loop, &w->options, s->redis,
                                   s->discovery, &s->resolver),
                     ERR_OK);
    while (!redis_is_up(s->redis))
        uv_run(&w->loop, UV_RUN_ONCE);
}

static void side_close(struct side *s)
{
    resolver_close(&s->resolver);
    discovery_close(&s->discovery);
    http_close(&s->http);
    redis_close(&s->redis);
}

static void set_options(void)
{
    w->http = (struct http_options){.max_connections = 16, .allow_http = true};
    ck_assert_int_eq(
        address_range_read(span_of("127.0.0.1"), &w->http.addresses.allow[0]),
        ERR_OK);
    w->http.addresses.allow_count = 1;
    w->discovery = (struct discovery_options){.backend = DISCOVER_HTTP,
                                              .timeout_ms = 10000,
                                              .url_pointer = "/url",
                                              .secret_pointer = "/secret",
                                              .http = &w->http};
    snprintf(w->discovery.url, sizeof w->discovery.url, "%s",
             peer_url(w->peer, "/{container}/{point}").text);
    w->options = (struct resolve_options){.prefix = "x",
                                          .fresh_ms = 600000,
                                          .none_ms = 300000,
                                          .stale_ms = 600000,
                                          .retry_ms = 600000,
                                          .local_ms = 600000,
                                          .local_max = 100,
                                          .ask_ms = 15000,
                                          .http = &w->http};
    w->redis =
        (struct redis_options){.address = redis_server_address(w->server),
                               .connect_ms = 5000,
                               .reply_ms = 10000};
}

static void world_open(void)
{
    w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    http_global_open();
    w->server = redis_server_start(false, NULL);
    w->peer = peer_open();
    set_options();
    ck_assert_int_eq(uv_loop_init(&w->loop), 0);
    ck_assert_int_eq(uv_prepare_init(&w->loop, &w->end_of_turn), 0);
    ck_assert_int_eq(uv_prepare_start(&w->end_of_turn, flush), 0);
    side_open(&w->a);
    side_open(&w->b);
}

static void world_close(void)
{
    side_close(&w->a);
    side_close(&w->b);
    uv_close((uv_handle_t *)&w->end_of_turn, NULL);
    while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
        continue; /* close callbacks */
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    peer_close(&w->peer);
    redis_server_close(&w->server);
    http_global_close();
    free(w);
}

static void keep(void *arg, const struct resolved *answer)
{
    struct side *s = arg;
    const struct extension *x = answer->extension;

    s->answers++;
    if (w->waiting)
        uv_stop(&w->loop);
    s->last = *answer;
    s->has_target = answer->target != NULL;
    snprintf(s->url, sizeof s->url, "%s", x ? x->url : "");
    snprintf(s->secret, sizeof s->secret, "%s",
             x && x->secret ? x->secret : "");
    snprintf(s->why, sizeof s->why, "%s", answer->why);
}

static void await(struct side *s, unsigned answers)
{
    w->waiting = true;
    while (s->answers < answers)
        uv_run(&w->loop, UV_RUN_DEFAULT);
    w->waiting = false;
    ck_assert_uint_eq(s->answers, answers);
}

static void ask_for(struct side *s, const struct extension_key *key)
{
    unsigned before = s->answers;

    turn();
    resolve(s->resolver, key, keep, s);
    await(s, before + 1);
}

/* Resolves acme's extension and returns where the answer came from. */
static enum resolve_source ask(struct side *s)
{
    ask_for(s, &acme);
    return s->last.source;
}

static void ask_anew(struct side *s)
{
    unsigned before = s->answers;

    resolve_anew(s->resolver, &acme, keep, s);
    await(s, before + 1);
}

static void is_found(const struct side *s, enum resolve_source source,
                     const char *url)
{
    ck_assert_msg(s->last.kind == FINDING_EXTENSION, "kind %d: %s",
                  s->last.kind, s->why);
    ck_assert_int_eq(s->last.source, source);
    ck_assert_str_eq(s->url, url);
    ck_assert(s->has_target);
    ck_assert_str_eq(s->why, "");
}

static void is_failed(const struct side *s, const char *why)
{
    ck_assert_int_eq(s->last.kind, FINDING_FAILED);
    ck_assert_msg(strstr(s->why, why) != NULL, "%s", s->why);
    ck_assert(!s->has_target);
}

static size_t asked(void)
{
    return ledger_count(peer_ledger(w->peer), NULL);
}

static int64_t redis_now_ms(void)
{
    long long s = 0, us = 0;

    ck_assert_int_eq(sscanf(redis_server_ask(w->server, "TIME", NULL),
                            "%lld\n%lld", &s, &us),
                     2);
    return s * 1000 + us / 1000;
}

/* Lets the loop turn until Redis has that number for the command. */
#define until_redis_says(number, ...)                                          \
    wait_until((turn(),                                                        \
                redis_server_count(w->server, __VA_ARGS__, NULL) == (number)), \
               LIMIT_MS, #__VA_ARGS__)

START_TEST(a_miss_asks_discovery_and_everybody_knows)
{
    peer_on(w->peer, .path = "/acme/on-new-lead", .body = FOUND);
    ask(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
    ck_assert_str_eq(w->a.secret, "s3cr3t");
    ask(&w->b);
    is_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    ck_assert_str_eq(w->b.secret, "s3cr3t");
    ck_assert_str_eq(w->b.last.stamp, w->a.last.stamp);
    ask(&w->a);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    ck_assert_str_eq(w->a.last.stamp, w->b.last.stamp);
    ask(&w->b);
    is_found(&w->b, SOURCE_LOCAL, "https://ext.example/a");
    ck_assert_uint_eq(asked(), 1);
    ck_assert_int_eq(redis_server_count(w->server, "EXISTS", MARK, NULL), 0);
}
END_TEST

START_TEST(no_extension_is_remembered_for_its_own_time)
{
    ask(&w->a);
    ck_assert_int_eq(w->a.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->a.last.source, SOURCE_DISCOVERY);
    ask(&w->a);
    ck_assert_int_eq(w->a.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->a.last.source, SOURCE_LOCAL);
    ask(&w->b);
    ck_assert_int_eq(w->b.last.kind, FINDING_NONE);
    ck_assert_int_eq(w->b.last.source, SOURCE_SHARED);
    ck_assert_uint_eq(asked(), 1);
    ck_assert_int_le(redis_server_count(w->server, "PTTL", ENTRY, NULL),
                     w->options.none_ms);
}
END_TEST

START_TEST(an_entry_past_its_time_is_asked_for_again)
{
    w->options.fresh_ms = w->options.none_ms = 30;
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    wait_until(ask(&w->a) == SOURCE_DISCOVERY, LIMIT_MS, "asked again");
    ck_assert_uint_ge(asked(), 2);
}
END_TEST

START_TEST(a_local_entry_is_looked_up_again_in_the_shared_cache)
{
    w->options.local_ms = 20;
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    wait_until(ask(&w->a) == SOURCE_SHARED, LIMIT_MS, "looked up again");
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

START_TEST(a_stale_entry_is_served_while_discovery_fails)
{
    w->options.fresh_ms = 30;
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    peer_on(w->peer, .status = 500);
    wait_until(ask(&w->a) == SOURCE_STALE, LIMIT_MS, "a stale answer");
    is_found(&w->a, SOURCE_STALE, "https://ext.example/a");
    ck_assert_str_eq(w->a.secret, "s3cr3t");
    ck_assert_uint_eq(asked(), 2);
    /* Discovery is left alone for a while, by the others too. */
    ask(&w->b);
    is_found(&w->b, SOURCE_STALE, "https://ext.example/a");
    ask(&w->a);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    ck_assert_uint_eq(asked(), 2);
}
END_TEST

START_TEST(no_extension_is_not_served_stale)
{
    w->options.none_ms = 30;
    ask(&w->a);
    peer_on(w->peer, .status = 500);
    wait_until((ask(&w->a), w->a.last.kind == FINDING_FAILED), LIMIT_MS,
               "a failure");
    is_failed(&w->a, "discovery answered 500");
    redis_server_ask(w->server, "SET", ENTRY, "1 {}", NULL);
    ask(&w->a);
    is_failed(&w->a, "left alone");
}
END_TEST

START_TEST(after_the_pause_discovery_is_asked_again)
{
    w->options.retry_ms = 30;
    peer_on(w->peer, .status = 500);
    ask(&w->a);
    is_failed(&w->a, "discovery answered 500");
    peer_on(w->peer, .body = FOUND);
    wait_until((ask(&w->a), w->a.last.kind == FINDING_EXTENSION), LIMIT_MS,
               "an answer");
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(a_failure_is_not_asked_again_at_once)
{
    peer_on(w->peer, .status = 500);
    ask(&w->a);
    is_failed(&w->a, "discovery answered 500");
    until_redis_says(1, "EXISTS", MARK);
    ask(&w->a);
    is_failed(&w->a, "left alone");
    ask(&w->b);
    is_failed(&w->b, "left alone");
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

START_TEST(many_callers_share_one_question)
{
    peer_on(w->peer, .body = FOUND, .delay_ms = 50);
    for (int i = 0; i < 100; i++)
        resolve(w->a.resolver, &acme, keep, &w->a);
    ck_assert_uint_eq(w->a.answers, 0);
    await(&w->a, 100);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

START_TEST(two_services_ask_once)
{
    peer_on(w->peer, .body = FOUND, .delay_ms = 150);
    resolve(w->a.resolver, &acme, keep, &w->a);
    resolve(w->b.resolver, &acme, keep, &w->b);
    await(&w->a, 1);
    await(&w->b, 1);
    /* Either may be the one who asks. */
    is_found(&w->a, w->a.last.source, "https://ext.example/a");
    is_found(&w->b, w->b.last.source, "https://ext.example/a");
    ck_assert_int_eq(w->a.last.source == SOURCE_DISCOVERY,
                     w->b.last.source == SOURCE_SHARED);
    ck_assert_int_eq(w->b.last.source == SOURCE_DISCOVERY,
                     w->a.last.source == SOURCE_SHARED);
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

START_TEST(who_waits_for_one_that_died_asks_in_the_end)
{
    peer_on(w->peer, .body = FOUND);
    redis_server_ask(w->server, "SET", MARK, "gone", "PX", "150", NULL);
    ask(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(nobody_waits_for_ever)
{
    w->options.ask_ms = 100;
    redis_server_ask(w->server, "SET", MARK, "slow", "PX", "600000", NULL);
    ask(&w->a);
    is_failed(&w->a, "somebody else is asking");
    redis_server_ask(w->server, "SET", ENTRY, "1 " FOUND, NULL);
    ask(&w->a);
    is_found(&w->a, SOURCE_STALE, "https://ext.example/a");
    ck_assert_uint_eq(asked(), 0);
}
END_TEST

START_TEST(forget_reaches_both_caches)
{
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    peer_on(w->peer, .body = MOVED);
    resolver_forget(w->a.resolver, &acme, w->a.last.stamp);
    ask(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    ck_assert_uint_eq(asked(), 2);
}
END_TEST

START_TEST(forget_leaves_a_newer_entry_alone)
{
    char stamp[32];

    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    memcpy(stamp, w->a.last.stamp, sizeof stamp);
    peer_on(w->peer, .body = MOVED);
    wait_until((ask_anew(&w->b), strcmp(w->b.last.stamp, stamp) != 0), LIMIT_MS,
               "a new stamp");
    resolver_forget(w->a.resolver, &acme, stamp);
    ask(&w->a);
    is_found(&w->a, SOURCE_SHARED, "https://ext.example/b");
    resolver_forget(w->a.resolver, &acme, stamp);
    ask(&w->a);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/b");
}
END_TEST

START_TEST(forget_without_a_stamp_drops_whatever_is_there)
{
    peer_on(w->peer, .body = FOUND);
    ask(&w->b);
    peer_on(w->peer, .status = 500);
    resolver_forget(w->a.resolver, &acme, "");
    until_redis_says(0, "EXISTS", ENTRY);
    ask(&w->a);
    is_failed(&w->a, "discovery answered 500");
    until_redis_says(1, "EXISTS", MARK);
    peer_on(w->peer, .body = FOUND);
    resolver_forget(w->a.resolver, &acme, "");
    ask(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(anew_skips_both_caches_and_fills_them)
{
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    peer_on(w->peer, .body = MOVED);
    ask_anew(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    ask(&w->a);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/b");
    ask(&w->b);
    is_found(&w->b, SOURCE_SHARED, "https://ext.example/b");
    ck_assert_uint_eq(asked(), 2);
}
END_TEST

START_TEST(anew_asks_even_when_discovery_failed_a_moment_ago)
{
    peer_on(w->peer, .status = 500);
    ask(&w->a);
    until_redis_says(1, "EXISTS", MARK);
    peer_on(w->peer, .body = FOUND);
    ask_anew(&w->b);
    is_found(&w->b, SOURCE_DISCOVERY, "https://ext.example/a");
    ask(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(anew_says_why_discovery_fails)
{
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    peer_on(w->peer, .status = 500);
    ask_anew(&w->a);
    is_failed(&w->a, "discovery answered 500");
    ask(&w->b);
    is_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(anew_joins_a_question_and_is_not_given_a_cached_answer)
{
    peer_on(w->peer, .body = FOUND);
    ask(&w->b);
    peer_on(w->peer, .body = MOVED);
    resolve(w->a.resolver, &acme, keep, &w->a);
    resolve_anew(w->a.resolver, &acme, keep, &w->a);
    await(&w->a, 2);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
}
END_TEST

START_TEST(while_redis_is_down_old_local_entries_are_served)
{
    static const struct extension_key other = {"globex", "on-new-lead"};

    w->options.local_ms = 0;
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    redis_server_kill(w->server);
    ask(&w->a);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    ask_for(&w->a, &other);
    is_failed(&w->a, "Redis is unreachable");
    ck_assert_uint_eq(asked(), 1);
    redis_server_start_again(w->server);
    wait_until((ask_for(&w->a, &other), w->a.last.kind == FINDING_EXTENSION),
               LIMIT_MS, "Redis again");
}
END_TEST

START_TEST(anew_needs_no_redis)
{
    peer_on(w->peer, .body = FOUND);
    redis_server_kill(w->server);
    ask_anew(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(a_lost_function_library_is_loaded_again)
{
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    redis_server_ask(w->server, "FUNCTION", "FLUSH", NULL);
    ask(&w->b);
    is_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
    redis_server_ask(w->server, "FUNCTION", "FLUSH", NULL);
    resolver_forget(w->a.resolver, &acme, w->b.last.stamp);
    until_redis_says(0, "EXISTS", ENTRY);
    ck_assert_uint_eq(asked(), 1);
}
END_TEST

START_TEST(a_redis_that_refuses_functions_is_a_failure)
{
    redis_server_ask(w->server, "FUNCTION", "FLUSH", NULL);
    redis_server_ask(w->server, "ACL", "SETUSER", "default", "-function", NULL);
    ask(&w->a);
    is_failed(&w->a, "Redis refused the discovery cache");
    ck_assert_uint_eq(asked(), 0);
}
END_TEST

START_TEST(the_freshness_is_jittered_within_its_range)
{
    unsigned different = 0;
    char first[32] = "";

    w->options.jitter = 50;
    peer_on(w->peer, .body = FOUND);
    for (int i = 0; i < 20; i++) {
        struct extension_key key = {"c", "on-new-lead"};
        int64_t before = redis_now_ms(), stamp;

        snprintf(key.container, sizeof key.container, "c%d", i);
        ask_for(&w->a, &key);
        stamp = strtoll(w->a.last.stamp, NULL, 10);
        ck_assert_int_ge(stamp, before + w->options.fresh_ms / 2);
        ck_assert_int_le(stamp, redis_now_ms() + w->options.fresh_ms);
        if (i == 0)
            memcpy(first, w->a.last.stamp, sizeof first);
        /* The clock alone moves the stamp by seconds at most. */
        different += llabs(stamp - strtoll(first, NULL, 10)) > 30000;
    }
    ck_assert_uint_gt(different, 0);
}
END_TEST

START_TEST(an_entry_lives_as_long_as_it_may_be_served)
{
    int64_t ttl;

    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    ttl = redis_server_count(w->server, "PTTL", ENTRY, NULL);
    ck_assert_int_gt(ttl, w->options.fresh_ms);
    ck_assert_int_le(ttl, w->options.fresh_ms + w->options.stale_ms);
}
END_TEST

static const char *const useless[] = {
    "99999999999999 {\"url\":\"ftp://ext.example/\"}",
    "99999999999999 {\"url\":\"https://ext.example/\",\"secret\":\"a b\"}",
    "99999999999999 {\"url\":",
    "99999999999999 ",
    "99999999999999",
    "never {}",
    "",
};

START_TEST(a_useless_entry_is_replaced)
{
    redis_server_ask(w->server, "SET", ENTRY, useless[_i], NULL);
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/a");
    ask(&w->b);
    is_found(&w->b, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(the_local_cache_is_bounded)
{
    struct extension_key key = {"c", "on-new-lead"};

    resolver_close(&w->a.resolver);
    w->options.local_max = 2;
    ck_assert_int_eq(resolver_open(&w->loop, &w->options, w->a.redis,
                                   w->a.discovery, &w->a.resolver),
                     ERR_OK);
    peer_on(w->peer, .body = FOUND);
    ask(&w->a);
    for (int i = 0; i < 2; i++) {
        key.container[0] = (char)('c' + i);
        ask_for(&w->a, &key);
    }
    ask_for(&w->a, &key);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
    ask(&w->a);
    is_found(&w->a, SOURCE_SHARED, "https://ext.example/a");
}
END_TEST

START_TEST(a_key_is_compared_whole)
{
    static const struct extension_key ab_c = {"ab", "c"}, a_bc = {"a", "bc"};

    peer_on(w->peer, .path = "/ab/c", .body = FOUND);
    peer_on(w->peer, .path = "/a/bc", .body = MOVED);
    ask_for(&w->a, &ab_c);
    ask_for(&w->a, &a_bc);
    is_found(&w->a, SOURCE_DISCOVERY, "https://ext.example/b");
    ask_for(&w->a, &ab_c);
    is_found(&w->a, SOURCE_LOCAL, "https://ext.example/a");
}
END_TEST

START_TEST(pending_callers_hear_of_the_end)
{
    peer_on(w->peer, .act = PEER_HANG);
    resolve(w->a.resolver, &acme, keep, &w->a);
    wait_until((turn(), asked() == 1), LIMIT_MS, "the question");
    resolve(w->b.resolver, &acme, keep, &w->b);
    until_redis_says(1, "EXISTS", MARK);
    resolver_close(&w->a.resolver);
    ck_assert_uint_eq(w->a.answers, 1);
    is_failed(&w->a, "stopped");
    /* Its mark is given back: the other service need not wait for its end. */
    peer_on(w->peer, .body = FOUND);
    wait_until((turn(), w->b.answers == 1), LIMIT_MS, "the other's answer");
    if (w->b.last.kind == FINDING_FAILED)
        ask(&w->b);
    is_found(&w->b, SOURCE_DISCOVERY, "https://ext.example/a");
}
END_TEST

START_TEST(closing_is_safe_in_every_state)
{
    static const struct extension_key other = {"globex", "on-new-lead"};

    peer_on(w->peer, .act = PEER_HANG);
    resolve(w->a.resolver, &acme, keep, &w->a);
    wait_until((turn(), asked() == 1), LIMIT_MS, "the question");
    resolve(w->b.resolver, &acme, keep, &w->b);
    wait_until((turn(), !LIST_EMPTY(&w->b.resolver->sleepers)), LIMIT_MS,
               "the other service to wait");
    resolve(w->b.resolver, &other, keep, &w->b);
    resolver_close(&w->b.resolver);
    ck_assert_uint_eq(w->b.answers, 2);
    resolver_close(&w->a.resolver);
    ck_assert_uint_eq(w->a.answers, 1);
}
END_TEST

static void add_cache_tests(TCase *tests)
{
    tcase_add_test(tests, a_miss_asks_discovery_and_everybody_knows);
    tcase_add_test(tests, no_extension_is_remembered_for_its_own_time);
    tcase_add_test(tests, an_entry_past_its_time_is_asked_for_again);
    tcase_add_test(tests, a_local_entry_is_looked_up_again_in_the_shared_cache);
    tcase_add_test(tests, a_stale_entry_is_served_while_discovery_fails);
    tcase_add_test(tests, no_extension_is_not_served_stale);
    tcase_add_test(tests, after_the_pause_discovery_is_asked_again);
    tcase_add_test(tests, a_failure_is_not_asked_again_at_once);
    tcase_add_test(tests, many_callers_share_one_question);
    tcase_add_test(tests, two_services_ask_once);
    tcase_add_test(tests, who_waits_for_one_that_died_asks_in_the_end);
    tcase_add_test(tests, nobody_waits_for_ever);
    tcase_add_test(tests, the_freshness_is_jittered_within_its_range);
    tcase_add_test(tests, an_entry_lives_as_long_as_it_may_be_served);
    tcase_add_loop_test(tests, a_useless_entry_is_replaced, 0,
                        (int)(sizeof useless / sizeof useless[0]));
    tcase_add_test(tests, the_local_cache_is_bounded);
    tcase_add_test(tests, a_key_is_compared_whole);
}

static void add_other_tests(TCase *tests)
{
    tcase_add_test(tests, forget_reaches_both_caches);
    tcase_add_test(tests, forget_leaves_a_newer_entry_alone);
    tcase_add_test(tests, forget_without_a_stamp_drops_whatever_is_there);
    tcase_add_test(tests, anew_skips_both_caches_and_fills_them);
    tcase_add_test(tests, anew_asks_even_when_discovery_failed_a_moment_ago);
    tcase_add_test(tests, anew_says_why_discovery_fails);
    tcase_add_test(tests,
                   anew_joins_a_question_and_is_not_given_a_cached_answer);
    tcase_add_test(tests, anew_needs_no_redis);
    tcase_add_test(tests, while_redis_is_down_old_local_entries_are_served);
    tcase_add_test(tests, a_lost_function_library_is_loaded_again);
    tcase_add_test(tests, a_redis_that_refuses_functions_is_a_failure);
    tcase_add_test(tests, pending_callers_hear_of_the_end);
    tcase_add_test(tests, closing_is_safe_in_every_state);
}

int main(void)
{
    Suite *suite = suite_create("live.resolve");
    TCase *tests = tcase_create("resolve");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, world_open, world_close);
    add_cache_tests(tests);
    add_other_tests(tests);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

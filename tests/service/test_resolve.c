/* Where extensions come from: three kinds of discovery, and the shared cache
 * that carries a service over discovery's failures. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOUND "delivered/ok/200"

static void push_for(struct world *w, const char *container, const char *id)
{
    world_push(w,
               "{\"id\":\"%s\",\"container\":\"%s\",\"point\":"
               "\"on-new-lead\",\"payload\":1}",
               id, container);
}

/* The platform's registry knows acme's on-new-lead, at /lead. */
static void registry_answers(struct world *w)
{
    static char body[2048];

    (void)snprintf(body, sizeof body, "{\"url\":\"%s\",\"secret\":\"r3g\"}",
                   peer_url(w->peer, "/lead").text);
    peer_on(w->peer, .path = "/ext/acme/on-new-lead", .body = body);
}

static void registry_fails(struct world *w)
{
    peer_on(w->peer, .path = "/ext/*", .status = 503);
}

/* A world whose extensions come from the registry, which does not answer
 * yet. */
static struct world *with_registry(const char *more)
{
    struct world *w = world_open();

    world_configure(w,
                    "discovery: {backend: http, token_file: tokens/master,\n"
                    "  url: \"http://127.0.0.1:%d/ext/{container}/{point}\"}\n"
                    "%s",
                    peer_port(w->peer), more);
    (void)temp_write(&w->dir, "tokens/master", "m4ster\n");
    return w;
}

static size_t questions(struct world *w)
{
    return ledger_count(peer_ledger(w->peer), "/ext/acme/on-new-lead");
}

static const char *bearer(const struct peer_request *r)
{
    const char *value = request_header(r, "Authorization");

    return value ? value : "";
}

START_TEST(a_tenant_without_an_extension_is_skipped)
{
    struct world *w = world_open();

    world_start(w);
    push_for(w, "nobody", "a");
    push_for(w, "acme", "b");
    journal_expect(w->journal, "a", "skipped/no_extension/0");
    journal_expect(w->journal, "b", FOUND);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 1);
    world_close(&w);
}
END_TEST

START_TEST(an_extension_of_the_configuration_may_have_no_secret)
{
    struct world *w = world_open();
    const struct peer_request *r;

    world_configure(w,
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead,\n"
                    "     url: \"%s\"}\n",
                    peer_url(w->peer, "/lead").text);
    world_start(w);
    push_for(w, "acme", "a");
    r = ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    ck_assert_str_eq(bearer(r), "");
    world_close(&w);
}
END_TEST

START_TEST(the_registry_is_asked_once_for_many_jobs)
{
    struct world *w = with_registry("");
    const struct peer_request *r;

    registry_answers(w);
    world_push_many(w, "job", 0, 200);
    world_start(w);
    world_start(w);
    world_expect_delivered(w, "job", 200);
    ck_assert_uint_eq(questions(w), 1);
    r = ledger_at(peer_ledger(w->peer), "/ext/acme/on-new-lead", 0);
    ck_assert_str_eq(r->method, "GET");
    ck_assert_str_eq(bearer(r), "Bearer m4ster");
    r = ledger_at(peer_ledger(w->peer), "/lead", 0);
    ck_assert_str_eq(bearer(r), "Bearer r3g");
    world_close(&w);
}
END_TEST

START_TEST(a_404_of_the_registry_means_none_and_is_remembered)
{
    struct world *w = with_registry("");

    world_start(w);
    push_for(w, "acme", "a");
    journal_expect(w->journal, "a", "skipped/no_extension/0");
    push_for(w, "acme", "b");
    journal_expect(w->journal, "b", "skipped/no_extension/0");
    ck_assert_uint_eq(questions(w), 1);
    world_close(&w);
}
END_TEST

START_TEST(discovery_down_with_a_warm_cache_still_delivers)
{
    struct world *w = with_registry("cache: {fresh: 50ms, local: 10ms, "
                                    "stale: 1h, retry: 1h}\n");

    registry_answers(w);
    world_start(w);
    push_for(w, "acme", "warm");
    journal_expect(w->journal, "warm", FOUND);
    registry_fails(w);
    /* Until the fresh time is over and discovery was asked in vain. */
    for (unsigned n = 0; questions(w) < 2; n++) {
        world_push_many(w, "job", n, 1);
        world_expect_delivered(w, "job", n + 1);
        ck_assert_uint_lt(n, 1000);
    }
    push_for(w, "acme", "stale");
    journal_expect(w->journal, "stale", FOUND);
    /* One that remembers nothing itself is told the same by Redis. */
    world_stop(w, w->services[0]);
    world_start(w);
    push_for(w, "acme", "new");
    journal_expect(w->journal, "new", FOUND);
    ck_assert_uint_eq(questions(w), 2);
    world_close(&w);
}
END_TEST

START_TEST(a_service_that_is_new_uses_what_others_found)
{
    struct world *w = with_registry("");
    struct process *first;

    registry_answers(w);
    first = world_start(w);
    push_for(w, "acme", "a");
    journal_expect(w->journal, "a", FOUND);
    world_stop(w, first);
    registry_fails(w);
    world_start(w);
    push_for(w, "acme", "b");
    journal_expect(w->journal, "b", FOUND);
    ck_assert_uint_eq(questions(w), 1);
    world_close(&w);
}
END_TEST

/* The log tells of it once, and of its end. */
static void expect_told(struct process *s)
{
    wait_until(strstr(process_err(s), "discovery answers again"),
               WORLD_LIMIT_MS, "the log");
    has(process_err(s),
        "level=warn msg=\"discovery fails\" backend=http container=acme "
        "point=on-new-lead why=\"discovery answered 503\" failures=1\n");
    ck_assert_uint_eq(count_in(process_err(s), " fails\""), 1);
}

START_TEST(discovery_down_without_a_cache_is_tried_until_it_is_back)
{
    struct world *w = with_registry(
        "points: {default: {retry: {base: 50ms, cap: 100ms, jitter: 0}}}\n");
    struct process *s;

    registry_fails(w);
    s = world_start(w);
    push_for(w, "acme", "a");
    wait_until(journal_read(w->journal) >= 2, WORLD_LIMIT_MS,
               "two failed discoveries");
    for (size_t i = 0; i < 2; i++) {
        ck_assert_str_eq(journal_field(w->journal, "a", i, "class"),
                         "discovery_failed");
        ck_assert_str_eq(journal_field(w->journal, "a", i, "verdict"), "retry");
        ck_assert_str_eq(journal_field(w->journal, "a", i, "attempt"), "0");
        ck_assert_str_ne(journal_field(w->journal, "a", i, "error"), "");
    }
    registry_answers(w);
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "verdict", "delivered") == 1),
               WORLD_LIMIT_MS, "the delivery");
    ck_assert_str_eq(journal_field(w->journal, "a",
                                   journal_count(w->journal, "a") - 1,
                                   "attempt"),
                     "1");
    expect_told(s);
    world_close(&w);
}
END_TEST

START_TEST(the_waits_for_a_discovery_that_fails_grow)
{
    struct world *w = with_registry(
        "points: {default: {retry: {base: 20ms, cap: 10s, jitter: 0}}}\n");
    int64_t waits[4];

    registry_fails(w);
    world_start(w);
    push_for(w, "acme", "a");
    wait_until(journal_read(w->journal) >= 4, WORLD_LIMIT_MS,
               "four failed discoveries");
    for (size_t i = 0; i < 4; i++)
        waits[i] =
            strtoll(journal_field(w->journal, "a", i, "next_at"), NULL, 10) -
            strtoll(journal_field(w->journal, "a", i, "at"), NULL, 10);
    /* The fourth is eight times the first; both clocks round. */
    ck_assert_int_gt(waits[3], 6 * 20);
    world_close(&w);
}
END_TEST

START_TEST(a_failing_discovery_ends_after_many_tries_when_age_has_no_bound)
{
    struct world *w =
        with_registry("points: {default: {retry: {attempts: 1, base: 1ms, "
                      "cap: 1ms, max_age: 0}}}\n");

    registry_fails(w);
    world_start(w);
    push_for(w, "acme", "a");
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "verdict", "dead") == 1),
               WORLD_LIMIT_MS, "the job to be given up");
    ck_assert_str_eq(journal_field(w->journal, "a",
                                   journal_count(w->journal, "a") - 1, "class"),
                     "discovery_failed");
    world_close(&w);
}
END_TEST

START_TEST(a_secret_that_changed_is_found_by_asking_again)
{
    struct world *w = with_registry("");
    static char body[2048];
    const struct peer_request *r;

    registry_answers(w);
    world_start(w);
    push_for(w, "acme", "a");
    journal_expect(w->journal, "a", FOUND);
    (void)snprintf(body, sizeof body, "{\"url\":\"%s\",\"secret\":\"n3w\"}",
                   peer_url(w->peer, "/lead").text);
    peer_on(w->peer, .path = "/ext/acme/on-new-lead", .body = body);
    peer_on(w->peer, .path = "/lead", .fail_first = 1, .fail_status = 401);
    push_for(w, "acme", "b");
    journal_expect(w->journal, "b", "retry/unauthorized/401 " FOUND);
    r = ledger_at(peer_ledger(w->peer), "/lead", 1);
    ck_assert_str_eq(bearer(r), "Bearer r3g");
    r = ledger_at(peer_ledger(w->peer), "/lead", 2);
    ck_assert_str_eq(bearer(r), "Bearer n3w");
    world_close(&w);
}
END_TEST

#define WEBTASK                                                                \
    "discovery: {backend: webtask, url: \"http://127.0.0.1:%d\",\n"            \
    "            token_file: tokens}\n"

/* The platform's list of one container's webtasks: one that matches among
 * others that do not. */
static void webtasks_of(struct world *w, const char *container, char body[2048])
{
    (void)snprintf(
        body, 2048,
        "[{\"name\":\"off\",\"webtask_url\":\"http://127.0.0.1:1/\","
        "\"meta\":{\"auth0-extension-type\":\"on-new-lead\","
        "\"auth0-extension-disabled\":\"1\"}},"
        "{\"name\":\"other\",\"webtask_url\":\"http://127.0.0.1:1/\","
        "\"meta\":{\"auth0-extension-type\":\"on-lost-lead\"}},"
        "{\"name\":\"lead\",\"container\":\"%s\",\"webtask_url\":\"%s\","
        "\"meta\":{\"auth0-extension-type\":\"on-new-lead\","
        "\"auth0-extension-secret\":\"w3b-%s\"}}]",
        container, peer_url(w->peer, "/lead").text, container);
}

START_TEST(the_webtask_platform_is_asked_with_each_containers_token)
{
    static char acme[2048], umbrella[2048];
    struct world *w = world_open();
    struct ledger *l = peer_ledger(w->peer);
    const struct peer_request *r;

    world_configure(w, WEBTASK, peer_port(w->peer));
    (void)temp_write(&w->dir, "tokens/acme", "t0ken-acme\n");
    (void)temp_write(&w->dir, "tokens/umbrella", "t0ken-umbrella\n");
    webtasks_of(w, "acme", acme);
    webtasks_of(w, "umbrella", umbrella);
    peer_on(w->peer, .path = "/api/webtask/acme", .body = acme);
    peer_on(w->peer, .path = "/api/webtask/umbrella", .body = umbrella);
    world_start(w);
    push_for(w, "acme", "a");
    journal_expect(w->journal, "a", FOUND);
    push_for(w, "umbrella", "u");
    journal_expect(w->journal, "u", FOUND);
    r = ledger_at(l, "/api/webtask/acme", 0);
    ck_assert_str_eq(bearer(r), "Bearer t0ken-acme");
    ck_assert_str_eq(
        r->query, "meta=auth0-extension-type%3Aon-new-lead&offset=0&limit=100");
    r = ledger_at(l, "/api/webtask/umbrella", 0);
    ck_assert_str_eq(bearer(r), "Bearer t0ken-umbrella");
    ck_assert_str_eq(bearer(ledger_at(l, "/lead", 0)), "Bearer w3b-acme");
    ck_assert_str_eq(bearer(ledger_at(l, "/lead", 1)), "Bearer w3b-umbrella");
    world_close(&w);
}
END_TEST

START_TEST(a_container_without_a_token_waits_for_one)
{
    static char body[2048];
    struct world *w = world_open();

    world_configure(w, WEBTASK, peer_port(w->peer));
    (void)temp_write(&w->dir, "tokens/other", "t0ken\n");
    webtasks_of(w, "acme", body);
    peer_on(w->peer, .path = "/api/webtask/acme", .body = body);
    world_start(w);
    push_for(w, "acme", "a");
    wait_until(journal_read(w->journal) > 0, WORLD_LIMIT_MS,
               "the first outcome");
    ck_assert_str_eq(journal_field(w->journal, "a", 0, "class"),
                     "discovery_failed");
    (void)temp_write(&w->dir, "tokens/acme", "t0ken-acme\n");
    (void)ledger_wait(peer_ledger(w->peer), "/lead", 1, WORLD_LIMIT_MS);
    world_close(&w);
}
END_TEST

START_TEST(two_extensions_for_one_point_are_inconsistent_and_wait)
{
    static char body[2048];
    struct world *w = world_open();

    world_configure(w, WEBTASK, peer_port(w->peer));
    (void)temp_write(&w->dir, "tokens/acme", "t0ken-acme\n");
    (void)snprintf(body, sizeof body,
                   "[{\"name\":\"a\",\"webtask_url\":\"%s\",\"meta\":"
                   "{\"auth0-extension-type\":\"on-new-lead\"}},"
                   "{\"name\":\"b\",\"webtask_url\":\"%s\",\"meta\":"
                   "{\"auth0-extension-type\":\"on-new-lead\"}}]",
                   peer_url(w->peer, "/a").text, peer_url(w->peer, "/b").text);
    peer_on(w->peer, .path = "/api/webtask/acme", .body = body);
    world_start(w);
    push_for(w, "acme", "a");
    wait_until(journal_read(w->journal) > 0, WORLD_LIMIT_MS,
               "the first outcome");
    ck_assert_str_eq(journal_field(w->journal, "a", 0, "class"),
                     "discovery_failed");
    ck_assert_ptr_nonnull(strstr(journal_field(w->journal, "a", 0, "error"),
                                 "inconsistent configuration"));
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.resolve", 60, a_tenant_without_an_extension_is_skipped,
        an_extension_of_the_configuration_may_have_no_secret,
        the_registry_is_asked_once_for_many_jobs,
        a_404_of_the_registry_means_none_and_is_remembered,
        discovery_down_with_a_warm_cache_still_delivers,
        a_service_that_is_new_uses_what_others_found,
        discovery_down_without_a_cache_is_tried_until_it_is_back,
        the_waits_for_a_discovery_that_fails_grow,
        a_failing_discovery_ends_after_many_tries_when_age_has_no_bound,
        a_secret_that_changed_is_found_by_asking_again,
        the_webtask_platform_is_asked_with_each_containers_token,
        a_container_without_a_token_waits_for_one,
        two_extensions_for_one_point_are_inconsistent_and_wait);
}

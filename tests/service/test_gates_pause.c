/* Pauses that the platform or the extension asked for. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static int64_t asked_us(struct world *w, const char *path, size_t n)
{
    return ledger_wait(peer_ledger(w->peer), path, n + 1, WORLD_LIMIT_MS)
        ->at_us;
}

static int64_t parked(struct world *w, const char *gate)
{
    char key[128];

    (void)snprintf(key, sizeof key, "extq:{default}:parked:%s", gate);
    return redis_server_count(w->redis, "LLEN", key, NULL);
}

static void push(struct world *w, const char *id, const char *container,
                 const char *point)
{
    world_push(w,
               "{\"id\":\"%s\",\"container\":\"%s\",\"point\":\"%s\","
               "\"payload\":1}",
               id, container, point);
}

/* acme has two extensions, good one. */
static struct world *with_three(void)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/sale");
    peer_on(w->peer, .path = "/good");
    world_configure(w,
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead, url: \"%s\"}\n"
                    "  - {container: acme, point: on-sale, url: \"%s\"}\n"
                    "  - {container: good, point: on-sale, url: \"%s\"}\n",
                    peer_url(w->peer, "/lead").text,
                    peer_url(w->peer, "/sale").text,
                    peer_url(w->peer, "/good").text);
    world_start(w);
    return w;
}

START_TEST(a_429_of_the_platform_quarantines_the_whole_container)
{
    struct world *w = with_three();

    peer_on(w->peer, .path = "/lead", .fail_first = 1, .fail_status = 429);
    push(w, "first", "acme", "on-new-lead");
    wait_until(journal_read(w->journal) >= 1, WORLD_LIMIT_MS, "the refusal");
    push(w, "sale", "acme", "on-sale");
    push(w, "good", "good", "on-sale");
    journal_expect(w->journal, "good", "delivered/ok/200");
    wait_until(parked(w, "acme:") == 1, WORLD_LIMIT_MS, "the sale to wait");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/sale"), 0);
    journal_expect(w->journal, "sale", "delivered/ok/200");
    ck_assert_int_ge(asked_us(w, "/sale", 0) - asked_us(w, "/lead", 0),
                     4000000);
    journal_expect(w->journal, "first", "retry/throttled/429 delivered/ok/200");
    /* The refused call was none of the job's attempts. */
    ck_assert_str_eq(journal_field(w->journal, "first", 1, "attempt"), "1");
    ck_assert_str_eq(journal_field(w->journal, "", 0, "class"), "paused");
    ck_assert_str_eq(journal_field(w->journal, "", 0, "container"), "acme");
    ck_assert_str_eq(journal_field(w->journal, "", 0, "point"), "");
    world_close(&w);
}
END_TEST

START_TEST(a_retry_after_pauses_the_whole_extension)
{
    struct world *w = with_three();

    peer_on(w->peer, .path = "/lead", .status = 503,
            .headers = "Retry-After: 2\r\n");
    push(w, "first", "acme", "on-new-lead");
    wait_until(journal_read(w->journal) >= 1, WORLD_LIMIT_MS, "the refusal");
    peer_on(w->peer, .path = "/lead");
    push(w, "second", "acme", "on-new-lead");
    push(w, "sale", "acme", "on-sale");
    journal_expect(w->journal, "sale", "delivered/ok/200");
    wait_until(parked(w, "acme:on-new-lead") == 1, WORLD_LIMIT_MS,
               "the second to wait");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 1);
    journal_expect(w->journal, "second", "delivered/ok/200");
    ck_assert_int_ge(asked_us(w, "/lead", 1) - asked_us(w, "/lead", 0),
                     2000000);
    world_close(&w);
}
END_TEST

static const char *state(struct world *w)
{
    return redis_server_ask(w->redis, "HGET", "extq:{default}:gates",
                            "acme:on-new-lead", NULL);
}

START_TEST(a_410_stops_the_extension_until_discovery_says_something_else)
{
    struct world *w = world_open();
    struct process *s;

    peer_on(w->peer, .path = "/lead", .status = 410);
    peer_on(w->peer, .path = "/moved");
    world_configure(w,
                    "points: {default: {circuit: {wait: 50ms, cap: 100ms}}}\n");
    s = world_start(w);
    push(w, "first", "acme", "on-new-lead");
    journal_expect(w->journal, "first", "retry/gone/410 dead/gone/410");
    wait_until(strstr(state(w), "gone "), WORLD_LIMIT_MS, "the stop");
    push(w, "second", "acme", "on-new-lead");
    /* Asked for, and still at the same place: not called. */
    wait_until(strstr(state(w), "still names"), WORLD_LIMIT_MS,
               "discovery to be asked");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 2);
    world_configure(w,
                    "points: {default: {circuit: {wait: 50ms, cap: 100ms}}}\n"
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead, url: \"%s\"}\n",
                    peer_url(w->peer, "/moved").text);
    process_signal(s, SIGHUP);
    journal_expect(w->journal, "second", "delivered/ok/200");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 2);
    wait_until(strcmp(state(w), "(nil)") == 0, WORLD_LIMIT_MS,
               "the gate to be forgotten");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.gates_pause", 60,
        a_429_of_the_platform_quarantines_the_whole_container,
        a_retry_after_pauses_the_whole_extension,
        a_410_stops_the_extension_until_discovery_says_something_else);
}

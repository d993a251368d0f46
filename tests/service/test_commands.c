/* The commands next to a service that runs: what they say is what happens. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

/* Runs `extq ... -c <the world's configuration>` to its end. */
#define command(w, ...)                                                        \
    finished(extq_start(NULL, __VA_ARGS__, "-c", (w)->config.text))

static struct process *finished(struct process *p)
{
    process_expect(p, 0, WORLD_LIMIT_MS);
    return p;
}

START_TEST(stats_count_what_was_done_and_name_the_service)
{
    struct world *w = world_open();
    struct process *s = world_start(w), *p;
    char text[512];

    world_push_many(w, "job", 0, 25);
    world_push(w, "no job");
    journal_wait_ends(w->journal, 26);
    p = command(w, "stats", "--json");
    has(process_out(p),
        "\"waiting\":0,\"waited_ms\":0,\"later\":0,\"due\":0,\"held\":0,"
        "\"dead\":1,\"outcomes\":26");
    has(process_out(p), "\"delivered\":25");
    has(process_out(p), "\"dead\":1");
    (void)snprintf(text, sizeof text, "\"pid\":%d", (int)process_pid(s));
    has(process_out(p), text);
    (void)snprintf(text, sizeof text, "\"socket\":\"%s\"", w->address.socket);
    has(process_out(p), text);
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(stats_of_an_embedded_redis_name_its_socket)
{
    struct world *w = world_open_embedded();
    struct process *s = world_start(w), *p;
    char text[512];

    wait_until(strstr(process_err(s), "Redis is there") != NULL, WORLD_LIMIT_MS,
               "the service's Redis");
    p = command(w, "stats", "--json");
    (void)snprintf(text, sizeof text, "\"socket\":\"%s\"", w->address.socket);
    has(process_out(p), text);
    has(process_out(p), "\"embedded\":true");
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(outcomes_are_followed_as_they_come)
{
    struct world *w = world_open();
    struct process *p;

    peer_on(w->peer, .path = "/lead", .fail_first = 1);
    world_start(w);
    p = extq_start(NULL, "outcomes", "--json", "-f", "-c", w->config.text);
    world_push_many(w, "job", 0, 1);
    wait_until(strstr(process_out(p), "\"verdict\":\"delivered\"") != NULL,
               WORLD_LIMIT_MS, "the outcome on the screen");
    has(process_out(p), "\"verdict\":\"retry\"");
    has(process_out(p), "\"id\":\"job-0\"");
    world_push_many(w, "more", 0, 1);
    wait_until(strstr(process_out(p), "\"id\":\"more-0\"") != NULL,
               WORLD_LIMIT_MS, "the second job on the screen");
    process_signal(p, SIGINT);
    process_expect(p, 0, WORLD_LIMIT_MS);
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(an_enqueued_job_is_delivered_under_the_id_that_was_printed)
{
    struct world *w = world_open();
    struct process *p;
    const char *out;
    char id[160];

    world_start(w);
    p = command(w, "enqueue", "--container", "acme", "--point", "on-new-lead",
                "--payload", "{\"lead\":1}");
    out = process_out(p);
    (void)snprintf(id, sizeof id, "%.*s", (int)strcspn(out, "\n"), out);
    journal_expect(w->journal, id, "delivered/ok/200");
    ck_assert_str_eq(ledger_at(peer_ledger(w->peer), "/lead", 0)->body.at,
                     "{\"lead\":1}");
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(a_load_of_copies_is_delivered_whole)
{
    struct world *w = world_open();
    struct process *p;

    world_start(w);
    p = command(w, "enqueue", "--container", "acme", "--point", "on-new-lead",
                "--payload", "1", "--count", "500", "--quiet");
    journal_wait_ends(w->journal, 500);
    ck_assert_uint_eq(journal_count_with(w->journal, "verdict", "delivered"),
                      500);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 500);
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(resolve_shows_what_the_service_has_found)
{
    struct world *w = world_open();
    struct process *p;

    world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    p = command(w, "resolve", "acme", "on-new-lead");
    has(process_out(p), peer_url(w->peer, "/lead").text);
    has(process_out(p), "cache");
    ck_assert_ptr_null(strstr(process_out(p), "s3cr3t"));
    process_close(&p);
    world_close(&w);
}
END_TEST

START_TEST(check_accepts_what_the_service_runs_on)
{
    struct world *w = world_open();
    struct process *p = command(w, "check");

    ck_assert_str_ne(process_out(p), "");
    process_close(&p);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.commands", 60,
                     stats_count_what_was_done_and_name_the_service,
                     stats_of_an_embedded_redis_name_its_socket,
                     outcomes_are_followed_as_they_come,
                     an_enqueued_job_is_delivered_under_the_id_that_was_printed,
                     a_load_of_copies_is_delivered_whole,
                     resolve_shows_what_the_service_has_found,
                     check_accepts_what_the_service_runs_on);
}

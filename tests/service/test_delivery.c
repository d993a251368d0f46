/* A job that was pushed reaches its extension as it was written, and the
 * outcome says so. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define TRACE "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

static const struct peer_request *call(struct world *w, size_t count)
{
    return ledger_wait(peer_ledger(w->peer), "/lead", count, WORLD_LIMIT_MS);
}

static void header_is(const struct peer_request *r, const char *name,
                      const char *value)
{
    const char *got = request_header(r, name);

    ck_assert_msg(got && strcmp(got, value) == 0, "%s: %s", name,
                  got ? got : "(none)");
}

/* The trace of the job goes on, in a span of the attempt's own. */
static void expect_own_span(const char *traceparent)
{
    const size_t ids = strlen("00-") + 32 + 1;

    ck_assert_msg(traceparent && strlen(traceparent) == strlen(TRACE) &&
                      strncmp(traceparent, TRACE, ids) == 0 &&
                      strncmp(&traceparent[ids], &(TRACE)[ids], 16) != 0 &&
                      strcmp(&traceparent[ids + 16], "-01") == 0,
                  "traceparent: %s", traceparent ? traceparent : "(none)");
}

static void body_is(const struct peer_request *r, const char *body)
{
    ck_assert_str_eq(r->body.at, body);
    ck_assert_uint_eq(r->body.len, strlen(body));
}

static long long now_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_REALTIME, &t);
    return (long long)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

START_TEST(a_pushed_job_becomes_one_call_with_its_bytes_and_headers)
{
    struct world *w = world_open();
    const struct peer_request *r;
    const char *agent;

    world_start(w);
    world_push(w, "{\"id\":\"evt_1\",\"container\":\"acme\","
                  "\"point\":\"on-new-lead\",\"traceparent\":\"" TRACE "\","
                  "\"payload\":{\"lead\":{\"name\":\"Ada\"}}}");
    r = call(w, 1);
    ck_assert_str_eq(r->method, "POST");
    ck_assert_str_eq(r->target, "/lead");
    body_is(r, "{\"lead\":{\"name\":\"Ada\"}}");
    header_is(r, "Authorization", "Bearer s3cr3t");
    header_is(r, "Content-Type", "application/json");
    header_is(r, "webhook-id", "evt_1");
    header_is(r, "idempotency-key", "evt_1");
    header_is(r, "extq-attempt", "1");
    expect_own_span(request_header(r, "traceparent"));
    agent = request_header(r, "User-Agent");
    ck_assert_str_eq(agent ? agent : "", "extq/" EXTQ_VERSION);
    journal_expect(w->journal, "evt_1", "delivered/ok/200");
    world_close(&w);
}
END_TEST

START_TEST(an_outcome_has_every_field_that_is_documented)
{
    static const char *const once[] = {
        "container", "acme", "point", "on-new-lead",
        "attempt",   "1",    "error", "",
        "next_at",   "",     "body",  "Thanks, Ada "};
    struct world *w = world_open();
    struct process *s;
    long long from = now_ms(), at;
    char worker[64];

    peer_on(w->peer, .path = "/lead", .body = "Thanks, Ada\001",
            .delay_ms = 40); /* by its clock, of whole ms */
    s = world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    for (size_t i = 0; i < sizeof once / sizeof *once; i += 2)
        ck_assert_str_eq(journal_field(w->journal, "job-0", 0, once[i]),
                         once[i + 1]);
    at = strtoll(journal_field(w->journal, "job-0", 0, "at"), NULL, 10);
    ck_assert_int_ge(at, from - 1000);
    ck_assert_int_le(at, now_ms() + 1000);
    ck_assert_int_ge(
        strtol(journal_field(w->journal, "job-0", 0, "ms"), NULL, 10), 20);
    ck_assert_int_ge(
        strtol(journal_field(w->journal, "job-0", 0, "ttfb_ms"), NULL, 10), 20);
    ck_assert_str_ne(journal_field(w->journal, "job-0", 0, "queue_ms"), "");
    (void)snprintf(worker, sizeof worker, "tester:%d:", (int)process_pid(s));
    ck_assert_msg(strncmp(journal_field(w->journal, "job-0", 0, "worker"),
                          worker, strlen(worker)) == 0,
                  "%s", journal_field(w->journal, "job-0", 0, "worker"));
    world_close(&w);
}
END_TEST

START_TEST(the_secret_is_in_no_key_but_the_cache_and_in_no_log_line)
{
    struct world *w = world_open();
    struct process *s = world_start(w);

    peer_on(w->peer, .path = "/lead", .fail_first = 1, .fail_status = 500);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0",
                   "retry/platform_error/500 delivered/ok/200");
    ck_assert_ptr_null(strstr(process_err(s), "s3cr3t"));
    ck_assert_ptr_null(
        strstr(redis_server_ask(w->redis, "XRANGE", "extq:{default}:outcomes",
                                "-", "+", NULL),
               "s3cr3t"));
    ck_assert_ptr_null(strstr(
        redis_server_ask(w->redis, "HGETALL", "extq:{default}:meta", NULL),
        "s3cr3t"));
    world_close(&w);
}
END_TEST

START_TEST(an_idle_service_hears_every_push)
{
    enum { COUNT = 100 };
    struct world *w = world_open();
    struct waiter limit = waiter_start(WORLD_LIMIT_MS);

    world_start(w);
    /* Each waits for the one before: the queue is empty every time. One limit
     * for all, which those that only look once a second exceed. */
    for (unsigned n = 0; n < COUNT; n++) {
        world_push_many(w, "job", n, 1);
        while (ledger_count(peer_ledger(w->peer), "/lead") <= n)
            ck_assert_msg(waiter_pause(&limit), "only %u in time", n);
    }
    world_expect_delivered(w, "job", COUNT);
    world_close(&w);
}
END_TEST

START_TEST(the_payload_arrives_byte_for_byte)
{
    static const char *const payloads[] = {
        "  { \"a\" :\t[ 1 ,2 ]\n}  ",
        "12345678901234567890123456789.000e+400",
        "-0.0",
        "\"\\u00e9\\ud83d\\ude00 \\/ \\\\ \\\"\"",
        "\"\xc3\xa9\xf0\x9f\x98\x80\"",
        "null",
        "[]",
        "{\"a\":1,\"a\":2}",
        "\"webhook-id\"",
    };
    struct world *w = world_open();

    world_start(w);
    for (size_t i = 0; i < sizeof payloads / sizeof *payloads; i++) {
        const char *from = payloads[i] + strspn(payloads[i], " ");
        size_t len = strlen(from);
        const struct peer_request *r;

        while (from[len - 1] == ' ')
            len--;
        world_push(w,
                   "{\"payload\" : %s,\"container\":\"acme\","
                   "\"point\":\"on-new-lead\"}",
                   payloads[i]);
        r = call(w, i + 1);
        ck_assert_msg(r->body.len == len && !memcmp(r->body.at, from, len),
                      "payload %zu: %s", i, r->body.at);
    }
    world_close(&w);
}
END_TEST

START_TEST(a_large_payload_arrives_whole)
{
    enum { LEN = 2 << 20 };
    static const char head[] = "{\"id\":\"big\",\"container\":\"acme\","
                               "\"point\":\"on-new-lead\",\"payload\":\"";
    struct world *w = world_open();
    char *job = malloc(sizeof head + LEN + 2);
    const struct peer_request *r;
    size_t len = sizeof head - 1;

    ck_assert_ptr_nonnull(job);
    memcpy(job, head, len);
    for (size_t i = 0; i < LEN; i++)
        job[len++] = (char)('a' + i % 26);
    memcpy(job + len, "\"}", 2);
    world_start(w);
    world_push_bytes(w, "default", (struct span){job, len + 2});
    r = call(w, 1);
    ck_assert_uint_eq(r->body.len, (size_t)LEN + 2);
    ck_assert_int_eq(memcmp(r->body.at, job + sizeof head - 2, (size_t)LEN + 2),
                     0);
    journal_expect(w->journal, "big", "delivered/ok/200");
    free(job);
    world_close(&w);
}
END_TEST

START_TEST(a_point_of_another_content_type_sends_body_and_body_base64)
{
    struct world *w = world_open();
    const struct peer_request *r;

    world_configure(w, "points:\n"
                       "  on-new-lead: {method: PUT, content_type: "
                       "\"text/plain; charset=utf-8\"}\n");
    world_start(w);
    world_push(w, "{\"container\":\"acme\",\"point\":\"on-new-lead\","
                  "\"body\":\"caf\\u00e9\\n\"}");
    r = call(w, 1);
    ck_assert_str_eq(r->method, "PUT");
    header_is(r, "Content-Type", "text/plain; charset=utf-8");
    body_is(r, "caf\xc3\xa9\n");
    world_push(w, "{\"container\":\"acme\",\"point\":\"on-new-lead\","
                  "\"body_base64\":\"AAH/IA==\"}");
    r = call(w, 2);
    ck_assert_uint_eq(r->body.len, 4);
    ck_assert_int_eq(memcmp(r->body.at, "\0\1\377 ", 4), 0);
    world_close(&w);
}
END_TEST

START_TEST(a_job_without_an_id_gets_one_that_stays_the_same)
{
    struct world *w = world_open();
    struct ledger *l = peer_ledger(w->peer);
    const char *id;

    peer_on(w->peer, .path = "/lead", .fail_first = 2);
    world_start(w);
    world_push(w, "{\"container\":\"acme\",\"point\":\"on-new-lead\","
                  "\"payload\":1}");
    (void)call(w, 3);
    id = request_header(ledger_at(l, "/lead", 0), "webhook-id");
    ck_assert_ptr_nonnull(id);
    ck_assert_uint_gt(strlen(id), 4);
    for (size_t i = 0; i < 3; i++) {
        header_is(ledger_at(l, "/lead", i), "webhook-id", id);
        header_is(ledger_at(l, "/lead", i), "idempotency-key", id);
    }
    header_is(ledger_at(l, "/lead", 2), "extq-attempt", "3");
    journal_expect(w->journal, id,
                   "retry/platform_error/503 retry/platform_error/503 "
                   "delivered/ok/200");
    world_close(&w);
}
END_TEST

START_TEST(two_jobs_without_an_id_get_different_ones)
{
    struct world *w = world_open();
    struct ledger *l = peer_ledger(w->peer);

    world_start(w);
    for (int i = 0; i < 2; i++)
        world_push(w, "{\"container\":\"acme\",\"point\":\"on-new-lead\","
                      "\"payload\":1}");
    (void)call(w, 2);
    ck_assert_str_ne(request_header(ledger_at(l, "/lead", 0), "webhook-id"),
                     request_header(ledger_at(l, "/lead", 1), "webhook-id"));
    world_close(&w);
}
END_TEST

START_TEST(a_job_waits_for_its_not_before)
{
    struct world *w = world_open();
    long long due = now_ms() + 700;
    long long at;

    world_start(w);
    world_push(w,
               "{\"id\":\"tomorrow\",\"container\":\"acme\",\"point\":"
               "\"on-new-lead\",\"payload\":1,\"not_before\":%lld}",
               due);
    world_push_many(w, "now", 0, 1);
    journal_expect(w->journal, "now-0", "delivered/ok/200");
    journal_expect(w->journal, "tomorrow", "delivered/ok/200");
    at = strtoll(journal_field(w->journal, "tomorrow", 0, "at"), NULL, 10);
    ck_assert_int_ge(at, due);
    world_close(&w);
}
END_TEST

START_TEST(a_job_whose_time_is_over_expires_without_a_call)
{
    struct world *w = world_open();

    world_start(w);
    world_push(w,
               "{\"id\":\"young\",\"container\":\"acme\",\"point\":"
               "\"on-new-lead\",\"payload\":1,\"expires_at\":%lld}",
               now_ms() + 3600 * 1000);
    journal_expect(w->journal, "young", "delivered/ok/200");
    world_push(w, "{\"id\":\"old\",\"container\":\"acme\",\"point\":"
                  "\"on-new-lead\",\"payload\":1,\"expires_at\":1000}");
    journal_expect(w->journal, "old", "expired/expired/0");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 1);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.delivery", 60,
                     a_pushed_job_becomes_one_call_with_its_bytes_and_headers,
                     an_outcome_has_every_field_that_is_documented,
                     the_secret_is_in_no_key_but_the_cache_and_in_no_log_line,
                     an_idle_service_hears_every_push,
                     the_payload_arrives_byte_for_byte,
                     a_large_payload_arrives_whole,
                     a_point_of_another_content_type_sends_body_and_body_base64,
                     a_job_without_an_id_gets_one_that_stays_the_same,
                     two_jobs_without_an_id_get_different_ones,
                     a_job_waits_for_its_not_before,
                     a_job_whose_time_is_over_expires_without_a_call);
}

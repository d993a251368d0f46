/* Calls as spans at a collector: a real HTTP peer, well and unwell. Jobs never
 * notice. */
#include "support/main.h"
#include "support/ops_client.h"
#include "support/page.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"
#define TOKEN  "t0k3n-of-the-collector"

static struct world *w;
static struct peer *collector;
static int port;

static void configure_at(const char *url, const char *more)
{
    world_configure(w,
                    "ops: {listen: \"127.0.0.1:%d\"}\n"
                    "tracing: {otlp_url: \"%s\"%s}\n",
                    port, url, more);
}

static void open_all(void)
{
    w = world_open();
    collector = peer_open();
    peer_on(collector, .path = "/v1/traces", .body = "{}");
    port = free_port();
    configure_at(peer_url(collector, "").text, "");
}

static void close_all(void)
{
    world_close(&w);
    peer_close(&collector);
}

static void push_traced(const char *id, const char *flags)
{
    world_push(w,
               "{\"id\":\"%s\",\"container\":\"acme\",\"point\":"
               "\"on-new-lead\",\"payload\":1,\"traceparent\":"
               "\"00-" ID "-" PARENT "-%s\",\"tracestate\":\"rojo=1\"}",
               id, flags);
}

/* What the collector was sent the n-th time. */
static const char *export(size_t n)
{
    const struct peer_request *r = ledger_wait(
        peer_ledger(collector), "/v1/traces", n + 1, WORLD_LIMIT_MS);

    return ledger_at(peer_ledger(collector), "/v1/traces", n) ? r->body.at : "";
}

/* Of all requests. */
static unsigned exported(const char *part)
{
    struct ledger *l = peer_ledger(collector);
    unsigned n = 0;

    for (size_t i = 0; i < ledger_count(l, NULL); i++)
        n += count_in(ledger_at(l, NULL, i)->body.at, part);
    return n;
}

static unsigned spans(const char *result)
{
    char series[64];

    (void)snprintf(series, sizeof series,
                   "extq_trace_spans_total{result=\"%s\"}", result);
    return (unsigned)page_sum(ops_get(port, "/metrics")->body, series);
}

/* The traceparent of the extension's n-th call. */
static const char *sent(size_t n)
{
    const char *value = request_header(
        ledger_at(peer_ledger(w->peer), "/lead", n), "traceparent");

    ck_assert_ptr_nonnull(value);
    return value;
}

START_TEST(a_call_is_a_span_of_the_jobs_trace)
{
    const struct peer_request *r;
    char own[17], text[64];

    (void)world_start(w);
    push_traced("evt_1", "01");
    has(export(0), "\"traceId\":\"" ID "\"");
    has(export(0), "\"parentSpanId\":\"" PARENT "\"");
    has(export(0), "{\"key\":\"extq.job.id\",\"value\":{\"stringValue\":"
                   "\"evt_1\"}}");
    has(export(0), "\"http.response.status_code\",\"value\":{\"intValue\":"
                   "\"200\"}");
    has(export(0), "{\"key\":\"service.name\",\"value\":{\"stringValue\":"
                   "\"extq\"}}");
    ck_assert_str_eq(request_header(ledger_at(peer_ledger(w->peer), "/lead", 0),
                                    "tracestate"),
                     "rojo=1");
    /* What the extension does is below that span. */
    ck_assert_int_eq(sscanf(sent(0), "00-" ID "-%16[0-9a-f]-01%1s", own, text),
                     1);
    (void)snprintf(text, sizeof text, "\"spanId\":\"%s\"", own);
    has(export(0), text);
    r = ledger_at(peer_ledger(collector), NULL, 0);
    ck_assert_str_eq(r->method, "POST");
    ck_assert_str_eq(request_header(r, "content-type"), "application/json");
    wait_until(spans("exported") == 1, WORLD_LIMIT_MS, "the figure");
}
END_TEST

START_TEST(each_attempt_has_a_span_of_its_own)
{
    peer_on(w->peer, .path = "/lead", .fail_first = 2);
    (void)world_start(w);
    push_traced("evt_1", "01");
    wait_until(exported("\"spanId\"") == 3, WORLD_LIMIT_MS, "three spans");
    ck_assert_uint_eq(exported("\"traceId\":\"" ID "\""), 3);
    ck_assert_uint_eq(exported("\"status\":{\"code\":2"), 2);
    ck_assert_uint_eq(exported("\"503\""), 4);
    ck_assert_str_ne(sent(0), sent(1));
    ck_assert_str_ne(sent(1), sent(2));
}
END_TEST

START_TEST(what_is_not_sampled_goes_on_and_is_not_told)
{
    (void)world_start(w);
    push_traced("evt_0", "00");
    push_traced("evt_1", "01");
    has(export(0), "evt_1");
    ck_assert_uint_eq(exported("evt_0"), 0);
    journal_expect(w->journal, "evt_0", "delivered/ok/200");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/lead"), 2);
    ck_assert_int_ne(strcmp(sent(0) + 53, sent(1) + 53), 0);
}
END_TEST

START_TEST(a_job_without_a_trace_gets_one_for_all_its_attempts)
{
    peer_on(w->peer, .path = "/lead", .fail_first = 1);
    (void)world_start(w);
    world_push_many(w, "job", 0, 1);
    wait_until(exported("\"spanId\"") == 2, WORLD_LIMIT_MS, "two spans");
    ck_assert_uint_eq(exported("parentSpanId"), 0);
    ck_assert_int_eq(strncmp(sent(0), sent(1), 3 + 32), 0);
    ck_assert_str_eq(sent(0) + 53, "01");
}
END_TEST

START_TEST(with_a_share_of_nothing_only_sampled_jobs_are_told)
{
    configure_at(peer_url(collector, "/v1/traces").text,
                 ", share: 0, service_name: leads");
    (void)world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    push_traced("evt_1", "01");
    has(export(0), "\"leads\"");
    ck_assert_uint_eq(exported("\"spanId\""), 1);
    ck_assert_str_eq(sent(0) + 53, "00");
}
END_TEST

START_TEST(without_a_collector_jobs_keep_their_trace_and_get_none)
{
    configure_at("", "");
    (void)world_start(w);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    push_traced("evt_1", "01");
    journal_expect(w->journal, "evt_1", "delivered/ok/200");
    ck_assert_ptr_null(request_header(
        ledger_at(peer_ledger(w->peer), "/lead", 0), "traceparent"));
    ck_assert_int_eq(strncmp(sent(1), "00-" ID "-", 36), 0);
    ck_assert_ptr_null(strstr(sent(1), PARENT));
    ck_assert_uint_eq(ledger_count(peer_ledger(collector), NULL), 0);
}
END_TEST

START_TEST(headers_of_the_file_are_sent_and_told_nobody)
{
    struct process *s;

    (void)temp_write(&w->dir, "secrets/otlp",
                     "X-Scope-OrgID: 7\nAuthorization: Bearer " TOKEN "\n");
    configure_at(peer_url(collector, "").text, ", headers_file: secrets/otlp");
    peer_on(collector, .path = "/v1/traces", .status = 401, .body = TOKEN);
    s = world_start(w);
    push_traced("evt_1", "01");
    (void)export(0);
    ck_assert_str_eq(request_header(ledger_at(peer_ledger(collector), NULL, 0),
                                    "authorization"),
                     "Bearer " TOKEN);
    ck_assert_str_eq(request_header(ledger_at(peer_ledger(collector), NULL, 0),
                                    "x-scope-orgid"),
                     "7");
    wait_until(spans("dropped") == 1, WORLD_LIMIT_MS, "the span's end");
    has(process_err(s), "it answers with HTTP 401");
    ck_assert_ptr_null(strstr(process_err(s), TOKEN));
}
END_TEST

START_TEST(a_busy_collector_is_asked_again_and_gets_each_span_once)
{
    struct process *s;

    peer_on(collector, .path = "/v1/traces", .fail_first = 1,
            .headers = "Retry-After: 0\r\n");
    s = world_start(w);
    world_push_many(w, "job", 0, 3);
    world_expect_delivered(w, "job", 3);
    wait_until(spans("exported") == 3, WORLD_LIMIT_MS, "the second try");
    ck_assert_uint_eq(spans("dropped"), 0);
    ck_assert_uint_eq(count_in(process_err(s), "does not take traces"), 1);
    ck_assert_uint_eq(count_in(process_err(s), "takes traces again"), 1);
}
END_TEST

START_TEST(a_stop_does_not_wait_for_as_long_as_a_collector_asks)
{
    peer_on(collector, .path = "/v1/traces", .fail_first = 1,
            .headers = "Retry-After: 86400\r\n");
    (void)world_start(w);
    push_traced("evt_1", "01");
    wait_until(strstr(process_err(w->services[0]), "does not take traces"),
               WORLD_LIMIT_MS, "a word about it");
    world_stop(w, w->services[0]);
    ck_assert_uint_eq(exported("evt_1"), 2);
}
END_TEST

START_TEST(what_a_collector_refuses_is_not_sent_again)
{
    peer_on(collector, .path = "/v1/traces", .status = 400);
    (void)world_start(w);
    push_traced("evt_1", "01");
    wait_until(spans("dropped") == 1, WORLD_LIMIT_MS, "the span's end");
    push_traced("evt_2", "01");
    wait_until(spans("dropped") == 2, WORLD_LIMIT_MS, "the span's end");
    ck_assert_uint_eq(exported("evt_1"), 1);
}
END_TEST

START_TEST(spans_that_it_rejects_in_part_are_counted)
{
    struct process *s;

    peer_on(collector, .path = "/v1/traces",
            .body = "{\"partialSuccess\":{\"rejectedSpans\":\"999\","
                    "\"errorMessage\":\"\\u001b[31m" TOKEN "\"}}");
    s = world_start(w);
    push_traced("evt_1", "01");
    wait_until(spans("rejected") == 1, WORLD_LIMIT_MS, "the span's end");
    ck_assert_ptr_null(strstr(process_err(s), TOKEN));
}
END_TEST

static const enum peer_act acts[] = {
    PEER_RESET,
    PEER_RAW,
    PEER_ENDLESS,
    PEER_HANG,
};

START_TEST(a_hostile_collector_costs_no_job_and_no_stop)
{
    peer_on(collector, .path = "/v1/traces", .act = acts[_i],
            .body = "\r\n\r\nHTTP/9.9 nonsense");
    (void)world_start(w);
    world_push_many(w, "job", 0, 5);
    world_expect_delivered(w, "job", 5);
    (void)export(0);
    push_traced("evt_1", "01");
    journal_expect(w->journal, "evt_1", "delivered/ok/200");
    world_stop(w, w->services[0]);
}
END_TEST

START_TEST(without_anybody_there_spans_wait_and_the_stop_does_not)
{
    char url[64];
    struct process *s;

    (void)snprintf(url, sizeof url, "http://127.0.0.1:%d", refused_port());
    configure_at(url, "");
    s = world_start(w);
    push_traced("evt_1", "01");
    wait_until(strstr(process_err(s), "does not take traces"), WORLD_LIMIT_MS,
               "a word about it");
    world_push_many(w, "job", 0, 5);
    world_expect_delivered(w, "job", 5);
    process_signal(s, SIGTERM);
    process_expect(s, 0, WORLD_LIMIT_MS);
    ck_assert_uint_eq(count_in(process_err(s), "does not take traces"), 1);
}
END_TEST

START_TEST(a_stop_sends_what_is_left)
{
    enum { JOBS = 1300 };

    (void)world_start(w);
    world_push_many(w, "job", 0, JOBS);
    world_expect_delivered(w, "job", JOBS);
    world_stop(w, w->services[0]);
    ck_assert_uint_eq(exported("\"spanId\""), JOBS);
    for (size_t i = 0; i < ledger_count(peer_ledger(collector), NULL); i++)
        ck_assert_uint_le(
            count_in(ledger_at(peer_ledger(collector), NULL, i)->body.at,
                     "\"spanId\""),
            512);
}
END_TEST

START_TEST(what_does_not_fit_is_dropped_and_told_once)
{
    enum { JOBS = 10000 };
    struct process *s;

    peer_on(collector, .path = "/v1/traces", .act = PEER_HANG);
    s = world_start(w);
    world_push_many(w, "job", 0, JOBS);
    world_expect_delivered(w, "job", JOBS);
    wait_until(spans("dropped") == JOBS - 8192, WORLD_LIMIT_MS,
               "the queue to be full");
    wait_until(strstr(process_err(s), "spans are dropped") ||
                   strstr(process_err(s), "does not take traces"),
               WORLD_LIMIT_MS, "a word about it");
    ck_assert_uint_le(count_in(process_err(s), "spans are dropped"), 1);
}
END_TEST

START_TEST(a_reload_moves_to_another_collector)
{
    struct peer *other = peer_open();

    peer_on(other, .path = "/otlp", .body = "{}");
    (void)world_start(w);
    push_traced("evt_1", "01");
    has(export(0), "evt_1");
    configure_at(peer_url(other, "/otlp").text, "");
    process_signal(w->services[0], SIGHUP);
    wait_until(strstr(process_err(w->services[0]), "reloaded"), WORLD_LIMIT_MS,
               "the reload");
    wait_until(page_sum(ops_get(port, "/metrics")->body,
                        "extq_earlier_configurations") == 0,
               WORLD_LIMIT_MS, "the end of what was before");
    push_traced("evt_2", "01");
    has(ledger_wait(peer_ledger(other), "/otlp", 1, WORLD_LIMIT_MS)->body.at,
        "evt_2");
    wait_until(spans("exported") == 2, WORLD_LIMIT_MS, "both to be counted");
    world_stop(w, w->services[0]);
    peer_close(&other);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.tracing");
    TCase *t = tcase_create("service.tracing");

    tcase_set_timeout(t, 90);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_call_is_a_span_of_the_jobs_trace);
    tcase_add_test(t, each_attempt_has_a_span_of_its_own);
    tcase_add_test(t, what_is_not_sampled_goes_on_and_is_not_told);
    tcase_add_test(t, a_job_without_a_trace_gets_one_for_all_its_attempts);
    tcase_add_test(t, with_a_share_of_nothing_only_sampled_jobs_are_told);
    tcase_add_test(t, without_a_collector_jobs_keep_their_trace_and_get_none);
    tcase_add_test(t, headers_of_the_file_are_sent_and_told_nobody);
    tcase_add_test(t, a_busy_collector_is_asked_again_and_gets_each_span_once);
    tcase_add_test(t, a_stop_does_not_wait_for_as_long_as_a_collector_asks);
    tcase_add_test(t, what_a_collector_refuses_is_not_sent_again);
    tcase_add_test(t, spans_that_it_rejects_in_part_are_counted);
    tcase_add_loop_test(t, a_hostile_collector_costs_no_job_and_no_stop, 0,
                        sizeof acts / sizeof *acts);
    tcase_add_test(t, without_anybody_there_spans_wait_and_the_stop_does_not);
    tcase_add_test(t, a_stop_sends_what_is_left);
    tcase_add_test(t, what_does_not_fit_is_dropped_and_told_once);
    tcase_add_test(t, a_reload_moves_to_another_collector);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

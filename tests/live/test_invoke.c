/* The invoke stage against a real peer: what a call looks like from there. */
#include "stages/invoke.h"

#include "support/main.h"
#include "support/peer.h"
#include "support/web.h"

#include <stdio.h>

static struct web w;
static struct peer *peer;
static struct policy policy;
static struct job job;
static struct invocation call;
static int ended;
static struct attempt attempt;

static void over(void *arg, const struct attempt *a)
{
    ck_assert_ptr_eq(arg, &call);
    attempt = *a;
    ended++;
}

static void open_all(void)
{
    web_open(&w);
    web_start(&w);
    peer = peer_open();
    peer_on(peer, .path = "/lead", .body = "0123456789");
    policy = policy_default();
    job = job_make();
    (void)snprintf(job.id, sizeof job.id, "evt_1");
    job.body = span_of("{\"lead\": 1.0}");
    call = (struct invocation){
        .job = &job,
        .policy = &policy,
        .epoch = "7-1700000000000000",
        .attempt = 3,
        .keep_bytes = 4,
        .cap_bytes = 1 << 20,
        .arg = &call,
        .done = over,
    };
}

static void close_all(void)
{
    web_close(&w);
    peer_close(&peer);
    job_clear(&job);
}

static const struct peer_request *invoke_it(const char *bearer)
{
    struct http_target *target;
    struct why why;

    ck_assert_int_eq(http_target_open(&w.options, peer_url(peer, "/lead").text,
                                      bearer, &target, &why),
                     ERR_OK);
    call.target = target;
    ck_assert_int_eq(invoke(w.http, &call), ERR_OK);
    http_target_close(&target);
    ck_assert_int_eq(ended, 0);
    web_until(&w, ended == 1, "the end of the call");
    return ledger_at(peer_ledger(peer), NULL, 0);
}

static void header_is(const struct peer_request *r, const char *name,
                      const char *want)
{
    const char *value = request_header(r, name);

    ck_assert_msg(value && strcmp(value, want) == 0, "%s: %s", name,
                  value ? value : "(none)");
}

START_TEST(a_call_carries_the_exact_bytes_and_its_headers)
{
    const struct peer_request *r = invoke_it("s3cret");

    ck_assert_str_eq(r->method, "POST");
    ck_assert(span_is(r->body, "{\"lead\": 1.0}"));
    header_is(r, "authorization", "Bearer s3cret");
    header_is(r, "content-type", "application/json");
    header_is(r, "content-length", "13");
    header_is(r, "user-agent", "extq/test");
    header_is(r, "webhook-id", "evt_1");
    header_is(r, "idempotency-key", "evt_1");
    header_is(r, "extq-attempt", "3");
    header_is(r, "extq-epoch", "7-1700000000000000");
    ck_assert_ptr_null(request_header(r, "traceparent"));
    ck_assert_int_eq(attempt.status, 200);
    ck_assert_uint_eq(attempt.body.len, 4);
}
END_TEST

START_TEST(the_policy_decides_how)
{
    static const struct trace trace = {
        .id = "4bf92f3577b34da6a3ce929d0e0e4736",
        .parent = "00f067aa0ba902b7",
        .span = "a2fb4a1d1a96d312",
        .sampled = true,
    };
    const struct peer_request *r;

    (void)snprintf(policy.method, sizeof policy.method, "PUT");
    (void)snprintf(policy.content_type, sizeof policy.content_type,
                   "text/plain; charset=utf-8");
    call.trace = &trace;
    ck_assert_int_eq(buf_add_text(&job.tracestate, "a=1,b=2"), ERR_OK);
    job.body = span_of("");
    r = invoke_it(NULL);
    ck_assert_str_eq(r->method, "PUT");
    header_is(r, "content-type", "text/plain; charset=utf-8");
    header_is(r, "content-length", "0");
    header_is(r, "traceparent",
              "00-4bf92f3577b34da6a3ce929d0e0e4736-a2fb4a1d1a96d312-01");
    header_is(r, "tracestate", "a=1,b=2");
    ck_assert_ptr_null(request_header(r, "authorization"));
}
END_TEST

START_TEST(the_longest_names_fit)
{
    char id[IDENT_MAX + 1];
    const struct peer_request *r;

    memset(id, 'x', IDENT_MAX);
    id[IDENT_MAX] = '\0';
    memcpy(job.id, id, sizeof job.id);
    call.attempt = UINT32_MAX;
    r = invoke_it(NULL);
    header_is(r, "webhook-id", id);
    header_is(r, "idempotency-key", id);
    header_is(r, "extq-attempt", "4294967295");
}
END_TEST

START_TEST(the_total_deadline_is_the_policys)
{
    peer_on(peer, .act = PEER_HANG);
    policy.total_ms = 100;
    invoke_it(NULL);
    ck_assert_int_eq(attempt.end, ATTEMPT_TIMEOUT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.invoke");
    TCase *t = tcase_create("stages.invoke");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_call_carries_the_exact_bytes_and_its_headers);
    tcase_add_test(t, the_policy_decides_how);
    tcase_add_test(t, the_longest_names_fit);
    tcase_add_test(t, the_total_deadline_is_the_policys);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

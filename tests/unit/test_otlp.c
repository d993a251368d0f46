/* Spans as a collector reads them: the JSON form of OTLP to the letter. */
#include "base/json.h"
#include "model/otlp.h"
#include "support/main.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SERVER(address, port)                                                  \
    "{\"key\":\"server.address\",\"value\":{\"stringValue\":\"" address        \
    "\"}},{\"key\":\"server.port\",\"value\":{\"intValue\":\"" port "\"}}"

static struct otlp_span *span_to(const char *url)
{
    struct otlp_span *s = otlp_span_make(span_of(url));

    ck_assert_ptr_nonnull(s);
    s->trace = (struct trace){.id = "4bf92f3577b34da6a3ce929d0e0e4736",
                              .parent = "00f067aa0ba902b7",
                              .span = "a2fb4a1d1a96d312"};
    (void)snprintf(s->id, sizeof s->id, "evt_1");
    (void)snprintf(s->container, sizeof s->container, "acme");
    (void)snprintf(s->point, sizeof s->point, "on-new-lead");
    (void)snprintf(s->method, sizeof s->method, "POST");
    s->attempt = 1;
    s->status = 200;
    s->judged = true;
    s->begin_ns = 1700000000123000000;
    s->end_ns = 1700000000123456000;
    return s;
}

/* Lives until the next call; frees the span. */
static const char *written(struct otlp_span *s)
{
    static const struct otlp_source source = {"extq", "1.2.3", "host:42"};
    static char text[8192];
    struct buf out = buf_make(sizeof text - 1);
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_int_eq(
        otlp_write(&out, &source, (const struct otlp_span *const[]){s}, 1),
        ERR_OK);
    ck_assert_msg(json_check(buf_span(&out), &value, &flaw) == ERR_OK,
                  "%s at %zu: %s", flaw.what, flaw.offset, out.at);
    ck_assert(span_copy(buf_span(&out), text, sizeof text));
    buf_clear(&out);
    free(s);
    return text;
}

static void has(const char *text, const char *part)
{
    ck_assert_msg(strstr(text, part) != NULL, "no %s in %s", part, text);
}

START_TEST(a_call_is_written_to_the_letter)
{
    ck_assert_str_eq(
        written(span_to("https://ext.example/lead?key=s3cr3t")),
        "{\"resourceSpans\":[{\"resource\":{\"attributes\":["
        "{\"key\":\"service.name\",\"value\":{\"stringValue\":\"extq\"}},"
        "{\"key\":\"service.version\",\"value\":{\"stringValue\":\"1.2.3\"}},"
        "{\"key\":\"service.instance.id\",\"value\":{\"stringValue\":"
        "\"host:42\"}}]},\"scopeSpans\":[{\"scope\":{\"name\":\"extq\","
        "\"version\":\"1.2.3\"},\"spans\":[{"
        "\"traceId\":\"4bf92f3577b34da6a3ce929d0e0e4736\","
        "\"spanId\":\"a2fb4a1d1a96d312\","
        "\"parentSpanId\":\"00f067aa0ba902b7\","
        "\"name\":\"POST on-new-lead\",\"kind\":3,"
        "\"startTimeUnixNano\":\"1700000000123000000\","
        "\"endTimeUnixNano\":\"1700000000123456000\",\"attributes\":["
        "{\"key\":\"extq.job.id\",\"value\":{\"stringValue\":\"evt_1\"}},"
        "{\"key\":\"extq.container\",\"value\":{\"stringValue\":\"acme\"}},"
        "{\"key\":\"extq.point\",\"value\":{\"stringValue\":\"on-new-lead\"}},"
        "{\"key\":\"extq.attempt\",\"value\":{\"intValue\":\"1\"}},"
        "{\"key\":\"http.request.method\",\"value\":{\"stringValue\":"
        "\"POST\"}},"
        "{\"key\":\"url.full\",\"value\":{\"stringValue\":"
        "\"https://ext.example/lead\"}}," SERVER(
            "ext.example",
            "443") ","
                   "{\"key\":\"http.response.status_code\",\"value\":{"
                   "\"intValue\":"
                   "\"200\"}},"
                   "{\"key\":\"extq.verdict\",\"value\":{\"stringValue\":"
                   "\"delivered\"}},"
                   "{\"key\":\"extq.class\",\"value\":{\"stringValue\":\"ok\"}}"
                   "],"
                   "\"status\":{}}]}]}]}");
}
END_TEST

START_TEST(a_failure_says_what_and_that_it_was_tried_again)
{
    struct otlp_span *s = span_to("http://127.0.0.1:8080/");
    const char *text;

    s->attempt = 3;
    s->status = 503;
    s->verdict = VERDICT_RETRY;
    s->class = CLASS_PLATFORM_ERROR;
    s->trace.parent[0] = '\0';
    text = written(s);
    has(text, "\"http.request.resend_count\",\"value\":{\"intValue\":\"2\"}");
    has(text, "\"error.type\",\"value\":{\"stringValue\":\"503\"}");
    has(text, "\"status\":{\"code\":2}");
    has(text, SERVER("127.0.0.1", "8080"));
    ck_assert_ptr_null(strstr(text, "parentSpanId"));
}
END_TEST

START_TEST(without_an_answer_the_error_stands_there_whatever_bytes_it_has)
{
    struct otlp_span *s = span_to("https://[2001:db8::1]:8443/a?b?c");
    const char *text;

    s->status = 0;
    s->class = CLASS_TIMEOUT;
    s->verdict = VERDICT_RETRY;
    (void)snprintf(s->error, sizeof s->error, "too \"late\"\n\xff");
    text = written(s);
    has(text, "\"error.type\",\"value\":{\"stringValue\":\"timeout\"}");
    has(text, "\"status\":{\"code\":2,\"message\":\"too \\\"late\\\"\\");
    has(text, SERVER("2001:db8::1", "8443"));
    has(text, "\"https://[2001:db8::1]:8443/a\"");
    ck_assert_ptr_null(strstr(text, "status_code"));
}
END_TEST

START_TEST(what_is_no_url_names_no_server)
{
    const char *text = written(span_to("nowhere"));

    has(text, "\"nowhere\"");
    ck_assert_ptr_null(strstr(text, "server.address"));
}
END_TEST

START_TEST(a_call_whose_job_was_handed_back_is_no_success)
{
    struct otlp_span *s = span_to("https://ext.example");
    const char *text;

    s->judged = false;
    s->status = 0;
    text = written(s);
    has(text, "\"error.type\",\"value\":{\"stringValue\":\"handed_back\"}");
    ck_assert_ptr_null(strstr(text, "extq.class"));
}
END_TEST

static const struct {
    const char *answer;
    uint64_t count;
} answers[] = {
    {"{\"partialSuccess\":{\"rejectedSpans\":\"3\",\"errorMessage\":\"x\"}}",
     3},
    {"{\"partialSuccess\":{\"rejectedSpans\":3}}", 3},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"-3\"}}", 0},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"\"}}", 0},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"99999999999999999999\"}}", 0},
    {"{\"partialSuccess\":{}}", 0},
    {"{\"partialSuccess\":[]}", 0},
    {"{\"partialSuccess\":\"rejectedSpans\"}", 0},
    {"{\"partialSuccess\":{\"rejectedSpans\":\"3\"", 0},
    {"{}", 0},
    {"", 0},
    {"<html>", 0},
};

START_TEST(what_a_collector_refused_is_read_from_its_answer)
{
    ck_assert_uint_eq(otlp_rejected(span_of(answers[_i].answer)),
                      answers[_i].count);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model.otlp");
    TCase *t = tcase_create("model.otlp");

    tcase_add_test(t, a_call_is_written_to_the_letter);
    tcase_add_test(t, a_failure_says_what_and_that_it_was_tried_again);
    tcase_add_test(
        t, without_an_answer_the_error_stands_there_whatever_bytes_it_has);
    tcase_add_test(t, what_is_no_url_names_no_server);
    tcase_add_test(t, a_call_whose_job_was_handed_back_is_no_success);
    tcase_add_loop_test(t, what_a_collector_refused_is_read_from_its_answer, 0,
                        sizeof answers / sizeof *answers);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

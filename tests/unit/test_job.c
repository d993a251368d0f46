/* What producers push, read strictly and kept byte for byte. */
#include "model/job.h"
#include "support/main.h"

#include <stdlib.h>
#include <string.h>

#define WHO        "\"container\":\"acme\",\"point\":\"on-new-lead\""
#define TRACE_REST "-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define TRACE      "00" TRACE_REST

static const struct good {
    const char *text;
    const char *id;
    const char *body;
} good[] = {
    {"{\"id\":\"evt_9f2c\"," WHO ",\"payload\":{\"lead\":{\"name\":\"Ada\"}}}",
     "evt_9f2c", "{\"lead\":{\"name\":\"Ada\"}}"},
    {"{" WHO ",\"payload\": { \"a\" : 1.50 } \n}", "", "{ \"a\" : 1.50 }"},
    {"{" WHO ",\"payload\":null}", "", "null"},
    {"{" WHO ",\"payload\":\"a\\u0062\"}", "", "\"a\\u0062\""},
    {"{" WHO ",\"payload\":-0.0e+10}", "", "-0.0e+10"},
    {"{" WHO ",\"payload\":{\"a\":1,\"a\":2}}", "", "{\"a\":1,\"a\":2}"},
    {"{" WHO ",\"payload\":\"\\ud83d\\u0000\"}", "", "\"\\ud83d\\u0000\""},
    {"{" WHO ",\"payload\":[1,2],\"unknown\":{\"x\":[]}}", "", "[1,2]"},
    {"{" WHO ",\"body\":\"<lead/>\"}", "", "<lead/>"},
    {"{" WHO ",\"body\":\"\"}", "", ""},
    {"{" WHO ",\"body\":\"a\\n\\u00e9\\\"\"}", "", "a\n\xc3\xa9\""},
    {"{" WHO ",\"body_base64\":\"aGk/\"}", "", "hi?"},
    {"{" WHO ",\"body_base64\":\"aGk\\/\"}", "", "hi?"},
    {"{" WHO ",\"body_base64\":\"\"}", "", ""},
    {"{\"container\":\"\\u0061cme\",\"point\":\"on\\u002dnew-lead\","
     "\"id\":\"a:B_9-\",\"payload\":1}",
     "a:B_9-", "1"},
};

START_TEST(a_good_job_keeps_its_bytes)
{
    struct job job = job_make();
    struct why why = {""};

    ck_assert_msg(job_read(&job, span_of(good[_i].text), &why) == ERR_OK,
                  "%s: %s", good[_i].text, why.text);
    ck_assert_str_eq(job.container, "acme");
    ck_assert_str_eq(job.point, "on-new-lead");
    ck_assert_str_eq(job.id, good[_i].id);
    ck_assert_msg(span_is(job.body, good[_i].body), "%s", good[_i].text);
    job_clear(&job);
}
END_TEST

static const struct bad {
    const char *text;
    const char *why; /* stands in the sentence */
} bad[] = {
    {"", "byte 0:"},
    {"[]", "byte 0:"},
    {"null", "byte 0:"},
    {"{" WHO ",\"payload\":{}} x", "byte 56:"},
    {"{" WHO ",\"payload\":{\"a\":1,}}", "byte 59:"},
    {"{" WHO ",\"payload\":1,\"payload\":1}", "byte 54: duplicate key"},
    {"{" WHO ",\"body\":\"a\\u0000\"}", "body: "},
    {"{" WHO ",\"body_base64\":\"\\ud800\"}", "body_base64: "},
    {"{\"id\":\"a\\u0000\"," WHO ",\"payload\":1}", "id: "},
    {"{\"container\":\"c\",\"point\":\"\\ud800\",\"payload\":1}", "point: "},
    {"{" WHO ",\"payload\":}", "byte 52:"},
    {"{\"point\":\"p\",\"payload\":1}", "container: is missing"},
    {"{\"container\":\"c\",\"payload\":1}", "point: is missing"},
    {"{\"container\":7,\"point\":\"p\",\"payload\":1}",
     "container: must be a string"},
    {"{\"container\":\"c\",\"point\":null,\"payload\":1}",
     "point: must be a string"},
    {"{\"container\":\"\",\"point\":\"p\",\"payload\":1}",
     "container: must be 1 to 128"},
    {"{\"container\":\"a/b\",\"point\":\"p\",\"payload\":1}",
     "container: must be 1 to 128"},
    {"{\"container\":\"c\",\"point\":\"a\\nb\",\"payload\":1}",
     "point: must be 1 to 128"},
    {"{\"id\":\"a.b\"," WHO ",\"payload\":1}",
     "id: must be 1 to 128 characters of A-Z a-z 0-9 _ : -"},
    {"{\"id\":\"\"," WHO ",\"payload\":1}", "id: must be 1 to 128"},
    {"{\"id\":12," WHO ",\"payload\":1}", "id: must be a string"},
    {"{" WHO "}", "exactly one of payload"},
    {"{" WHO ",\"payload\":1,\"body\":\"x\"}", "exactly one of payload"},
    {"{" WHO ",\"body_base64\":\"\",\"body\":\"x\"}", "exactly one of payload"},
    {"{" WHO ",\"body\":{}}", "body: must be a string"},
    {"{" WHO ",\"body\":null}", "body: must be a string"},
    {"{" WHO ",\"body_base64\":5}", "body_base64: must be a string"},
    {"{" WHO ",\"body_base64\":\"a*b=\"}", "body_base64: is not base64"},
    {"{" WHO ",\"payload\":1,\"not_before\":\"5\"}", "not_before: must be"},
    {"{" WHO ",\"payload\":1,\"not_before\":-5}", "not_before: must be"},
    {"{" WHO ",\"payload\":1,\"not_before\":1e3}", "not_before: must be"},
    {"{" WHO ",\"payload\":1,\"expires_at\":1.5}", "expires_at: must be"},
    {"{" WHO ",\"payload\":1,\"expires_at\":null}", "expires_at: must be"},
    {"{" WHO ",\"payload\":1,\"expires_at\":9007199254740992}",
     "expires_at: must be"},
    {"{" WHO ",\"payload\":1,\"expires_at\":18446744073709551616}",
     "expires_at: must be"},
};

START_TEST(a_bad_job_is_refused_by_the_field_or_the_byte)
{
    struct job job = job_make();
    struct why why = {""};

    ck_assert_msg(job_read(&job, span_of(bad[_i].text), &why) == ERR_SYNTAX,
                  "%s", bad[_i].text);
    ck_assert_msg(strstr(why.text, bad[_i].why), "%s: %s", bad[_i].text,
                  why.text);
    ck_assert_int_eq(job_read(&job, span_of(bad[_i].text), NULL), ERR_SYNTAX);
    job_clear(&job);
}
END_TEST

static const struct partial {
    const char *text;
    const char *id, *container, *point;
} partial[] = {
    {"{\"id\":\"a b\"," WHO ",\"payload\":1}", "", "acme", "on-new-lead"},
    {"{\"id\":\"x\",\"container\":\"a/b\",\"point\":\"p\"}", "x", "", "p"},
    {"{\"id\":\"x\",\"point\":\"p\"}", "x", "", "p"},
    {"{\"id\":\"x\"," WHO "}", "x", "acme", "on-new-lead"},
    {"{\"id\":\"x\"," WHO ",\"payload\":{", "x", "acme", "on-new-lead"},
    {"{\"id\":\"x\",\"container\":\"c\",\"poi", "x", "c", ""},
    {"[{\"id\":\"x\",\"container\":\"c\"}]", "", "", ""},
    {"{\"a\":{\"id\":\"x\"},\"container\":\"c\"}", "", "c", ""},
};

START_TEST(a_bad_job_still_says_whose_it_is)
{
    struct job job = job_make();

    ck_assert_int_ne(job_read(&job, span_of(partial[_i].text), NULL), ERR_OK);
    ck_assert_str_eq(job.id, partial[_i].id);
    ck_assert_str_eq(job.container, partial[_i].container);
    ck_assert_str_eq(job.point, partial[_i].point);
    job_clear(&job);
}
END_TEST

START_TEST(names_may_be_128_bytes_and_no_more)
{
    for (int len = 127; len <= 129; len++) {
        struct job job = job_make();
        struct buf text = buf_make(1024);
        char name[130];

        memset(name, 'n', sizeof(name));
        ck_assert_int_eq(
            buf_printf(&text,
                       "{\"container\":\"%.*s\",\"point\":\"p\",\"payload\":1}",
                       len, name),
            ERR_OK);
        ck_assert_int_eq(job_read(&job, buf_span(&text), NULL),
                         len <= IDENT_MAX ? ERR_OK : ERR_SYNTAX);
        ck_assert_uint_eq(strlen(job.container),
                          len <= IDENT_MAX ? (size_t)len : 0);
        buf_clear(&text);
        job_clear(&job);
    }
}
END_TEST

START_TEST(times_are_read_and_default_to_none)
{
    struct job job = job_make();

    ck_assert_int_eq(job_read(&job,
                              span_of("{" WHO ",\"payload\":1,\"not_before\":0,"
                                      "\"expires_at\":9007199254740991}"),
                              NULL),
                     ERR_OK);
    ck_assert_int_eq(job.not_before, 0);
    ck_assert_int_eq(job.expires_at, 9007199254740991);
    ck_assert_int_eq(job_read(&job, span_of("{" WHO ",\"payload\":1}"), NULL),
                     ERR_OK);
    ck_assert_int_eq(job.expires_at, 0);
    job_clear(&job);
}
END_TEST

static const struct trace {
    const char *text;
    bool kept;
} traces[] = {
    {"\"" TRACE "\"", true},
    {"\"01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00\"", true},
    {"\"ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\"", false},
    {"\"00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01\"", false},
    {"\"00-00000000000000000000000000000000-00f067aa0ba902b7-01\"", false},
    {"\"00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01\"", false},
    {"\"00_4bf92f3577b34da6a3ce929d0e0e4736_00f067aa0ba902b7_01\"", false},
    {"\"00-4bf92f3577b34da6a3ce929d0e0e473-600f067aa0ba902b7-01\"", false},
    {"\"" TRACE "-more\"", false},
    {"\"cc" TRACE_REST "\"", true},
    {"\"cc" TRACE_REST "-more\"", true},
    {"\"cc" TRACE_REST ".more\"", false},
    {"\"cc" TRACE_REST "more\"", false},
    {"\"" TRACE " \"", false},
    {"\"00\"", false},
    {"\"\"", false},
    {"17", false},
    {"null", false},
};

START_TEST(a_broken_trace_is_left_out_and_costs_nothing)
{
    struct job job = job_make();
    struct buf text = buf_make(1024);

    ck_assert_int_eq(buf_printf(&text,
                                "{" WHO ",\"payload\":1,\"traceparent\":%s}",
                                traces[_i].text),
                     ERR_OK);
    ck_assert_int_eq(job_read(&job, buf_span(&text), NULL), ERR_OK);
    ck_assert_msg(traces[_i].kept == (job.traceparent[0] != '\0'), "%s",
                  traces[_i].text);
    if (traces[_i].kept)
        ck_assert(strncmp(job.traceparent, traces[_i].text + 1, 55) == 0);
    buf_clear(&text);
    job_clear(&job);
}
END_TEST

#define X16   "xxxxxxxxxxxxxxxx"
#define X128  X16 X16 X16 X16 X16 X16 X16 X16
#define C8    ",,,,,,,,"
#define VALID "\"" TRACE "\""

static const struct state {
    const char *traceparent, *tracestate, *kept; /* NULL = left out */
} states[] = {
    {VALID, "\"a=1\"", "a=1"},
    {VALID, "\"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE\"",
     "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
    {VALID, "\"a=b\\/c \\\"d\\\" , 1t@v=~,\"", "a=b/c \"d\" , 1t@v=~,"},
    {VALID, "\"a_-*/=1\"", "a_-*/=1"},
    {VALID, "\"a= 1\"", "a= 1"},
    {VALID,
     "\"k=" X128 X128 ",l=" X128 X16 X16 X16 X16 X16 X16 X16 "12345678901\"",
     "k=" X128 X128 ",l=" X128 X16 X16 X16 X16 X16 X16 X16 "12345678901"},
    {VALID, "\"a=1" C8 C8 C8 ",,,,,,,\"", "a=1" C8 C8 C8 ",,,,,,,"},
    {VALID, "\"a=1" C8 C8 C8 C8 "\"", NULL},
    {VALID, "\"a=" X128 X128 "x\"", NULL},
    {VALID, "\"k=" X128 X128 ",l=" X128 X128 "\"", NULL},
    {VALID, "\"a=1,a=2\"", NULL},
    {VALID, "\"a=1,\\tb=2\"", NULL},
    {VALID, "\"a=\"", NULL},
    {VALID, "\"a= \"", NULL},
    {VALID, "\"=1\"", NULL},
    {VALID, "\"a\"", NULL},
    {VALID, "\"a =1\"", NULL},
    {VALID, "\"A=1\"", NULL},
    {VALID, "\"_a=1\"", NULL},
    {VALID, "\"a=1=2\"", NULL},
    {VALID, "\"a=\\u00e9\"", NULL},
    {VALID, "\"a=1\\r\\nx: y\"", NULL},
    {VALID, "\"a=1\\u0000\"", NULL},
    {VALID, "\" , ,\"", NULL},
    {VALID, "\"\"", NULL},
    {VALID, "17", NULL},
    {"\"00-1\"", "\"a=1\"", NULL},
    {"null", "\"a=1\"", NULL},
};

START_TEST(a_state_goes_with_a_trace_or_is_left_out)
{
    const struct state *s = &states[_i];
    struct job job = job_make();
    struct buf text = buf_make(2048);

    ck_assert_int_eq(buf_printf(&text,
                                "{" WHO ",\"payload\":1,\"tracestate\":%s,"
                                "\"traceparent\":%s}",
                                s->tracestate, s->traceparent),
                     ERR_OK);
    ck_assert_int_eq(job_read(&job, buf_span(&text), NULL), ERR_OK);
    if (s->kept)
        ck_assert_str_eq(job.tracestate.at, s->kept);
    else
        ck_assert_ptr_null(job.tracestate.at);
    buf_clear(&text);
    job_clear(&job);
}
END_TEST

START_TEST(a_payload_is_a_view_into_the_text)
{
    const char *text = "{" WHO ",\"payload\":{\"a\":1}}";
    struct job job = job_make();

    ck_assert_int_eq(job_read(&job, span_of(text), NULL), ERR_OK);
    ck_assert_ptr_eq(job.body.at, strstr(text, "{\"a\""));
    ck_assert_ptr_null(job.decoded.at);
}
END_TEST

START_TEST(a_job_is_read_anew_into_the_same_place)
{
    struct job job = job_make();

    ck_assert_int_eq(job_read(&job,
                              span_of("{\"id\":\"x\"," WHO
                                      ",\"body\":\"\\n\",\"traceparent\":"
                                      "\"" TRACE "\",\"not_before\":7}"),
                              NULL),
                     ERR_OK);
    ck_assert_uint_eq(job.decoded.len, 1);
    ck_assert_int_eq(job_read(&job, span_of("{" WHO ",\"payload\":1}"), NULL),
                     ERR_OK);
    ck_assert_str_eq(job.id, "");
    ck_assert_str_eq(job.traceparent, "");
    ck_assert_int_eq(job.not_before, 0);
    ck_assert_uint_eq(job.decoded.len, 0);
    job_clear(&job);
}
END_TEST

START_TEST(a_job_with_too_many_fields_is_refused_and_named)
{
    struct job job = job_make();
    struct buf text = buf_make(4096);
    struct why why = {""};

    ck_assert_int_eq(buf_add_text(&text, "{" WHO ",\"payload\":1"), ERR_OK);
    for (int i = 0; i < 61; i++)
        ck_assert_int_eq(buf_printf(&text, ",\"f%d\":0", i), ERR_OK);
    ck_assert_int_eq(buf_add_text(&text, "}"), ERR_OK);
    ck_assert_int_eq(job_read(&job, buf_span(&text), NULL), ERR_OK);
    text.at[text.len - 1] = ',';
    ck_assert_int_eq(buf_add_text(&text, "\"payload\":2}"), ERR_OK);
    ck_assert_int_eq(job_read(&job, buf_span(&text), &why), ERR_LIMIT);
    ck_assert_ptr_nonnull(strstr(why.text, "64 fields"));
    ck_assert_str_eq(job.container, "acme");
    buf_clear(&text);
    job_clear(&job);
}
END_TEST

START_TEST(a_job_may_have_16_mib_and_no_more)
{
    static const char head[] = "{" WHO ",\"payload\":\"";
    size_t len = (size_t)JOB_BYTES_MAX + 1;
    char *text = malloc(len);
    struct job job = job_make();

    ck_assert_ptr_nonnull(text);
    memset(text, 'x', len);
    memcpy(text, head, sizeof(head) - 1);
    memcpy(text + len - 3, "\"}", 2);
    ck_assert_int_eq(job_read(&job, (struct span){text, len - 1}, NULL),
                     ERR_OK);
    memcpy(text + len - 3, "x\"}", 3);
    ck_assert_int_eq(job_read(&job, (struct span){text, len}, NULL), ERR_LIMIT);
    ck_assert_str_eq(job.container, "");
    free(text);
}
END_TEST

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

int main(void)
{
    Suite *suite = suite_create("model.job");
    TCase *tests = tcase_create("job");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_good_job_keeps_its_bytes, 0, ROWS(good));
    tcase_add_loop_test(tests, a_bad_job_is_refused_by_the_field_or_the_byte, 0,
                        ROWS(bad));
    tcase_add_loop_test(tests, a_bad_job_still_says_whose_it_is, 0,
                        ROWS(partial));
    tcase_add_test(tests, names_may_be_128_bytes_and_no_more);
    tcase_add_test(tests, times_are_read_and_default_to_none);
    tcase_add_loop_test(tests, a_broken_trace_is_left_out_and_costs_nothing, 0,
                        ROWS(traces));
    tcase_add_loop_test(tests, a_state_goes_with_a_trace_or_is_left_out, 0,
                        ROWS(states));
    tcase_add_test(tests, a_payload_is_a_view_into_the_text);
    tcase_add_test(tests, a_job_is_read_anew_into_the_same_place);
    tcase_add_test(tests, a_job_with_too_many_fields_is_refused_and_named);
    tcase_add_test(tests, a_job_may_have_16_mib_and_no_more);
    return run_suite(suite);
}

/* What libextq refuses before anything is sent: there is no Redis here. */
#include "extq.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct extq *open_nowhere(void)
{
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq *x = NULL;

    options.url = "unix:///nonexistent/redis.sock";
    ck_assert_int_eq(extq_open(&options, &x, NULL), EXTQ_OK);
    return x;
}

#define GOOD                                                                   \
    .struct_size = sizeof(struct extq_job), .container = "acme",               \
    .point = "on-new-lead"

static const struct {
    const char *why; /* part of the sentence */
    struct extq_job job;
} bad[] = {
    {"id: is missing", {GOOD, .payload = "1"}},
    {"id: must be", {GOOD, .id = "", .payload = "1"}},
    {"id: must be", {GOOD, .id = "a b", .payload = "1"}},
    {"id: must be", {GOOD, .id = "a\",\"x\":\"", .payload = "1"}},
    {"container: is missing",
     {.struct_size = sizeof(struct extq_job),
      .id = "a",
      .point = "p",
      .payload = "1"}},
    {"point: must be",
     {.struct_size = sizeof(struct extq_job),
      .id = "a",
      .container = "c",
      .point = "p/q",
      .payload = "1"}},
    {"exactly one", {GOOD, .id = "a"}},
    {"exactly one", {GOOD, .id = "a", .payload = "1", .body = "x"}},
    {"not JSON", {GOOD, .id = "a", .payload = ""}},
    {"not JSON", {GOOD, .id = "a", .payload = "{\"a\":1"}},
    {"byte 1", {GOOD, .id = "a", .payload = "1,\"expires_at\":1"}},
    {"not JSON", {GOOD, .id = "a", .payload = "\"\xff\""}},
    {"milliseconds", {GOOD, .id = "a", .payload = "1", .not_before_ms = -1}},
    {"expires_at",
     {GOOD, .id = "a", .payload = "1", .expires_at_ms = INT64_MAX}},
    {"traceparent", {GOOD, .id = "a", .payload = "1", .traceparent = "00-1"}},
    {"tracestate", {GOOD, .id = "a", .payload = "1", .tracestate = "a=1"}},
    {"struct_size", {.id = "a"}},
    {"struct_size", {.struct_size = 3}},
};

START_TEST(a_job_that_is_not_valid_is_refused_with_a_reason)
{
    struct extq *x = open_nowhere();

    ck_assert_int_eq(extq_enqueue(x, &bad[_i].job), EXTQ_INVALID);
    ck_assert_msg(strstr(extq_error(x), bad[_i].why) != NULL, "%s",
                  extq_error(x));
    ck_assert_int_eq(extq_submit(x, &bad[_i].job, NULL), EXTQ_INVALID);
    extq_close(&x);
}
END_TEST

START_TEST(a_good_job_is_only_kept_back_by_redis)
{
    const struct extq_job job = {GOOD, .id = "a", .payload = "1"};
    struct extq *x = open_nowhere();

    ck_assert_int_eq(extq_enqueue(x, &job), EXTQ_UNAVAILABLE);
    ck_assert_int_eq(extq_submit(x, &job, NULL), EXTQ_UNAVAILABLE);
    ck_assert_int_eq(extq_flush(x), EXTQ_OK);
    extq_close(&x);
}
END_TEST

START_TEST(a_job_of_an_older_header_is_understood)
{
    struct extq_job job = {GOOD, .id = "a", .payload = "1"};
    struct extq *x = open_nowhere();

    job.struct_size = offsetof(struct extq_job, traceparent);
    job.traceparent = "not looked at";
    ck_assert_int_eq(extq_enqueue(x, &job), EXTQ_UNAVAILABLE);
    extq_close(&x);
}
END_TEST

START_TEST(a_job_that_is_too_large_is_refused)
{
    struct extq_job job = {GOOD, .id = "a"};
    struct extq *x = open_nowhere();

    job.body_len = EXTQ_JOB_BYTES;
    job.body = calloc(1, job.body_len);
    ck_assert_ptr_nonnull(job.body);
    ck_assert_int_eq(extq_enqueue(x, &job), EXTQ_INVALID);
    ck_assert_ptr_nonnull(strstr(extq_error(x), "larger than 16777216"));
    free((void *)(uintptr_t)job.body);
    extq_close(&x);
}
END_TEST

#define SIZE .struct_size = sizeof(struct extq_options)

static const struct {
    const char *why;
    struct extq_options options;
} bad_options[] = {
    {"password", {SIZE, .url = "redis://u:secret@host"}},
    {"primary", {SIZE, .url = "sentinel://host"}},
    {"cert_file", {SIZE, .cert_file = "cert.pem"}},
    {"prefix", {SIZE, .prefix = "a b"}},
    {"queue", {SIZE, .queue = "{q}"}},
    {"timeout_ms", {SIZE, .timeout_ms = -5}},
    {"timeout_ms", {SIZE, .timeout_ms = 86400000}},
    {"window", {SIZE, .window = 1000000}},
    {"/nonexistent/password", {SIZE, .password_file = "/nonexistent/password"}},
    {"struct_size", {.url = "redis://host"}},
};

START_TEST(options_that_make_no_sense_are_refused_with_a_reason)
{
    struct extq_why why = {""};
    struct extq *x = (void *)&why;

    ck_assert_int_eq(extq_open(&bad_options[_i].options, &x, &why),
                     EXTQ_INVALID);
    ck_assert_ptr_null(x);
    ck_assert_msg(strstr(why.text, bad_options[_i].why) != NULL, "%s",
                  why.text);
    ck_assert_ptr_null(strstr(why.text, "secret"));
}
END_TEST

START_TEST(a_group_needs_names)
{
    struct extq_group group = EXTQ_GROUP_INIT;
    struct extq_reader *r = NULL;
    struct extq_why why = {""};

    ck_assert_int_eq(extq_reader_open(NULL, &group, &r, &why), EXTQ_INVALID);
    ck_assert_ptr_nonnull(strstr(why.text, "name and consumer"));
    group.name = "g";
    group.consumer = "a b";
    ck_assert_int_eq(extq_reader_open(NULL, &group, &r, &why), EXTQ_INVALID);
    group.consumer = "c";
    group.take_over_ms = -1;
    ck_assert_int_eq(extq_reader_open(NULL, &group, &r, &why), EXTQ_INVALID);
    ck_assert_int_eq(extq_reader_open(NULL, NULL, &r, &why), EXTQ_INVALID);
    ck_assert_ptr_null(r);
    group.take_over_ms = 0;
    ck_assert_int_eq(extq_reader_open(NULL, &group, &r, &why), EXTQ_OK);
    extq_reader_close(&r);
}
END_TEST

START_TEST(null_has_no_effect)
{
    const struct extq_outcome *outcome;
    struct extq *x = NULL;
    struct extq_reader *r = NULL;

    extq_close(NULL);
    extq_close(&x);
    extq_reader_close(NULL);
    extq_reader_close(&r);
    ck_assert_int_eq(extq_open(NULL, NULL, NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_reader_open(NULL, NULL, NULL, NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_enqueue(NULL, NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_enqueue_all(NULL, NULL, 1, NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_submit(NULL, NULL, NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_flush(NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_ping(NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_reader_next(NULL, 0, &outcome), EXTQ_INVALID);
    ck_assert_int_eq(extq_reader_ack(NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_reader_flush(NULL), EXTQ_INVALID);
    ck_assert_ptr_null(extq_outcome_get(NULL, "id"));
    ck_assert_uint_eq(extq_waiting(NULL), 0);
    ck_assert_str_ne(extq_error(NULL), "");
    ck_assert_str_ne(extq_reader_error(NULL), "");
    x = open_nowhere();
    ck_assert_int_eq(extq_enqueue(x, NULL), EXTQ_INVALID);
    ck_assert_int_eq(extq_enqueue_all(x, NULL, 1, NULL), EXTQ_INVALID);
    extq_close(&x);
}
END_TEST

START_TEST(ids_are_new_each_time)
{
    char one[EXTQ_ID_SIZE], two[EXTQ_ID_SIZE];

    ck_assert_int_eq(extq_make_id(one), EXTQ_OK);
    ck_assert_int_eq(extq_make_id(two), EXTQ_OK);
    ck_assert_uint_eq(strlen(one), 32);
    ck_assert_str_ne(one, two);
}
END_TEST

START_TEST(every_status_has_a_word)
{
    ck_assert_str_eq(extq_status_text(EXTQ_OK), "ok");
    ck_assert_str_eq(extq_status_text(EXTQ_MAYBE), "maybe");
    ck_assert_str_eq(extq_status_text(EXTQ_REFUSED), "refused");
    ck_assert_str_eq(extq_status_text((enum extq_status)77), "unknown");
    ck_assert_str_eq(extq_version(), EXTQ_VERSION);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("client");
    TCase *tests = tcase_create("client");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_job_that_is_not_valid_is_refused_with_a_reason,
                        0, ROWS(bad));
    tcase_add_test(tests, a_good_job_is_only_kept_back_by_redis);
    tcase_add_test(tests, a_job_of_an_older_header_is_understood);
    tcase_add_test(tests, a_job_that_is_too_large_is_refused);
    tcase_add_loop_test(tests,
                        options_that_make_no_sense_are_refused_with_a_reason, 0,
                        ROWS(bad_options));
    tcase_add_test(tests, a_group_needs_names);
    tcase_add_test(tests, null_has_no_effect);
    tcase_add_test(tests, ids_are_new_each_time);
    tcase_add_test(tests, every_status_has_a_word);
    return run_suite(suite);
}

/* libextq as a program meets it: its shared library, and a real Redis. */
#include "model/job.h"
#include "support/client/client_bed.h"
#include "support/main.h"
#include "support/users.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 20000 };

static struct client_bed *bed_open(void)
{
    return client_bed_open(NULL, 0, TIMEOUT_MS);
}

/* The only job of the queue, as the service reads it. */
static struct job only_job(struct client_bed *b, char text[4096])
{
    struct job job = job_make();
    struct why why = {""};

    ck_assert_int_eq(redis_server_count(b->redis, "LLEN", bed_jobs_key, NULL),
                     1);
    (void)snprintf(text, 4096, "%s",
                   redis_server_ask(b->redis, "RPOP", bed_jobs_key, NULL));
    ck_assert_msg(job_read(&job, span_of(text), &why) == ERR_OK, "%s: %s", text,
                  why.text);
    return job;
}

START_TEST(a_job_arrives_as_it_was_given)
{
    struct client_bed *b = bed_open();
    struct extq_job job = EXTQ_JOB_INIT;
    char text[4096];
    struct job got;

    job.id = "evt_9f2c";
    job.container = "acme";
    job.point = "on-new-lead";
    job.payload = " {\"lead\": {\"name\":\"Ad\\u0061 \xc3\xa9\"}} ";
    job.not_before_ms = 1700000000000;
    job.expires_at_ms = 1700000060000;
    job.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    ck_assert_int_eq(extq_enqueue(b->x, &job), EXTQ_OK);
    ck_assert_str_eq(extq_error(b->x), "");
    ck_assert_uint_eq(extq_waiting(b->x), 1);
    got = only_job(b, text);
    ck_assert_str_eq(got.id, job.id);
    ck_assert_str_eq(got.container, job.container);
    ck_assert_str_eq(got.point, job.point);
    ck_assert_str_eq(got.traceparent, job.traceparent);
    ck_assert_int_eq(got.not_before, job.not_before_ms);
    ck_assert_int_eq(got.expires_at, job.expires_at_ms);
    ck_assert(
        span_is(got.body, "{\"lead\": {\"name\":\"Ad\\u0061 \xc3\xa9\"}}"));
    job_clear(&got);
    client_bed_close(&b);
}
END_TEST

START_TEST(a_body_of_any_bytes_arrives_whole)
{
    struct client_bed *b = bed_open();
    struct extq_job job = EXTQ_JOB_INIT;
    static const char body[] = "\0\xff<lead/>\n\"";
    char text[4096];
    struct job got;

    job.id = "evt_1";
    job.container = "acme";
    job.point = "on-xml";
    job.body = body;
    job.body_len = sizeof body;
    ck_assert_int_eq(extq_enqueue(b->x, &job), EXTQ_OK);
    got = only_job(b, text);
    ck_assert_uint_eq(got.body.len, sizeof body);
    ck_assert_int_eq(memcmp(got.body.at, body, sizeof body), 0);
    job_clear(&got);
    client_bed_close(&b);
}
END_TEST

START_TEST(many_are_acknowledged_each_on_its_own)
{
    struct client_bed *b = bed_open();
    struct client_job texts[100];
    struct extq_job jobs[100];
    enum extq_status statuses[100];

    for (unsigned i = 0; i < 100; i++)
        jobs[i] = client_job(&texts[i], i);
    jobs[41].payload = "{";
    ck_assert_int_eq(extq_enqueue_all(b->x, jobs, 100, statuses), EXTQ_INVALID);
    for (unsigned i = 0; i < 100; i++)
        ck_assert_int_eq(statuses[i], i == 41 ? EXTQ_INVALID : EXTQ_OK);
    ck_assert_int_eq(redis_server_count(b->redis, "LLEN", bed_jobs_key, NULL),
                     99);
    ck_assert_uint_eq(client_queued(b, 40), 1);
    ck_assert_uint_eq(client_queued(b, 41), 0);
    ck_assert_int_eq(extq_enqueue_all(b->x, jobs, 41, NULL), EXTQ_OK);
    ck_assert_int_eq(extq_enqueue_all(b->x, NULL, 0, NULL), EXTQ_OK);
    client_bed_close(&b);
}
END_TEST

START_TEST(a_pipeline_keeps_its_order_and_its_window)
{
    struct client_bed *b = client_bed_open(NULL, 10, TIMEOUT_MS);
    size_t told;

    for (unsigned i = 0; i < 1000; i++) {
        ck_assert_int_eq(client_submit(b, i), EXTQ_OK);
        ck_assert_uint_le(i + 1 - b->told, 10);
    }
    told = b->told;
    ck_assert_int_eq(extq_flush(b->x), EXTQ_OK);
    ck_assert_uint_lt(told, 1000);
    ck_assert_uint_eq(b->ok, 1000);
    ck_assert_uint_eq(extq_waiting(b->x), 1000);
    ck_assert_ptr_nonnull(
        strstr(redis_server_ask(b->redis, "LINDEX", bed_jobs_key, "0", NULL),
               "\"j-999\""));
    ck_assert_ptr_nonnull(
        strstr(redis_server_ask(b->redis, "LINDEX", bed_jobs_key, "-1", NULL),
               "\"j-0\""));
    client_bed_close(&b);
}
END_TEST

START_TEST(large_jobs_go_before_the_window_is_full)
{
    struct client_bed *b = bed_open();
    static char payload[600 << 10];
    struct client_job texts;
    struct extq_job job = client_job(&texts, 0);

    memset(payload, '1', sizeof payload - 1);
    job.payload = payload;
    ck_assert_int_eq(extq_submit(b->x, &job, (void *)0), EXTQ_OK);
    job = client_job(&texts, 1);
    job.payload = payload;
    ck_assert_int_eq(extq_submit(b->x, &job, (void *)1), EXTQ_OK);
    ck_assert_uint_eq(b->told, 0);
    ck_assert_int_eq(client_submit(b, 2), EXTQ_OK);
    ck_assert_uint_eq(b->told, 1);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_OK);
    ck_assert_uint_eq(b->ok, 3);
    client_bed_close(&b);
}
END_TEST

START_TEST(closing_sends_what_was_submitted)
{
    struct client_bed *b = bed_open();
    struct redis_server *redis = b->redis;

    ck_assert_int_eq(client_submit(b, 7), EXTQ_OK);
    extq_close(&b->x);
    ck_assert_int_eq(b->fates[7], EXTQ_OK);
    ck_assert_int_eq(redis_server_count(redis, "LLEN", bed_jobs_key, NULL), 1);
    client_bed_close(&b);
}
END_TEST

static void call_back(struct client_bed *b)
{
    ck_assert_int_eq(client_enqueue(b, 5), EXTQ_INVALID);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_INVALID);
    extq_close(&b->x);
    ck_assert_ptr_nonnull(b->x);
}

START_TEST(a_handle_is_not_used_from_inside_done)
{
    struct client_bed *b = bed_open();

    b->on_told = call_back;
    ck_assert_int_eq(client_submit(b, 0), EXTQ_OK);
    ck_assert_int_eq(extq_flush(b->x), EXTQ_OK);
    ck_assert_uint_eq(b->ok, 1);
    client_bed_close(&b);
}
END_TEST

/* A producer as that user; its password file holds `password`. */
static struct extq *open_as(const struct users *u, const char *user,
                            const char *password)
{
    struct temp_path file = temp_write(&u->dir, user, password);
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq_why why = {""};
    struct extq *x = NULL;
    char url[128];

    (void)snprintf(url, sizeof url, "redis://%s@127.0.0.1:%d/0", user, u->port);
    options.url = url;
    options.password_file = file.text;
    options.timeout_ms = TIMEOUT_MS;
    ck_assert_msg(extq_open(&options, &x, &why) == EXTQ_OK, "%s", why.text);
    return x;
}

START_TEST(the_users_that_are_shipped_may_enqueue_or_not)
{
    struct users u = users_open();
    struct client_job texts;
    struct extq_job job = client_job(&texts, 1);
    struct extq *x = open_as(&u, "extq-producer", "extq-producer\n");

    ck_assert_int_eq(extq_ping(x), EXTQ_OK);
    ck_assert_int_eq(extq_enqueue(x, &job), EXTQ_OK);
    extq_close(&x);
    x = open_as(&u, "extq-operator", "extq-operator");
    ck_assert_int_eq(extq_enqueue(x, &job), EXTQ_DENIED);
    ck_assert_ptr_nonnull(strstr(extq_error(x), "NOPERM"));
    extq_close(&x);
    x = open_as(&u, "extq-producer", "s3same");
    ck_assert_int_eq(extq_enqueue(x, &job), EXTQ_DENIED);
    ck_assert_ptr_nonnull(strstr(extq_error(x), "WRONGPASS"));
    ck_assert_ptr_null(strstr(extq_error(x), "s3same"));
    extq_close(&x);
    users_close(&u);
}
END_TEST

int main(void)
{
    return run_tests("client", 60, a_job_arrives_as_it_was_given,
                     a_body_of_any_bytes_arrives_whole,
                     many_are_acknowledged_each_on_its_own,
                     a_pipeline_keeps_its_order_and_its_window,
                     large_jobs_go_before_the_window_is_full,
                     closing_sends_what_was_submitted,
                     a_handle_is_not_used_from_inside_done,
                     the_users_that_are_shipped_may_enqueue_or_not);
}

#include "cli/enqueue_job.h"

#include "model/job.h"
#include "support/main.h"

#include <string.h>

static struct job read_back(struct buf *text)
{
    struct job job = job_make();
    struct why why = {""};

    ck_assert_msg(job_read(&job, buf_span(text), &why) == ERR_OK, "%s: %s",
                  text->at, why.text);
    return job;
}

START_TEST(a_composed_job_reads_back_as_what_was_asked_for)
{
    const struct job_parts parts = {
        .container = "acme",
        .point = "on-new-lead",
        .traceparent =
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        .tracestate = "a=\"1\",b=2",
        .payload = span_of("{\"a\": [1, 2]}"),
        .not_before = 1700000000000,
        .expires_at = 1700000060000,
    };
    struct buf text = buf_make(1024);
    struct job job;

    ck_assert_int_eq(job_compose(&parts, "evt_1", &text), ERR_OK);
    job = read_back(&text);
    ck_assert_str_eq(job.id, "evt_1");
    ck_assert_str_eq(job.container, "acme");
    ck_assert_str_eq(job.point, "on-new-lead");
    ck_assert_str_eq(job.traceparent, parts.traceparent);
    ck_assert_str_eq(job.tracestate.at, parts.tracestate);
    ck_assert(span_is(job.body, "{\"a\": [1, 2]}"));
    ck_assert_int_eq(job.not_before, 1700000000000);
    ck_assert_int_eq(job.expires_at, 1700000060000);
    job_clear(&job);
    buf_clear(&text);
}
END_TEST

START_TEST(a_text_cannot_break_out_of_the_job)
{
    const struct job_parts parts = {
        .container = "a\",\"id\":\"x",
        .point = "p",
        .payload = span_of("1"),
    };
    struct buf text = buf_make(1024);
    struct job job = job_make();

    ck_assert_int_eq(job_compose(&parts, "evt_1", &text), ERR_OK);
    ck_assert_int_eq(job_read(&job, buf_span(&text), NULL), ERR_SYNTAX);
    job_clear(&job);
    buf_clear(&text);
}
END_TEST

START_TEST(an_inserted_id_changes_no_other_byte)
{
    struct buf text = buf_make(1024);
    struct job job;

    ck_assert_int_eq(
        job_insert_id(span_of(" { \"container\":\"a\",\"point\":\"b\", "
                              "\"payload\" : { \"k\" : \"{\" } } "),
                      "evt_7", &text),
        ERR_OK);
    ck_assert_str_eq(text.at, "{\"id\":\"evt_7\", \"container\":\"a\","
                              "\"point\":\"b\", "
                              "\"payload\" : { \"k\" : \"{\" } } ");
    job = read_back(&text);
    ck_assert_str_eq(job.id, "evt_7");
    ck_assert(span_is(job.body, "{ \"k\" : \"{\" }"));
    job_clear(&job);
    buf_clear(&text);
}
END_TEST

START_TEST(ids_are_numbered_when_there_are_many)
{
    struct job_ids ids;
    char id[IDENT_MAX + 1];

    ck_assert(job_ids_make(&ids, "load", true));
    job_ids_next(&ids, id);
    ck_assert_str_eq(id, "load-1");
    job_ids_next(&ids, id);
    ck_assert_str_eq(id, "load-2");
    ck_assert(job_ids_make(&ids, "one", false));
    job_ids_next(&ids, id);
    ck_assert_str_eq(id, "one");
}
END_TEST

START_TEST(a_random_id_is_valid_and_new_each_time)
{
    struct job_ids a, b;
    char first[IDENT_MAX + 1], second[IDENT_MAX + 1];

    ck_assert(job_ids_make(&a, NULL, true));
    ck_assert(job_ids_make(&b, NULL, true));
    job_ids_next(&a, first);
    job_ids_next(&b, second);
    ck_assert(ident_is_id(span_of(first)));
    ck_assert_str_ne(first, second);
}
END_TEST

START_TEST(a_base_without_room_for_a_number_is_refused)
{
    struct job_ids ids;
    char base[IDENT_MAX + 1];

    memset(base, 'a', IDENT_MAX);
    base[IDENT_MAX] = '\0';
    ck_assert(job_ids_make(&ids, base, false));
    ck_assert(!job_ids_make(&ids, base, true));
}
END_TEST

int main(void)
{
    return run_tests("cli.enqueue_job", 10,
                     a_composed_job_reads_back_as_what_was_asked_for,
                     a_text_cannot_break_out_of_the_job,
                     an_inserted_id_changes_no_other_byte,
                     ids_are_numbered_when_there_are_many,
                     a_random_id_is_valid_and_new_each_time,
                     a_base_without_room_for_a_number_is_refused);
}

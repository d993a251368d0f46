/* The header line in front of every claimed job. */
#include "model/record.h"
#include "support/main.h"
#include "support/table.h"

#include <string.h>

static struct record read_good(const char *text)
{
    struct record r;

    ck_assert_int_eq(record_read(span_of(text), &r), ERR_OK);
    return r;
}

static void header_is(const struct record *r, const char *class_name,
                      const char *want)
{
    struct buf out = buf_make(4096);

    ck_assert_int_eq(record_header(r, 1700000000123, class_name, 503, &out),
                     ERR_OK);
    ck_assert_str_eq(out.at, want);
    buf_clear(&out);
}

START_TEST(what_the_claim_function_writes_is_read)
{
    struct record r = read_good("12-345 1 0 0 1700000000000 -\n{\"a\":\n1}");

    ck_assert(span_is(r.seq, "12-345"));
    ck_assert_uint_eq(r.claims, 1);
    ck_assert_uint_eq(r.attempts, 0);
    ck_assert_uint_eq(r.flags, 0);
    ck_assert_int_eq(r.first_ms, 1700000000000);
    ck_assert(span_is(r.history, "-"));
    ck_assert(span_is(r.job, "{\"a\":\n1}"));
}
END_TEST

START_TEST(a_job_without_bytes_is_still_a_record)
{
    struct record r = read_good("1-2 4294967295 7 1 0 -\n");

    ck_assert_uint_eq(r.claims, UINT32_MAX);
    ck_assert_uint_eq(r.job.len, 0);
}
END_TEST

/* Held for the first time: the field has it all, and the job's bytes may look
 * like anything. */
static const char *const first_jobs[] = {"{\"a\":1}", "1-2 9 9 0 5 -\n{}", ""};

START_TEST(what_is_held_for_the_first_time_has_no_line)
{
    struct record r;

    ck_assert_int_eq(record_held(span_of("0:12-1700000000000-34"),
                                 span_of(first_jobs[_i]), &r),
                     ERR_OK);
    ck_assert(span_is(r.seq, "12-1700000000000-34"));
    ck_assert(span_is(r.job, first_jobs[_i]));
    header_is(&r, NULL, "12-1700000000000-34 1 0 0 1700000000000 -\n");
}
END_TEST

static const char *const later_fields[] = {
    "0:12-1700000000000-34+5",
    "0:12-17",
    "0:12-17+345",
    "0:?abc+5",
    "0:",
    "",
    "0:1-2-3-4",
    "0:1--3",
    "0:-2-3",
    "0:1-2-",
    "0:1-99999999999999999999-3",
};

START_TEST(what_was_claimed_before_has_one)
{
    struct span field = span_of(later_fields[_i]);
    struct record r;

    ck_assert_int_eq(record_held(field, span_of("1-2 7 3 0 5 -\n{}"), &r),
                     ERR_OK);
    ck_assert_uint_eq(r.claims, 7);
    ck_assert(span_is(r.job, "{}"));
    ck_assert_int_eq(record_held(field, span_of("{}"), &r), ERR_SYNTAX);
}
END_TEST

static const char *const bad[] = {
    "",
    "\n",
    "1-2 1 0 0 5 -",
    "1-2 1 0 0 5\n{}",
    "1-2 1 0 0 5 \n{}",
    " 1 0 0 5 -\n{}",
    "x-2 1 0 0 5 -\n{}",
    "1-2 -1 0 0 5 -\n{}",
    "1-2 4294967296 0 0 5 -\n{}",
    "1-2 1 0x0 0 5 -\n{}",
    "1-2 1 0 0.5 5 -\n{}",
    "1-2 1 0 0 9223372036854775808 -\n{}",
    "1-2 1 0 0 5 - \n{}",
    "1-2  1 0 0 5 -\n{}",
    "1-2 1 0 0 5 5,Timeout,0\n{}",
    "1111111111111111111111111-1111111111111111111111111 1 0 0 5 -\n{}",
};

START_TEST(a_line_that_extq_did_not_write_is_refused)
{
    struct record r;

    ck_assert_int_eq(record_read(span_of(bad[_i]), &r), ERR_SYNTAX);
}
END_TEST

START_TEST(the_largest_values_are_read)
{
    struct record r = read_good("111111111111111111111111-"
                                "11111111111111111111111 4294967295 4294967295"
                                " 4294967295 9223372036854775807 -\n");

    ck_assert_uint_eq(r.seq.len, RECORD_SEQ_MAX);
    ck_assert_uint_eq(r.flags, UINT32_MAX);
    ck_assert_int_eq(r.first_ms, INT64_MAX);
}
END_TEST

START_TEST(a_history_longer_than_its_bound_is_refused)
{
    char text[RECORD_HISTORY_MAX + 64] = "1-2 1 0 0 5 ";
    size_t at = strlen(text);
    struct record r;

    memset(text + at, '1', RECORD_HISTORY_MAX + 1);
    memcpy(text + at + RECORD_HISTORY_MAX, "\n", 2);
    ck_assert_int_eq(record_read(span_of(text), &r), ERR_OK);
    memcpy(text + at + RECORD_HISTORY_MAX, "1\n", 3);
    ck_assert_int_eq(record_read(span_of(text), &r), ERR_SYNTAX);
}
END_TEST

START_TEST(a_header_without_an_event_repeats_the_line)
{
    struct record r = read_good("12-345 2 3 1 1700000000000 5,reset,0\n{}");

    header_is(&r, NULL, "12-345 2 3 1 1700000000000 5,reset,0\n");
}
END_TEST

START_TEST(the_first_event_replaces_the_dash)
{
    struct record r = read_good("1-2 1 0 0 9 -\n{}");

    r.attempts = 1;
    header_is(&r, "platform_error",
              "1-2 1 1 0 9 1700000000123,platform_error,503\n");
}
END_TEST

START_TEST(events_are_written_oldest_first)
{
    struct record r = read_good("1-2 1 1 0 9 5,reset,0\n{}");

    header_is(&r, "throttled",
              "1-2 1 1 0 9 5,reset,0;1700000000123,throttled,503\n");
}
END_TEST

START_TEST(the_oldest_events_fall_off_a_full_history)
{
    struct buf line = buf_make(4096), next = buf_make(4096);
    struct record r;

    ck_assert_int_eq(buf_add_text(&line, "1-2 1 0 0 9 -\n{}"), ERR_OK);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(record_read(buf_span(&line), &r), ERR_OK);
        buf_reset(&next);
        ck_assert_int_eq(record_header(&r, 1000 + i, "timeout", i, &next),
                         ERR_OK);
        ck_assert_int_eq(buf_add_text(&next, "{}"), ERR_OK);
        struct buf swap = line;
        line = next;
        next = swap;
    }
    ck_assert_int_eq(record_read(buf_span(&line), &r), ERR_OK);
    ck_assert_uint_gt(r.history.len, RECORD_HISTORY_MAX - 16);
    ck_assert_ptr_null(strstr(line.at, "1000,"));
    ck_assert_ptr_nonnull(strstr(line.at, ";1098,timeout,98;1099,timeout,99"));
    buf_clear(&line);
    buf_clear(&next);
}
END_TEST

START_TEST(a_history_is_filled_to_its_bound)
{
    enum { ENTRY = sizeof("1700000000123,reset,503") - 1 };
    struct buf line = buf_make(4096), out = buf_make(4096);
    struct record r;

    for (int spare = 0; spare < 2; spare++) {
        int old = RECORD_HISTORY_MAX - ENTRY - spare - 4;
        buf_reset(&line);
        buf_reset(&out);
        ck_assert_int_eq(buf_printf(&line, "1-2 1 0 0 9 a;b;%0*d\n", old, 1),
                         ERR_OK);
        ck_assert_int_eq(record_read(buf_span(&line), &r), ERR_OK);
        ck_assert_int_eq(record_header(&r, 1700000000123, "reset", 503, &out),
                         ERR_OK);
        ck_assert_int_eq(record_read(buf_span(&out), &r), ERR_OK);
        ck_assert_uint_eq(r.history.len, (size_t)(RECORD_HISTORY_MAX - !spare));
        ck_assert_int_eq(r.history.at[0], spare ? 'a' : 'b');
    }
    buf_clear(&line);
    buf_clear(&out);
}
END_TEST

START_TEST(a_header_that_does_not_fit_leaves_the_buffer_alone)
{
    struct record r = read_good("1-2 1 0 0 9 -\n{}");
    struct buf out = buf_make(24);

    ck_assert_int_eq(buf_add_text(&out, "before"), ERR_OK);
    ck_assert_int_eq(record_header(&r, 5, "reset", 0, &out), ERR_LIMIT);
    ck_assert_str_eq(out.at, "before");
    buf_clear(&out);
}
END_TEST

START_TEST(an_id_is_made_of_the_sequence)
{
    struct record r = read_good("12-345 1 0 0 9 -\n{}");
    char id[IDENT_MAX + 1];

    record_id(&r, id);
    ck_assert_str_eq(id, "extq-12-345");
}
END_TEST

START_TEST(the_last_entry_of_a_history_has_a_time)
{
    static const struct {
        const char *history;
        int64_t want_ms;
    } rows[] = {
        {"-", 0},
        {"1700000000000,timeout,0", 1700000000000},
        {"1,ok,200;5,timeout,0;17,not_found,404", 17},
        {"1,ok,200;", 1},
        {"x,ok,200", 0},
        {"99999999999999999999,ok,200", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record r = {.history = span_of(rows[i].history)};

        ck_assert_int_eq(record_last_ms(&r), rows[i].want_ms);
    }
}
END_TEST

START_TEST(a_retry_by_an_operator_starts_the_count_again)
{
    static const struct {
        const char *history, *class;
        uint32_t attempts;
        int64_t first_ms;
    } rows[] = {
        {"-", "", 0, 5},
        {"7,timeout,0", "timeout", 0, 5},
        {"7,timeout,0;9,retried,3", "retried", 3, 9},
        {"9,retried,3;11,gone,410;12,retried,4;13,gone,410", "gone", 4, 12},
        {"9,retried,3;11,timeout,0", "timeout", 3, 9},
        {"9,retried,99", "retried", 0, 5},
        {"9,retried", "retried", 0, 5},
        {"x,retried,3", "retried", 0, 5},
    };

    for (int i = 0; i < ROWS(rows); i++) {
        struct record r = {
            .attempts = 8, .first_ms = 5, .history = span_of(rows[i].history)};
        struct record_start start = record_start(&r);

        ck_assert_uint_eq(start.attempts, rows[i].attempts);
        ck_assert_int_eq(start.first_ms, rows[i].first_ms);
        ck_assert(span_is(record_last_class(&r), rows[i].class));
    }
}
END_TEST

START_TEST(the_restart_never_falls_off)
{
    struct buf text = buf_make(4096), next = buf_make(4096);
    struct record r;

    ck_assert_int_eq(
        buf_add_text(&text, "1-1 1 9 0 5 7,retried,3;8,retried,4\n{}"), ERR_OK);
    for (int64_t n = 0; n < 100; n++) {
        ck_assert_int_eq(record_read(buf_span(&text), &r), ERR_OK);
        ck_assert_uint_le(r.history.len, RECORD_HISTORY_MAX);
        ck_assert_uint_eq(record_start(&r).attempts, 4);
        buf_reset(&next);
        ck_assert_int_eq(record_header(&r, 1000 + n, "timeout", 504, &next),
                         ERR_OK);
        buf_reset(&text);
        ck_assert_int_eq(buf_add(&text, next.at, next.len), ERR_OK);
        ck_assert_int_eq(buf_add_text(&text, "{}"), ERR_OK);
    }
    ck_assert_uint_gt(r.history.len, RECORD_HISTORY_MAX - 32);
    buf_clear(&text);
    buf_clear(&next);
}
END_TEST

int main(void)

{
    Suite *suite = suite_create("model.record");
    TCase *tests = tcase_create("record");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, what_the_claim_function_writes_is_read);
    tcase_add_test(tests, a_job_without_bytes_is_still_a_record);
    tcase_add_loop_test(tests, what_is_held_for_the_first_time_has_no_line, 0,
                        ROWS(first_jobs));
    tcase_add_loop_test(tests, what_was_claimed_before_has_one, 0,
                        ROWS(later_fields));
    tcase_add_loop_test(tests, a_line_that_extq_did_not_write_is_refused, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tests, the_largest_values_are_read);
    tcase_add_test(tests, a_history_longer_than_its_bound_is_refused);
    tcase_add_test(tests, a_header_without_an_event_repeats_the_line);
    tcase_add_test(tests, the_first_event_replaces_the_dash);
    tcase_add_test(tests, events_are_written_oldest_first);
    tcase_add_test(tests, the_oldest_events_fall_off_a_full_history);
    tcase_add_test(tests, a_history_is_filled_to_its_bound);
    tcase_add_test(tests, a_header_that_does_not_fit_leaves_the_buffer_alone);
    tcase_add_test(tests, an_id_is_made_of_the_sequence);
    tcase_add_test(tests, the_last_entry_of_a_history_has_a_time);
    tcase_add_test(tests, a_retry_by_an_operator_starts_the_count_again);
    tcase_add_test(tests, the_restart_never_falls_off);
    return run_suite(suite);
}

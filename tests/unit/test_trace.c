/* Trace contexts: the job's goes on in a span of the attempt's own. Which texts
 * are one is in test_job. */
#include "model/trace.h"
#include "support/main.h"

#include <stdio.h>
#include <string.h>

#define ID     "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT "00f067aa0ba902b7"

static const struct row {
    const char *text, *sent;
} rows[] = {
    {"00-" ID "-" PARENT "-00", "00-" ID "-00000000000000ff-00"},
    {"00-" ID "-" PARENT "-01", "00-" ID "-00000000000000ff-01"},
    {"00-" ID "-" PARENT "-02", "00-" ID "-00000000000000ff-02"},
    {"00-" ID "-" PARENT "-03", "00-" ID "-00000000000000ff-03"},
    /* Flags that nobody knows yet do not go on, nor does a version. */
    {"00-" ID "-" PARENT "-fd", "00-" ID "-00000000000000ff-01"},
    {"fe-" ID "-" PARENT "-01", "00-" ID "-00000000000000ff-01"},
    {"fe-" ID "-" PARENT "-01-9", "00-" ID "-00000000000000ff-01"},
};

START_TEST(a_trace_goes_on_in_a_span_of_its_own)
{
    const struct row *row = &rows[_i];
    char sent[TRACEPARENT_LEN + 1];
    struct trace t;

    ck_assert(trace_read(span_of(row->text), &t));
    ck_assert_str_eq(t.id, ID);
    ck_assert_str_eq(t.parent, PARENT);
    trace_enter(&t, 255);
    trace_write(&t, sent);
    ck_assert_str_eq(sent, row->sent);
}
END_TEST

START_TEST(what_is_no_trace_leaves_nothing)
{
    struct trace t;

    memset(&t, 1, sizeof t);
    ck_assert(!trace_read(span_of("00-" ID "-" PARENT "-0g"), &t));
    ck_assert_str_eq(t.id, "");
    ck_assert(!t.sampled);
    /* Cut off behind a NUL that it must not pass over. */
    ck_assert(!trace_read((struct span){"00-" ID "-" PARENT "\0"
                                        "01",
                                        55},
                          &t));
}
END_TEST

static struct trace started(const char *seq, uint32_t share)
{
    const struct trace_seed seed = {.queue = span_of("default"),
                                    .seq = span_of(seq),
                                    .id = span_of("evt"),
                                    .first_ms = 1700000000000};
    struct trace t;

    trace_start(&seed, share, &t);
    return t;
}

START_TEST(a_job_has_one_trace_of_its_own)
{
    struct trace first = started("7", 100), again = started("7", 100);
    struct trace other = started("8", 100), read;
    char sent[TRACEPARENT_LEN + 1];

    ck_assert_str_eq(first.id, again.id);
    ck_assert_str_ne(first.id, other.id);
    ck_assert_str_eq(first.parent, "");
    /* A span is never zero. */
    trace_enter(&first, 0);
    trace_write(&first, sent);
    ck_assert_msg(trace_read(span_of(sent), &read), "%s", sent);
}
END_TEST

START_TEST(a_share_of_them_is_sampled_and_always_the_same)
{
    unsigned sampled = 0;
    char seq[8];

    for (unsigned n = 0; n < 1000; n++) {
        (void)snprintf(seq, sizeof seq, "%u", n);
        ck_assert(!started(seq, 0).sampled);
        ck_assert(started(seq, 100).sampled);
        sampled += started(seq, 30).sampled;
        ck_assert(!started(seq, 30).sampled || started(seq, 31).sampled);
    }
    ck_assert_uint_gt(sampled, 240);
    ck_assert_uint_lt(sampled, 360);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model.trace");
    TCase *t = tcase_create("model.trace");

    tcase_add_loop_test(t, a_trace_goes_on_in_a_span_of_its_own, 0,
                        sizeof rows / sizeof *rows);
    tcase_add_test(t, what_is_no_trace_leaves_nothing);
    tcase_add_test(t, a_job_has_one_trace_of_its_own);
    tcase_add_test(t, a_share_of_them_is_sampled_and_always_the_same);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

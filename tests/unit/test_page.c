/* The check of metrics pages: it must see what is wrong. */
#include "support/main.h"
#include "support/page.h"
#include "support/table.h"

#include <math.h>

#define HEAD "# HELP a_total What.\n# TYPE a_total counter\n"
#define HIST "# HELP h What.\n# TYPE h histogram\n"

static const char good[] =
    HEAD "a_total{x=\"1\",y=\"a\\\\b\\\"c\\n\"} 1\na_total{x=\"2\"} 2.5\n" HIST
         "h_bucket{p=\"a\",le=\"0.5\"} 1\n"
         "h_bucket{p=\"a\",le=\"+Inf\"} 2\n"
         "h_count{p=\"a\"} 2\nh_sum{p=\"a\"} 1.5\n"
         "h_bucket{p=\"b\",le=\"0.5\"} 0\n"
         "h_bucket{p=\"b\",le=\"+Inf\"} 0\n"
         "h_count{p=\"b\"} 0\nh_sum{p=\"b\"} 0\n";

static const struct {
    const char *page, *fault;
} rows[] = {
    {"", "an empty page"},
    {HEAD "a_total 1", "a line without end"},
    {HEAD "\na_total 1\n", "no sample"},
    {HEAD "a_total\n", "no sample"},
    {HEAD "a_total x\n", "no value"},
    {HEAD "a_total 1 2\n", "no value"},
    {HEAD "a_total NaN\n", "no value"},
    {HEAD "a_total -1\n", "no value"},
    {HEAD "1_total 1\n", "no sample"},
    {HEAD "a_total{x=1} 1\n", "no sample"},
    {HEAD "a_total{x=\"a\\b\"} 1\n", "no sample"},
    {HEAD "a_total{x=\"a} 1\n", "no sample"},
    {HEAD "a_total{x=\"1\",} 1\n", "no sample"},
    {HEAD "b_total 1\n", "a sample of another family"},
    {HEAD "a_totals 1\n", "a sample of another family"},
    {HEAD "a_total{x=\"1\"} 1\na_total{x=\"2\"} 1\na_total{x=\"1\"} 1\n",
     "a series twice"},
    {HEAD "a_total 1\n" HEAD, "a family twice"},
    {"a_total 1\n", "a sample of another family"},
    {"# HELP a_total x\na_total 1\n", "HELP without TYPE"},
    {"# HELP a_total x\n# TYPE a_total meter\n", "an unknown type"},
    {"# HELP a x\n# TYPE a counter\n", "counters, and they alone"},
    {"# HELP a_total x\n# TYPE a_total gauge\n", "counters, and they alone"},
    {HIST "h 1\n", "no part of a histogram"},
    {HIST "h_bucket{p=\"a\",le=\"1\"} 1\nh_count{p=\"a\"} 1\n",
     "_count is not the +Inf bucket"},
    {HIST "h_bucket{p=\"a\",le=\"1\"} 1\nh_bucket{p=\"a\",le=\"0.5\"} 1\n",
     "buckets that do not rise"},
    {HIST "h_bucket{p=\"a\",le=\"1\"} 2\nh_bucket{p=\"a\",le=\"+Inf\"} 1\n",
     "buckets that do not rise"},
    {HIST "h_bucket{p=\"a\",le=\"+Inf\"} 1\nh_count{p=\"a\"} 2\n",
     "_count is not the +Inf bucket"},
    {HIST "h_bucket{p=\"a\",le=\"+Inf\"} 1\nh_count{p=\"a\"} 1\n",
     "a histogram without"},
};

START_TEST(what_breaks_the_format_is_seen)
{
    const char *fault = page_fault(rows[_i].page);

    ck_assert_msg(fault && strstr(fault, rows[_i].fault), "%s instead of %s",
                  fault ? fault : "nothing", rows[_i].fault);
}
END_TEST

START_TEST(a_good_page_is_read)
{
    page_check(good);
    ck_assert_double_eq(page_value(good, "a_total{x=\"2\"}"), 2.5);
    ck_assert_double_eq(page_value(good, "h_count{p=\"a\"}"), 2);
    ck_assert_double_eq(page_sum(good, "a_total"), 3.5);
    ck_assert(isnan(page_value(good, "a_total")));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("support.page");
    TCase *tests = tcase_create("page");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, what_breaks_the_format_is_seen, 0, ROWS(rows));
    tcase_add_test(tests, a_good_page_is_read);
    return run_suite(suite);
}

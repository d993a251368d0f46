/* Name lookups: what comes back, and what is kept. */
#include "support/dns_bed.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

START_TEST(all_addresses_of_both_kinds_come_back)
{
    const struct dns_answer *a;

    dns_stub_on(bed.stub, .name = "both.test", .ttl = 5,
                .a = "52.0.0.1,10.0.0.1", .aaaa = "2a00::1,::1,fe80::1");
    dns_bed_start();
    a = ask_one("both.test");
    ck_assert_uint_eq(a->count, 5);
    ck_assert(answer_has(a, "52.0.0.1") && answer_has(a, "10.0.0.1") &&
              answer_has(a, "2a00::1") && answer_has(a, "::1") &&
              answer_has(a, "fe80::1"));
}
END_TEST

/* Answers, and what they come to. */
static const struct {
    struct dns_stub_rule rule;
    size_t count;
    const char *why;
} answers[] = {
    {{.a = "52.0.0.1"}, 1, NULL},
    {{.aaaa = "2a00::1"}, 1, NULL},
    {{.a = "52.0.0.1", .cname = "other.test"}, 1, NULL},
    {{.many = 100}, 100, NULL},
    {{.many = 256}, 256, NULL},
    {{.many = 257}, 0, "too many"},
    {{.many = 3000}, 0, "too many"},
    {{.act = STUB_TRUNCATE, .a = "52.0.0.1"}, 1, NULL},
    {{.rcode = 3}, 0, "no such name"},
    {{.rcode = 2}, 0, "the name server"},
    {{.rcode = 5}, 0, "the name server"},
    {{.rcode = 0}, 0, "no address"},
    {{.cname = "other.test"}, 0, "no address"},
    {{.cname = "other.test", .loop = true}, 0, "no address"},
    {{.act = STUB_SILENT}, 0, "does not answer"},
    {{.act = STUB_GARBAGE}, 0, ""},
};

START_TEST(answers_of_any_kind_have_an_end)
{
    const struct dns_answer *a;
    struct dns_stub_rule rule = answers[_i].rule;

    rule.name = "x.test";
    rule.ttl = 5;
    dns_stub_add(bed.stub, &rule);
    dns_bed_start();
    a = ask_one("x.test");
    ck_assert_uint_eq(a->count, answers[_i].count);
    if (answers[_i].why)
        ck_assert_msg(strstr(a->why, answers[_i].why), "%s", a->why);
    if (rule.act == STUB_TRUNCATE || rule.many > 0)
        ck_assert_uint_gt(dns_stub_tcp_count(bed.stub), 0);
    /* The next one is not harmed. */
    dns_stub_on(bed.stub, .name = "good.test", .a = "52.0.0.9");
    ck_assert_uint_eq(ask_one("good.test")->count, 1);
}
END_TEST

START_TEST(questions_for_one_name_are_one)
{
    dns_stub_on(bed.stub, .name = "x.test", .ttl = 60, .a = "52.0.0.1");
    dns_bed_start();
    for (int i = 0; i < 100; i++)
        ask(&bed.askers[i], "x.test", i % 2 ? "a" : "b", DNS_BED_LIMIT_MS);
    for (int i = 0; i < 100; i++)
        until(bed.askers[i].done == 1, "an answer");
    for (int i = 1; i < 100; i++)
        ck_assert_ptr_eq(bed.askers[i].answer, bed.askers[0].answer);
    ck_assert_uint_eq(dns_stub_count(bed.stub, "x.test", false), 1);
    ck_assert_uint_eq(dns_stub_count(bed.stub, "x.test", true), 1);
    ck_assert_ptr_eq(dns_known(bed.dns, "x.test"), bed.askers[0].answer);
    ck_assert_ptr_null(dns_known(bed.dns, "y.test"));
}
END_TEST

START_TEST(an_answer_is_known_until_its_time_is_over)
{
    const struct dns_answer *first;

    dns_stub_on(bed.stub, .name = "x.test", .ttl = 0, .a = "52.0.0.1",
                .other_a = "52.0.0.2");
    dns_bed_start();
    first = ask_one("x.test");
    ck_assert(answer_has(first, "52.0.0.1"));
    until(!dns_known(bed.dns, "x.test"), "the end of the answer");
    ck_assert(answer_has(ask_one("x.test"), "52.0.0.2"));
}
END_TEST

START_TEST(times_to_live_are_bounded)
{
    int64_t now;

    bed.options.ttl_min_ms = 2000;
    bed.options.ttl_max_ms = 7000;
    dns_stub_on(bed.stub, .name = "short.test", .ttl = 0, .a = "52.0.0.1");
    dns_stub_on(bed.stub, .name = "long.test", .ttl = 86400, .a = "52.0.0.1");
    dns_stub_on(bed.stub, .name = "mid.test", .ttl = 5, .a = "52.0.0.1");
    dns_bed_start();
    now = (int64_t)uv_now(&bed.loop);
    ck_assert_int_ge(ask_one("short.test")->until_ms, now + 2000);
    ck_assert_int_lt(bed.askers[0].answer->until_ms, now + 5000);
    ck_assert_int_ge(ask_one("mid.test")->until_ms, now + 5000);
    ck_assert_int_ge(ask_one("long.test")->until_ms, now + 7000);
    ck_assert_int_le(bed.askers[0].answer->until_ms,
                     (int64_t)uv_now(&bed.loop) + 7000);
    /* What is not there is not asked for all the time, either. */
    (void)ask_one("none.test");
    ck_assert_ptr_nonnull(dns_known(bed.dns, "none.test"));
}
END_TEST

START_TEST(the_same_addresses_are_the_same_answer)
{
    struct dns_answer *first;

    dns_stub_on(bed.stub, .name = "x.test", .a = "52.0.0.1,52.0.0.2",
                .other_a = "52.0.0.2,52.0.0.1");
    dns_bed_start();
    (void)ask_one("x.test");
    first = dns_hold(bed.askers[0].answer);
    until(!dns_known(bed.dns, "x.test"), "the end of the answer");
    (void)ask_one("x.test");
    ck_assert_uint_eq(dns_stub_count(bed.stub, "x.test", false), 2);
    ck_assert_ptr_eq(bed.askers[0].answer, first);
    dns_drop(&first);
}
END_TEST

START_TEST(files_come_before_servers)
{
    dns_bed_start();
    ck_assert(answer_has(ask_one("localhost"), "127.0.0.1"));
    ck_assert_uint_eq(dns_stub_count(bed.stub, NULL, false), 0);
}
END_TEST

/* A name with a dot is not tried with the system's search list. */
START_TEST(names_are_complete)
{
    dns_bed_start();
    ck_assert_uint_eq(ask_one("none.test")->count, 0);
    ck_assert_uint_eq(dns_stub_count(bed.stub, NULL, false),
                      dns_stub_count(bed.stub, "none.test", false));
}
END_TEST

START_TEST(many_names_are_not_all_kept)
{
    char name[64];

    bed.options.ttl_min_ms = 60000;
    dns_stub_on(bed.stub, .name = "*.test", .ttl = 60, .a = "52.0.0.1");
    dns_bed_start();
    for (int i = 0; i < 4200; i++) {
        (void)snprintf(name, sizeof name, "n%d.test", i);
        (void)ask_one(name);
    }
    ck_assert_ptr_null(dns_known(bed.dns, "n0.test"));
    ck_assert_ptr_nonnull(dns_known(bed.dns, "n4199.test"));
}
END_TEST

START_TEST(what_is_no_name_is_refused)
{
    char name[400];
    const struct dns_question question = {name, NULL, DNS_BED_LIMIT_MS};
    static const char *const odd[] = {"a..b", ".",        "..",
                                      "-",    "a b.test", "\\."};

    dns_bed_start();
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(dns_ask(bed.dns, &question, &bed.askers[0].waiter),
                     ERR_LIMIT);
    for (int i = 0; i < ROWS(odd); i++)
        ck_assert_uint_eq(ask_one(odd[i])->count, 0);
}
END_TEST

START_TEST(servers_that_are_none_fail_the_question)
{
    (void)snprintf(bed.options.servers, sizeof bed.options.servers,
                   "127.0.0.1:1");
    dns_bed_start();
    ck_assert_uint_eq(ask_one("x.test")->count, 0);
    ck_assert_ptr_nonnull(bed.askers[0].answer->why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.dns");
    TCase *t = tcase_create("link.dns");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, dns_bed_open, dns_bed_close);
    tcase_add_test(t, all_addresses_of_both_kinds_come_back);
    tcase_add_loop_test(t, answers_of_any_kind_have_an_end, 0, ROWS(answers));
    tcase_add_test(t, questions_for_one_name_are_one);
    tcase_add_test(t, an_answer_is_known_until_its_time_is_over);
    tcase_add_test(t, times_to_live_are_bounded);
    tcase_add_test(t, the_same_addresses_are_the_same_answer);
    tcase_add_test(t, files_come_before_servers);
    tcase_add_test(t, names_are_complete);
    tcase_add_test(t, many_names_are_not_all_kept);
    tcase_add_test(t, what_is_no_name_is_refused);
    tcase_add_test(t, servers_that_are_none_fail_the_question);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

/* Name lookups: who waits for whom, and how long. */
#include "support/dns_bed.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

START_TEST(a_question_ends_by_its_own_deadline)
{
    dns_stub_on(bed.stub, .name = "*.dead", .act = STUB_SILENT);
    dns_bed_start();
    ask(&bed.askers[0], "x.dead", NULL, DNS_BED_LIMIT_MS);
    ask(&bed.askers[1], "x.dead", NULL, 20);
    until(bed.askers[1].done == 1, "the deadline");
    ck_assert_ptr_null(bed.askers[1].answer);
    ck_assert_uint_eq(bed.askers[0].done, 0);
    until(bed.askers[0].done == 1, "the end of the question");
    ck_assert_uint_eq(bed.askers[0].answer->count, 0);
}
END_TEST

/* Many names of one tenant that nobody answers for. */
START_TEST(a_tenant_with_a_dead_name_server_stalls_nobody)
{
    char name[64];

    dns_stub_on(bed.stub, .name = "*.dead", .act = STUB_SILENT);
    dns_stub_on(bed.stub, .name = "*.good", .a = "52.0.0.1");
    dns_bed_start();
    for (int i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof name, "n%d.dead", i);
        ask(&bed.askers[i], name, "bad", DNS_BED_LIMIT_MS);
    }
    until(dns_stub_count(bed.stub, NULL, false) >= 8, "the first questions");
    for (int i = 500; i < 600; i++) {
        (void)snprintf(name, sizeof name, "n%d.good", i);
        ask(&bed.askers[i], name, i % 2 ? "good" : "fine", DNS_BED_LIMIT_MS);
    }
    for (int i = 500; i < 600; i++) {
        until(bed.askers[i].done == 1, "an answer for another tenant");
        ck_assert_uint_eq(bed.askers[i].answer->count, 1);
    }
    /* Of the dead ones, no more than a tenant's share was ever asked for. */
    for (int i = 8; i < 500; i++)
        ck_assert_uint_eq(bed.askers[i].done, 0);
    ck_assert_uint_eq(dns_stub_count(bed.stub, "n8.dead", false), 0);
}
END_TEST

/* Without its own name under way, a tenant does not wait in another's line. */
START_TEST(a_name_that_two_tenants_want_begins_for_whoever_has_room)
{
    bed.options.tenant_max = 1;
    dns_stub_on(bed.stub, .name = "*.dead", .act = STUB_SILENT);
    dns_stub_on(bed.stub, .name = "*.good", .a = "52.0.0.1");
    dns_bed_start();
    ask(&bed.askers[0], "x.dead", "bad", DNS_BED_LIMIT_MS);
    ask(&bed.askers[1], "x.good", "bad", DNS_BED_LIMIT_MS);
    until(dns_stub_count(bed.stub, "x.dead", false) > 0, "the first question");
    ck_assert_uint_eq(dns_stub_count(bed.stub, "x.good", false), 0);
    ask(&bed.askers[2], "x.good", "good", DNS_BED_LIMIT_MS);
    until(bed.askers[1].done && bed.askers[2].done, "the shared answer");
    ck_assert_uint_eq(bed.askers[0].done, 0);
}
END_TEST

START_TEST(with_all_places_taken_tenants_take_turns)
{
    bed.options.running_max = 2;
    bed.options.tenant_max = 2;
    dns_stub_on(bed.stub, .name = "*.test", .a = "52.0.0.1");
    dns_bed_start();
    for (int i = 0; i < 200; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "n%d.test", i);
        ask(&bed.askers[i], name, "many", DNS_BED_LIMIT_MS);
    }
    ask(&bed.askers[200], "few.test", "few", DNS_BED_LIMIT_MS);
    until(bed.askers[200].done == 1, "the other tenant's turn");
    ck_assert_uint_eq(bed.askers[199].done, 0);
    until(bed.askers[199].done == 1, "the last one");
}
END_TEST

START_TEST(who_cancels_hears_nothing_more)
{
    bed.options.tenant_max = 1;
    dns_stub_on(bed.stub, .name = "*.test", .a = "52.0.0.1");
    dns_bed_start();
    ask(&bed.askers[0], "x.test", NULL, DNS_BED_LIMIT_MS);
    ask(&bed.askers[1], "waits.test", NULL, DNS_BED_LIMIT_MS);
    ask(&bed.askers[2], "y.test", NULL, DNS_BED_LIMIT_MS);
    dns_cancel(&bed.askers[0].waiter);
    dns_cancel(&bed.askers[1].waiter);
    dns_cancel(&bed.askers[1].waiter);
    until(bed.askers[2].done == 1, "the answer to another");
    ck_assert_uint_eq(bed.askers[0].done + bed.askers[1].done, 0);
    ck_assert_uint_eq(dns_stub_count(bed.stub, "waits.test", false), 0);
    /* It can be asked for again. */
    ck_assert_uint_eq(ask_one("waits.test")->count, 1);
}
END_TEST

START_TEST(what_runs_may_be_closed)
{
    dns_stub_on(bed.stub, .name = "*.dead", .act = STUB_SILENT);
    dns_bed_start();
    for (int i = 0; i < 20; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "n%d.dead", i);
        ask(&bed.askers[i], name, i % 2 ? "a" : "b", DNS_BED_LIMIT_MS);
    }
    until(dns_stub_count(bed.stub, NULL, true) >= 16, "the questions");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.dns_tenants");
    TCase *t = tcase_create("link.dns_tenants");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, dns_bed_open, dns_bed_close);
    tcase_add_test(t, a_question_ends_by_its_own_deadline);
    tcase_add_test(t, a_tenant_with_a_dead_name_server_stalls_nobody);
    tcase_add_test(t, a_name_that_two_tenants_want_begins_for_whoever_has_room);
    tcase_add_test(t, with_all_places_taken_tenants_take_turns);
    tcase_add_test(t, who_cancels_hears_nothing_more);
    tcase_add_test(t, what_runs_may_be_closed);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

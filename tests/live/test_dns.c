/* Name lookups: what comes back, what is asked, and who waits for whom. */
#include "link/dns.h"
#include "support/dns_stub.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wait.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { LIMIT_MS = 20000 };

static uv_loop_t loop;
static struct dns_stub *stub;
static struct dns_options options;
static struct dns *dns;

/* One who asks, and what was said. */
struct asker {
    struct dns_waiter waiter;
    unsigned done;
    struct dns_answer *answer; /* held; NULL = none in time */
};

static struct asker askers[600];

static void open_all(void)
{
    ck_assert_int_eq(uv_loop_init(&loop), 0);
    ck_assert_int_eq(dns_global_open(), ERR_OK);
    stub = dns_stub_open();
    options = (struct dns_options){.ttl_min_ms = 1};
    (void)snprintf(options.servers, sizeof options.servers, "%s",
                   dns_stub_server(stub));
    memset(askers, 0, sizeof askers);
}

static void start(void)
{
    ck_assert_int_eq(dns_open(&loop, &options, &dns), ERR_OK);
}

static void close_all(void)
{
    for (int i = 0; i < ROWS(askers); i++) {
        dns_cancel(&askers[i].waiter);
        dns_drop(&askers[i].answer);
    }
    dns_close(&dns);
    (void)uv_run(&loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&loop), 0);
    dns_stub_close(&stub);
    dns_global_close();
}

static bool step(void)
{
    (void)uv_run(&loop, UV_RUN_NOWAIT);
    return true;
}

#define until(condition, sentence)                                             \
    wait_until(step() && (condition), LIMIT_MS, (sentence))

static void keep(void *arg, struct dns_answer *answer)
{
    struct asker *a = arg;

    a->done++;
    a->answer = answer ? dns_hold(answer) : NULL;
}

static void ask(struct asker *a, const char *name, const char *tenant,
                int64_t limit_ms)
{
    const struct dns_question question = {name, tenant, limit_ms};

    dns_drop(&a->answer);
    a->done = 0;
    a->waiter.arg = a;
    a->waiter.done = keep;
    ck_assert_int_eq(dns_ask(dns, &question, &a->waiter), ERR_OK);
    ck_assert_uint_eq(a->done, 0);
}

static const struct dns_answer *ask_one(const char *name)
{
    ask(&askers[0], name, NULL, LIMIT_MS);
    until(askers[0].done == 1, "an answer");
    ck_assert_ptr_nonnull(askers[0].answer);
    return askers[0].answer;
}

static bool has(const struct dns_answer *a, const char *text)
{
    char at[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < a->count; i++) {
        if (a->at[i].any.sa_family == AF_INET)
            (void)inet_ntop(AF_INET, &a->at[i].v4.sin_addr, at, sizeof at);
        else
            (void)inet_ntop(AF_INET6, &a->at[i].v6.sin6_addr, at, sizeof at);
        if (strcmp(at, text) == 0)
            return true;
    }
    return false;
}

START_TEST(all_addresses_of_both_kinds_come_back)
{
    const struct dns_answer *a;

    dns_stub_on(stub, .name = "both.test", .ttl = 5, .a = "52.0.0.1,10.0.0.1",
                .aaaa = "2a00::1,::1,fe80::1");
    start();
    a = ask_one("both.test");
    ck_assert_uint_eq(a->count, 5);
    ck_assert(has(a, "52.0.0.1") && has(a, "10.0.0.1") && has(a, "2a00::1") &&
              has(a, "::1") && has(a, "fe80::1"));
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
    dns_stub_add(stub, &rule);
    start();
    a = ask_one("x.test");
    ck_assert_uint_eq(a->count, answers[_i].count);
    if (answers[_i].why)
        ck_assert_msg(strstr(a->why, answers[_i].why), "%s", a->why);
    if (rule.act == STUB_TRUNCATE || rule.many > 0)
        ck_assert_uint_gt(dns_stub_tcp_count(stub), 0);
    /* The next one is not harmed. */
    dns_stub_on(stub, .name = "good.test", .a = "52.0.0.9");
    ck_assert_uint_eq(ask_one("good.test")->count, 1);
}
END_TEST

START_TEST(questions_for_one_name_are_one)
{
    dns_stub_on(stub, .name = "x.test", .ttl = 60, .a = "52.0.0.1");
    start();
    for (int i = 0; i < 100; i++)
        ask(&askers[i], "x.test", i % 2 ? "a" : "b", LIMIT_MS);
    for (int i = 0; i < 100; i++)
        until(askers[i].done == 1, "an answer");
    for (int i = 1; i < 100; i++)
        ck_assert_ptr_eq(askers[i].answer, askers[0].answer);
    ck_assert_uint_eq(dns_stub_count(stub, "x.test", false), 1);
    ck_assert_uint_eq(dns_stub_count(stub, "x.test", true), 1);
    ck_assert_ptr_eq(dns_known(dns, "x.test"), askers[0].answer);
    ck_assert_ptr_null(dns_known(dns, "y.test"));
}
END_TEST

START_TEST(an_answer_is_known_until_its_time_is_over)
{
    const struct dns_answer *first;

    dns_stub_on(stub, .name = "x.test", .ttl = 0, .a = "52.0.0.1",
                .other_a = "52.0.0.2");
    start();
    first = ask_one("x.test");
    ck_assert(has(first, "52.0.0.1"));
    until(!dns_known(dns, "x.test"), "the end of the answer");
    ck_assert(has(ask_one("x.test"), "52.0.0.2"));
}
END_TEST

START_TEST(times_to_live_are_bounded)
{
    int64_t now;

    options.ttl_min_ms = 2000;
    options.ttl_max_ms = 7000;
    dns_stub_on(stub, .name = "short.test", .ttl = 0, .a = "52.0.0.1");
    dns_stub_on(stub, .name = "long.test", .ttl = 86400, .a = "52.0.0.1");
    dns_stub_on(stub, .name = "mid.test", .ttl = 5, .a = "52.0.0.1");
    start();
    now = (int64_t)uv_now(&loop);
    ck_assert_int_ge(ask_one("short.test")->until_ms, now + 2000);
    ck_assert_int_lt(askers[0].answer->until_ms, now + 5000);
    ck_assert_int_ge(ask_one("mid.test")->until_ms, now + 5000);
    ck_assert_int_ge(ask_one("long.test")->until_ms, now + 7000);
    ck_assert_int_le(askers[0].answer->until_ms, (int64_t)uv_now(&loop) + 7000);
    /* What is not there is not asked for all the time, either. */
    (void)ask_one("none.test");
    ck_assert_ptr_nonnull(dns_known(dns, "none.test"));
}
END_TEST

START_TEST(the_same_addresses_are_the_same_answer)
{
    struct dns_answer *first;

    dns_stub_on(stub, .name = "x.test", .a = "52.0.0.1,52.0.0.2",
                .other_a = "52.0.0.2,52.0.0.1");
    start();
    (void)ask_one("x.test");
    first = dns_hold(askers[0].answer);
    until(!dns_known(dns, "x.test"), "the end of the answer");
    (void)ask_one("x.test");
    ck_assert_uint_eq(dns_stub_count(stub, "x.test", false), 2);
    ck_assert_ptr_eq(askers[0].answer, first);
    dns_drop(&first);
}
END_TEST

START_TEST(files_come_before_servers)
{
    start();
    ck_assert(has(ask_one("localhost"), "127.0.0.1"));
    ck_assert_uint_eq(dns_stub_count(stub, NULL, false), 0);
}
END_TEST

/* A name with a dot is not tried with the system's search list. */
START_TEST(names_are_complete)
{
    start();
    ck_assert_uint_eq(ask_one("none.test")->count, 0);
    ck_assert_uint_eq(dns_stub_count(stub, NULL, false),
                      dns_stub_count(stub, "none.test", false));
}
END_TEST

START_TEST(a_question_ends_by_its_own_deadline)
{
    dns_stub_on(stub, .name = "*.dead", .act = STUB_SILENT);
    start();
    ask(&askers[0], "x.dead", NULL, LIMIT_MS);
    ask(&askers[1], "x.dead", NULL, 20);
    until(askers[1].done == 1, "the deadline");
    ck_assert_ptr_null(askers[1].answer);
    ck_assert_uint_eq(askers[0].done, 0);
    until(askers[0].done == 1, "the end of the question");
    ck_assert_uint_eq(askers[0].answer->count, 0);
}
END_TEST

/* Many names of one tenant that nobody answers for. */
START_TEST(a_tenant_with_a_dead_name_server_stalls_nobody)
{
    char name[64];

    dns_stub_on(stub, .name = "*.dead", .act = STUB_SILENT);
    dns_stub_on(stub, .name = "*.good", .a = "52.0.0.1");
    start();
    for (int i = 0; i < 500; i++) {
        (void)snprintf(name, sizeof name, "n%d.dead", i);
        ask(&askers[i], name, "bad", LIMIT_MS);
    }
    until(dns_stub_count(stub, NULL, false) >= 8, "the first questions");
    for (int i = 500; i < 600; i++) {
        (void)snprintf(name, sizeof name, "n%d.good", i);
        ask(&askers[i], name, i % 2 ? "good" : "fine", LIMIT_MS);
    }
    for (int i = 500; i < 600; i++) {
        until(askers[i].done == 1, "an answer for another tenant");
        ck_assert_uint_eq(askers[i].answer->count, 1);
    }
    /* Of the dead ones, no more than a tenant's share was ever asked for. */
    for (int i = 8; i < 500; i++)
        ck_assert_uint_eq(askers[i].done, 0);
    ck_assert_uint_eq(dns_stub_count(stub, "n8.dead", false), 0);
}
END_TEST

/* Without its own name under way, a tenant does not wait in another's line. */
START_TEST(a_name_that_two_tenants_want_begins_for_whoever_has_room)
{
    options.tenant_max = 1;
    dns_stub_on(stub, .name = "*.dead", .act = STUB_SILENT);
    dns_stub_on(stub, .name = "*.good", .a = "52.0.0.1");
    start();
    ask(&askers[0], "x.dead", "bad", LIMIT_MS);
    ask(&askers[1], "x.good", "bad", LIMIT_MS);
    until(dns_stub_count(stub, "x.dead", false) > 0, "the first question");
    ck_assert_uint_eq(dns_stub_count(stub, "x.good", false), 0);
    ask(&askers[2], "x.good", "good", LIMIT_MS);
    until(askers[1].done && askers[2].done, "the shared answer");
    ck_assert_uint_eq(askers[0].done, 0);
}
END_TEST

START_TEST(with_all_places_taken_tenants_take_turns)
{
    options.running_max = 2;
    options.tenant_max = 2;
    dns_stub_on(stub, .name = "*.test", .a = "52.0.0.1");
    start();
    for (int i = 0; i < 200; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "n%d.test", i);
        ask(&askers[i], name, "many", LIMIT_MS);
    }
    ask(&askers[200], "few.test", "few", LIMIT_MS);
    until(askers[200].done == 1, "the other tenant's turn");
    ck_assert_uint_eq(askers[199].done, 0);
    until(askers[199].done == 1, "the last one");
}
END_TEST

START_TEST(who_cancels_hears_nothing_more)
{
    options.tenant_max = 1;
    dns_stub_on(stub, .name = "*.test", .a = "52.0.0.1");
    start();
    ask(&askers[0], "x.test", NULL, LIMIT_MS);
    ask(&askers[1], "waits.test", NULL, LIMIT_MS);
    ask(&askers[2], "y.test", NULL, LIMIT_MS);
    dns_cancel(&askers[0].waiter);
    dns_cancel(&askers[1].waiter);
    dns_cancel(&askers[1].waiter);
    until(askers[2].done == 1, "the answer to another");
    ck_assert_uint_eq(askers[0].done + askers[1].done, 0);
    ck_assert_uint_eq(dns_stub_count(stub, "waits.test", false), 0);
    /* It can be asked for again. */
    ck_assert_uint_eq(ask_one("waits.test")->count, 1);
}
END_TEST

START_TEST(what_runs_may_be_closed)
{
    dns_stub_on(stub, .name = "*.dead", .act = STUB_SILENT);
    start();
    for (int i = 0; i < 20; i++) {
        char name[64];

        (void)snprintf(name, sizeof name, "n%d.dead", i);
        ask(&askers[i], name, i % 2 ? "a" : "b", LIMIT_MS);
    }
    until(dns_stub_count(stub, NULL, true) >= 16, "the questions");
}
END_TEST

START_TEST(many_names_are_not_all_kept)
{
    char name[64];

    options.ttl_min_ms = 60000;
    dns_stub_on(stub, .name = "*.test", .ttl = 60, .a = "52.0.0.1");
    start();
    for (int i = 0; i < 4200; i++) {
        (void)snprintf(name, sizeof name, "n%d.test", i);
        (void)ask_one(name);
    }
    ck_assert_ptr_null(dns_known(dns, "n0.test"));
    ck_assert_ptr_nonnull(dns_known(dns, "n4199.test"));
}
END_TEST

START_TEST(what_is_no_name_is_refused)
{
    char name[400];
    const struct dns_question question = {name, NULL, LIMIT_MS};
    static const char *const odd[] = {"a..b", ".",        "..",
                                      "-",    "a b.test", "\\."};

    start();
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    ck_assert_int_eq(dns_ask(dns, &question, &askers[0].waiter), ERR_LIMIT);
    for (int i = 0; i < ROWS(odd); i++)
        ck_assert_uint_eq(ask_one(odd[i])->count, 0);
}
END_TEST

START_TEST(servers_that_are_none_fail_the_question)
{
    (void)snprintf(options.servers, sizeof options.servers, "127.0.0.1:1");
    start();
    ck_assert_uint_eq(ask_one("x.test")->count, 0);
    ck_assert_ptr_nonnull(askers[0].answer->why);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.dns");
    TCase *t = tcase_create("link.dns");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, all_addresses_of_both_kinds_come_back);
    tcase_add_loop_test(t, answers_of_any_kind_have_an_end, 0, ROWS(answers));
    tcase_add_test(t, questions_for_one_name_are_one);
    tcase_add_test(t, an_answer_is_known_until_its_time_is_over);
    tcase_add_test(t, times_to_live_are_bounded);
    tcase_add_test(t, the_same_addresses_are_the_same_answer);
    tcase_add_test(t, files_come_before_servers);
    tcase_add_test(t, names_are_complete);
    tcase_add_test(t, a_question_ends_by_its_own_deadline);
    tcase_add_test(t, a_tenant_with_a_dead_name_server_stalls_nobody);
    tcase_add_test(t, a_name_that_two_tenants_want_begins_for_whoever_has_room);
    tcase_add_test(t, with_all_places_taken_tenants_take_turns);
    tcase_add_test(t, who_cancels_hears_nothing_more);
    tcase_add_test(t, what_runs_may_be_closed);
    tcase_add_test(t, many_names_are_not_all_kept);
    tcase_add_test(t, what_is_no_name_is_refused);
    tcase_add_test(t, servers_that_are_none_fail_the_question);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

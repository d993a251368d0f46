/* The fault proxy itself: what each act does to the one who asks, and whether
 * Redis has carried the command out. */
#include "faults/proxy.h"
#include "link/redis_sync.h"
#include "support/main.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/table.h"
#include "support/wait.h"

#include <stdio.h>
#include <string.h>

enum { REPLY_MS = 300, LIMIT_MS = 10000 };

struct scene {
    struct redis_server *server;
    struct proxy *proxy;
    struct redis_address address;
    struct redis_sync *link;
};

static void connect_scene(struct scene *s)
{
    struct why why = {""};

    redis_sync_close(&s->link);
    ck_assert_msg(!redis_sync_open(&s->address, REPLY_MS, &s->link, &why), "%s",
                  why.text);
}

static void open_scene(struct scene *s)
{
    struct why why = {""};

    *s = (struct scene){.server = redis_server_start(false, NULL)};
    s->proxy = proxy_open(redis_server_socket(s->server));
    ck_assert_msg(!redis_address_read(proxy_url(s->proxy), &s->address, &why),
                  "%s", why.text);
    connect_scene(s);
}

static void close_scene(struct scene *s)
{
    redis_sync_close(&s->link);
    proxy_close(&s->proxy);
    redis_server_close(&s->server);
}

static void rule(struct scene *s, const struct proxy_rule *r)
{
    proxy_rule(s->proxy, r);
}

/* The reply to INCR n in words: "2", "(error) ...", "(broken)". */
static const char *ask(struct scene *s)
{
    static char text[128];
    const struct reply *reply;

    if (redis_ask_words(s->link, &reply, "INCR", "n", NULL))
        return "(broken)";
    if (reply_kind(reply) == REPLY_NUMBER)
        (void)snprintf(text, sizeof text, "%d", (int)reply_number(reply));
    else
        (void)snprintf(text, sizeof text, "%.*s", (int)reply_span(reply).len,
                       reply_span(reply).at);
    return text;
}

#define BEFORE .when = PROXY_BEFORE
#define AFTER  .when = PROXY_AFTER

static const struct {
    const char *name;
    struct proxy_rule rule;
    const char *answer;
    int value;    /* of n, which was 1 */
    bool goes_on; /* the same connection answers the next question */
} rows[] = {
    {"replaced before",
     {BEFORE, .act = PROXY_REPLACE, .text = "-OOM full\r\n"},
     "OOM full",
     1,
     true},
    {"replaced after",
     {AFTER, .act = PROXY_REPLACE, .text = "-ERR odd\r\n"},
     "ERR odd",
     2,
     true},
    {"garbled",
     {AFTER, .act = PROXY_REPLACE, .text = "?what\r\n"},
     "(broken)",
     2,
     false},
    {"swallowed", {AFTER, .act = PROXY_SWALLOW}, "(broken)", 2, false},
    {"late", {AFTER, .act = PROXY_DELAY, .ms = 2000}, "(broken)", 2, false},
    {"a bit late", {AFTER, .act = PROXY_DELAY, .ms = 50}, "2", 2, true},
    {"truncated", {AFTER, .act = PROXY_TRUNCATE}, "(broken)", 2, false},
    {"dripping", {AFTER, .act = PROXY_DRIP, .ms = 5}, "2", 2, true},
    {"dripping slowly",
     {AFTER, .act = PROXY_DRIP, .ms = 400},
     "(broken)",
     2,
     false},
    {"reset before", {BEFORE, .act = PROXY_RESET}, "(broken)", 1, false},
    {"reset after", {AFTER, .act = PROXY_RESET}, "(broken)", 2, false},
    {"half open before",
     {BEFORE, .act = PROXY_HALF_OPEN},
     "(broken)",
     1,
     false},
    {"half open after", {AFTER, .act = PROXY_HALF_OPEN}, "(broken)", 2, false},
    {"cut up", {BEFORE, .act = PROXY_CUT_UP}, "(broken)", 1, false},
    {"cut up after", {AFTER, .act = PROXY_CUT_UP}, "(broken)", 2, false},
};

START_TEST(each_act_does_what_it_says)
{
    struct scene s;
    struct proxy_rule r = rows[_i].rule;
    const char *answer;

    open_scene(&s);
    ck_assert_str_eq(ask(&s), "1");
    r.command = "INCR";
    r.nth = 1;
    rule(&s, &r);
    answer = ask(&s);
    ck_assert_msg(strcmp(answer, rows[_i].answer) == 0, "%s: got %s",
                  rows[_i].name, answer);
    ck_assert_uint_eq(proxy_struck(s.proxy), 1);
    ck_assert_int_eq(redis_server_count(s.server, "GET", "n", NULL),
                     rows[_i].value);
    if (!rows[_i].goes_on)
        connect_scene(&s);
    answer = ask(&s);
    ck_assert_int_eq(strtol(answer, NULL, 10), rows[_i].value + 1);
    close_scene(&s);
}
END_TEST

START_TEST(a_replaced_reply_comes_in_its_turn)
{
    struct scene s;
    const char *argv[2] = {"INCR", "n"};
    const struct reply *reply;

    open_scene(&s);
    rule(&s, &(struct proxy_rule){.command = "INCR",
                                  .nth = 2,
                                  BEFORE,
                                  .act = PROXY_REPLACE,
                                  .text = "-LOADING it\r\n"});
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(redis_sync_queue(s.link, 2, argv, NULL), ERR_OK);
    ck_assert_int_eq(redis_sync_next(s.link, &reply), ERR_OK);
    ck_assert_int_eq(reply_number(reply), 1);
    ck_assert_int_eq(redis_sync_next(s.link, &reply), ERR_OK);
    ck_assert_int_eq(reply_fault(reply), FAULT_AWAY);
    ck_assert_int_eq(redis_sync_next(s.link, &reply), ERR_OK);
    ck_assert_int_eq(reply_number(reply), 2);
    close_scene(&s);
}
END_TEST

START_TEST(only_the_named_command_and_connection_are_struck)
{
    struct scene s;
    struct redis_sync *other = NULL;
    const struct reply *reply;

    open_scene(&s);
    ck_assert_int_eq(redis_sync_open(&s.address, REPLY_MS, &other, NULL),
                     ERR_OK);
    rule(&s, &(struct proxy_rule){.command = "GET",
                                  .connection = 2,
                                  BEFORE,
                                  .act = PROXY_REPLACE,
                                  .text = "$1\r\nx\r\n"});
    ck_assert_int_eq(redis_ask_words(s.link, &reply, "GET", "n", NULL), ERR_OK);
    ck_assert_int_eq(reply_kind(reply), REPLY_NIL);
    ck_assert_int_eq(redis_ask_words(other, &reply, "ECHO", "n", NULL), ERR_OK);
    ck_assert(span_is(reply_span(reply), "n"));
    ck_assert_int_eq(redis_ask_words(other, &reply, "GET", "n", NULL), ERR_OK);
    ck_assert(span_is(reply_span(reply), "x"));
    redis_sync_close(&other);
    close_scene(&s);
}
END_TEST

START_TEST(functions_are_known_by_their_short_names)
{
    struct scene s;
    const struct reply *reply;

    open_scene(&s);
    ck_assert_int_eq(redis_ask_words(s.link, &reply, "FCALL",
                                     "extq_claim_0123abcd", "0", NULL),
                     ERR_OK);
    ck_assert_int_eq(reply_fault(reply), FAULT_NO_FUNCTION);
    ck_assert_int_eq(redis_ask_words(s.link, &reply, "PING", NULL), ERR_OK);
    ck_assert_uint_eq(proxy_count(s.proxy, "claim"), 1);
    ck_assert_uint_eq(proxy_count(s.proxy, "PING"), 1);
    ck_assert_uint_eq(proxy_count(s.proxy, NULL), 2);
    ck_assert_str_eq(proxy_name(s.proxy, 0), "claim");
    ck_assert_str_eq(proxy_name(s.proxy, 1), "PING");
    ck_assert_ptr_null(proxy_name(s.proxy, 2));
    close_scene(&s);
}
END_TEST

static const struct {
    enum proxy_when when;
    int value;
    const char *answer;
} kills[] = {
    {PROXY_BEFORE, 1, "(broken)"},
    {PROXY_AFTER, 2, "(broken)"},
    {PROXY_REPLIED, 2, "2"},
};

START_TEST(a_process_dies_where_the_rule_says)
{
    static const char *const victim[] = {"tail", "-f", "/dev/null", NULL};
    struct process *p = process_start(victim, NULL);
    struct scene s;

    open_scene(&s);
    ck_assert_str_eq(ask(&s), "1");
    rule(&s, &(struct proxy_rule){.command = "INCR",
                                  .nth = 1,
                                  .when = kills[_i].when,
                                  .act = PROXY_KILL,
                                  .pid = process_pid(p)});
    ck_assert_str_eq(ask(&s), kills[_i].answer);
    process_expect(p, 128 + SIGKILL, LIMIT_MS);
    ck_assert_int_eq(redis_server_count(s.server, "GET", "n", NULL),
                     kills[_i].value);
    process_close(&p);
    close_scene(&s);
}
END_TEST

START_TEST(the_busiest_second_is_known)
{
    struct scene s;

    open_scene(&s);
    (void)ask(&s);
    rule(&s, NULL);
    for (int i = 0; i < 50; i++)
        (void)ask(&s);
    ck_assert_uint_gt(proxy_busiest(s.proxy), 10);
    ck_assert_uint_le(proxy_busiest(s.proxy), 50);
    rule(&s, NULL);
    ck_assert_uint_eq(proxy_busiest(s.proxy), 0);
    close_scene(&s);
}
END_TEST

static void ask_and_leave(struct scene *s)
{
    enum { HASTE_MS = 10 };

    redis_sync_close(&s->link);
    if (!redis_sync_open(&s->address, HASTE_MS, &s->link, NULL))
        ck_assert_str_eq(ask(s), "(broken)");
}

/* All in all more than the proxy has room for at a time. */
START_TEST(a_frozen_connection_ends_when_its_client_has_left)
{
    enum { EVENTS = 8, EACH = 20 };
    struct scene s;

    open_scene(&s);
    for (int event = 0; event < EVENTS; event++) {
        rule(&s, &(struct proxy_rule){BEFORE, .act = PROXY_HALF_OPEN});
        for (int i = 0; i < EACH; i++)
            ask_and_leave(&s);
        rule(&s, NULL);
    }
    connect_scene(&s);
    /* What left in haste may be read after the rule has gone, and counts. */
    ck_assert_str_ne(ask(&s), "(broken)");
    close_scene(&s);
}
END_TEST

START_TEST(without_redis_connections_end_at_once)
{
    struct scene s;

    open_scene(&s);
    redis_server_kill(s.server);
    ck_assert_str_eq(ask(&s), "(broken)");
    redis_server_start_again(s.server);
    connect_scene(&s);
    ck_assert_str_eq(ask(&s), "1");
    close_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fault_proxy");
    TCase *group = tcase_create("fault_proxy");

    tcase_set_timeout(group, 30);
    tcase_add_loop_test(group, each_act_does_what_it_says, 0, ROWS(rows));
    tcase_add_loop_test(group, a_process_dies_where_the_rule_says, 0,
                        ROWS(kills));
    tcase_add_test(group, a_replaced_reply_comes_in_its_turn);
    tcase_add_test(group, only_the_named_command_and_connection_are_struck);
    tcase_add_test(group, functions_are_known_by_their_short_names);
    tcase_add_test(group, the_busiest_second_is_known);
    tcase_add_test(group, a_frozen_connection_ends_when_its_client_has_left);
    tcase_add_test(group, without_redis_connections_end_at_once);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}

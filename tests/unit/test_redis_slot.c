/* Which slot of a cluster a key, or a command, belongs to, and who has it. */
#include "link/redis_find.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wire_reply.h"

#include <stdio.h>
#include <string.h>

/* As CLUSTER KEYSLOT of Redis 7.0 has it. */
static const struct {
    const char *key;
    unsigned slot;
} slots[] = {
    {"123456789", 12739},          {"foo", 12182},     {"{foo}bar", 12182},
    {"a{foo}{bar}", 12182},        {"{}foo", 9500},    {"foo{}{bar}", 8363},
    {"foo{{bar}}zap", 4015},       {"foo{bar", 15278}, {"", 0},
    {"extq:{default}:jobs", 5718},
};

START_TEST(a_key_has_the_slot_that_redis_gives_it)
{
    ck_assert_uint_eq(redis_slot(span_of(slots[_i].key)), slots[_i].slot);
}
END_TEST

START_TEST(a_command_has_that_of_its_first_tagged_word)
{
    static const char *const push[] = {"LPUSH", "extq:{default}:jobs",
                                       "{\"id\":1}"};
    static const char *const call[] = {"FCALL", "f", "2", "{foo}a", "{foo}b"};
    static const char *const load[] = {"FUNCTION", "LOAD", "f{foo}"};
    static const char *const ping[] = {"PING"};
    const size_t lens[] = {5, 19, 8};
    unsigned slot = 1;

    ck_assert(redis_slot_of(3, push, lens, &slot));
    ck_assert_uint_eq(slot, 5718);
    ck_assert(redis_slot_of(5, call, NULL, &slot));
    ck_assert_uint_eq(slot, 12182);
    ck_assert(!redis_slot_of(3, load, NULL, &slot));
    ck_assert(!redis_slot_of(1, ping, NULL, &slot));
}
END_TEST

#define ROW(first, last, host) "*3\r\n" first last "*2\r\n" host ":7000\r\n"

static const struct {
    const char *wire;
    const char *host; /* NULL = refused */
    unsigned first, last;
    const char *why;
} answers[] = {
    {"*1\r\n" ROW(":0\r\n", ":99\r\n", "$1\r\nb\r\n"), "b", 0, 99, ""},
    {"*2\r\n" ROW(":0\r\n", ":41\r\n", "$1\r\nb\r\n")
         ROW(":42\r\n", ":42\r\n", "$1\r\nc\r\n"),
     "c", 42, 42, ""},
    {"*1\r\n" ROW(":0\r\n", ":99\r\n", "$-1\r\n"), "asked", 0, 99, ""},
    {"*1\r\n" ROW(":0\r\n", ":99\r\n", "$0\r\n\r\n"), "asked", 0, 99, ""},
    {"*1\r\n" ROW(":0\r\n", ":99\r\n", "$1\r\n?\r\n"), "asked", 0, 99, ""},
    {"*1\r\n" ROW(":43\r\n", ":99\r\n", "$1\r\nb\r\n"), NULL, 0, 0,
     "no node has slot 42"},
    {"*0\r\n", NULL, 0, 0, "no node has slot 42"},
    {"*1\r\n:1\r\n", NULL, 0, 0, "no node has slot 42"},
    {"*1\r\n*2\r\n:0\r\n:99\r\n", NULL, 0, 0, "no node has slot 42"},
    {"+OK\r\n", NULL, 0, 0, "no node has slot 42"},
    {"-ERR This instance has cluster support disabled\r\n", NULL, 0, 0,
     "no Redis Cluster"},
};

START_TEST(the_master_of_a_slot_is_read_from_a_nodes_answer)
{
    const struct redis_place asked = {"asked", 1};
    const struct reply *reply = wire_reply(answers[_i].wire);
    struct redis_found found;
    struct why why = {""};
    enum err e = redis_find_slot(reply, 42, &asked, &found, &why);

    ck_assert_int_eq(e, answers[_i].host ? ERR_OK : ERR_REDIS);
    if (e) {
        ck_assert_ptr_nonnull(strstr(why.text, answers[_i].why));
    } else {
        ck_assert_str_eq(found.place.host, answers[_i].host);
        ck_assert_int_eq(found.place.port, 7000);
        ck_assert_uint_eq(found.range.first, answers[_i].first);
        ck_assert_uint_eq(found.range.last, answers[_i].last);
    }
    wire_reply_drop(reply);
}
END_TEST

#define NODE(host, port) "*2\r\n$1\r\n" host "\r\n:" port "\r\n"

/* Two masters with a replica each; the one of the first has no name, and the
 * second has a row more. */
static const char three_rows[] =
    "*3\r\n"
    "*4\r\n:0\r\n:9\r\n" NODE("a", "1")
        NODE("?", "2") "*4\r\n:10\r\n:19\r\n" NODE("b", "3")
            NODE("c", "4") "*4\r\n:30\r\n:39\r\n" NODE("b", "3") NODE("c", "4");

START_TEST(each_node_in_an_answer_is_known_once_masters_first)
{
    static const char *const hosts[] = {"a", "b", "asked", "c"};
    static const int ports[] = {1, 3, 2, 4};
    const struct redis_place asked = {"asked", 9};
    struct redis_place found[REDIS_NODES_MAX];
    const struct reply *reply = wire_reply(three_rows);

    ck_assert_uint_eq(redis_find_nodes(reply, &asked, found), 4);
    for (unsigned n = 0; n < 4; n++) {
        ck_assert_str_eq(found[n].host, hosts[n]);
        ck_assert_int_eq(found[n].port, ports[n]);
    }
    wire_reply_drop(reply);
}
END_TEST

START_TEST(of_a_large_cluster_some_nodes_are_known)
{
    char wire[4096] = "*20\r\n";
    const struct redis_place asked = {"asked", 9};
    struct redis_place found[REDIS_NODES_MAX];
    const struct reply *reply;

    for (int n = 0; n < 20; n++)
        (void)snprintf(wire + strlen(wire), sizeof wire - strlen(wire),
                       "*3\r\n:%d\r\n:%d\r\n*2\r\n$1\r\na\r\n:%d\r\n", n, n,
                       7000 + n);
    reply = wire_reply(wire);
    ck_assert_uint_eq(redis_find_nodes(reply, &asked, found), REDIS_NODES_MAX);
    wire_reply_drop(reply);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.redis_slot");
    TCase *tests = tcase_create("redis_slot");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_key_has_the_slot_that_redis_gives_it, 0,
                        ROWS(slots));
    tcase_add_test(tests, a_command_has_that_of_its_first_tagged_word);
    tcase_add_loop_test(tests, the_master_of_a_slot_is_read_from_a_nodes_answer,
                        0, ROWS(answers));
    tcase_add_test(tests, each_node_in_an_answer_is_known_once_masters_first);
    tcase_add_test(tests, of_a_large_cluster_some_nodes_are_known);
    return run_suite(suite);
}

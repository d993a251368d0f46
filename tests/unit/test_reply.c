#include "link/reply.h"

#include "support/main.h"
#include "support/wire_reply.h"

#include <string.h>

START_TEST(an_error_says_what_it_asks_of_us)
{
    static const struct {
        const char *wire;
        enum reply_fault fault;
    } rows[] = {
        {"+OK\r\n", FAULT_NONE},
        {"$9\r\nOOM no it\r\n", FAULT_NONE},
        {"-ERR Function not found\r\n", FAULT_NO_FUNCTION},
        {"-LEASE this epoch owns nothing any more\r\n", FAULT_LEASE},
        {"-OOM command not allowed when used memory > 'maxmemory'.\r\n",
         FAULT_MEMORY},
        {"-LOADING Redis is loading the dataset in memory\r\n", FAULT_AWAY},
        {"-READONLY You can't write against a read only replica.\r\n",
         FAULT_AWAY},
        {"-ERR READONLY You can't write against a read only replica.\r\n",
         FAULT_AWAY},
        {"-MASTERDOWN Link with MASTER is down\r\n", FAULT_AWAY},
        {"-UNBLOCKED force unblock from blocking operation\r\n", FAULT_AWAY},
        {"-CLUSTERDOWN The cluster is down\r\n", FAULT_AWAY},
        {"-MOVED 3999 127.0.0.1:6381\r\n", FAULT_AWAY},
        {"-ASK 3999 127.0.0.1:6381\r\n", FAULT_AWAY},
        {"-CROSSSLOT Keys in request don't hash to the same slot\r\n",
         FAULT_OTHER},
        {"-MISCONF Redis is configured to save RDB snapshots\r\n", FAULT_AWAY},
        {"-NOREPLICAS Not enough good replicas to write.\r\n", FAULT_AWAY},
        {"-BUSY Redis is busy running a script.\r\n", FAULT_AWAY},
        {"-TRYAGAIN Multiple keys request during rehashing\r\n", FAULT_AWAY},
        {"-ERR max number of clients reached\r\n", FAULT_AWAY},
        {"-NOAUTH Authentication required.\r\n", FAULT_DENIED},
        {"-WRONGPASS invalid username-password pair\r\n", FAULT_DENIED},
        {"-NOPERM this user has no permissions\r\n", FAULT_DENIED},
        {"-DENIED Redis is running in protected mode\r\n", FAULT_DENIED},
        {"-BUSYGROUP Consumer Group name already exists\r\n", FAULT_OTHER},
        {"-WRONGTYPE Operation against a key\r\n", FAULT_OTHER},
        {"-LEASEHOLD no word of ours\r\n", FAULT_OTHER},
        {"-OOM\r\n", FAULT_MEMORY},
        {"-\r\n", FAULT_OTHER},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply *r = wire_reply(rows[i].wire);
        ck_assert_msg(reply_fault(r) == rows[i].fault, "%s", rows[i].wire);
        wire_reply_drop(r);
    }
}
END_TEST

START_TEST(every_shape_has_its_kind)
{
    static const struct {
        const char *wire;
        enum reply_kind kind;
    } rows[] = {
        {"$-1\r\n", REPLY_NIL},      {"*-1\r\n", REPLY_NIL},
        {"+OK\r\n", REPLY_TEXT},     {"$2\r\nab\r\n", REPLY_TEXT},
        {":7\r\n", REPLY_NUMBER},    {"*0\r\n", REPLY_LIST},
        {"-ERR x\r\n", REPLY_ERROR},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply *r = wire_reply(rows[i].wire);
        ck_assert_msg(reply_kind(r) == rows[i].kind, "%s", rows[i].wire);
        wire_reply_drop(r);
    }
}
END_TEST

START_TEST(no_reply_reads_as_nothing)
{
    ck_assert_int_eq(reply_kind(NULL), REPLY_NIL);
    ck_assert_int_eq(reply_fault(NULL), FAULT_NONE);
    ck_assert_uint_eq(reply_span(NULL).len, 0);
    ck_assert_int_eq(reply_number(NULL), 0);
    ck_assert_uint_eq(reply_count(NULL), 0);
    ck_assert_ptr_null(reply_at(NULL, 0));
}
END_TEST

START_TEST(a_number_is_read_from_a_number_or_a_text)
{
    static const struct {
        const char *wire;
        int64_t number;
    } rows[] = {
        {":42\r\n", 42},
        {":-1\r\n", -1},
        {"$2\r\n-1\r\n", -1},
        {"$13\r\n1700000000000\r\n", 1700000000000},
        {"$3\r\n1.5\r\n", 0},
        {"$1\r\n-\r\n", 0},
        {"$0\r\n\r\n", 0},
        {"$20\r\n99999999999999999999\r\n", 0},
        {"$19\r\n9223372036854775808\r\n", 0},
        {"$-1\r\n", 0},
        {"*1\r\n:5\r\n", 0},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply *r = wire_reply(rows[i].wire);
        ck_assert_msg(reply_number(r) == rows[i].number, "%s", rows[i].wire);
        wire_reply_drop(r);
    }
}
END_TEST

START_TEST(a_list_ends_where_it_ends)
{
    const struct reply *r = wire_reply("*2\r\n$3\r\nabc\r\n$-1\r\n");

    ck_assert_uint_eq(reply_count(r), 2);
    ck_assert(span_is(reply_span(reply_at(r, 0)), "abc"));
    ck_assert_int_eq(reply_kind(reply_at(r, 1)), REPLY_NIL);
    ck_assert_ptr_null(reply_at(r, 2));
    wire_reply_drop(r);
}
END_TEST

START_TEST(a_hello_says_what_kind_of_server_it_is)
{
    static const struct {
        const char *wire;
        bool primary, node;
    } rows[] = {
        {"*2\r\n$4\r\nrole\r\n$6\r\nmaster\r\n", true, false},
        {"*2\r\n$4\r\nrole\r\n$7\r\nreplica\r\n", false, false},
        {"*2\r\n$4\r\nmode\r\n$7\r\ncluster\r\n", false, true},
        {"*1\r\n$4\r\nrole\r\n", false, false},
        {"-ERR unknown command\r\n", false, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct reply *r = wire_reply(rows[i].wire);
        ck_assert_msg(reply_is_primary(r) == rows[i].primary, "%s",
                      rows[i].wire);
        ck_assert_msg(reply_is_node(r) == rows[i].node, "%s", rows[i].wire);
        wire_reply_drop(r);
    }
}
END_TEST

int main(void)
{
    return run_tests("link.reply", 10, an_error_says_what_it_asks_of_us,
                     every_shape_has_its_kind, no_reply_reads_as_nothing,
                     a_number_is_read_from_a_number_or_a_text,
                     a_list_ends_where_it_ends,
                     a_hello_says_what_kind_of_server_it_is);
}

/* deploy/redis/users.acl: each role can do its job with it, and nothing
 * else. */
#include "link/library.h"
#include "stages/gate.h"
#include "stages/letters.h"
#include "support/main.h"
#include "support/table.h"
#include "support/users.h"

#include <stdio.h>

static struct users u;

static void open_all(void)
{
    u = users_open();
    (void)redis_server_ask(u.server, "LPUSH", "extq:{q}:jobs", "x", NULL);
}

static void close_all(void)
{
    users_close(&u);
}

/* The reply to a command of words with blanks between: an error's text, or
 * "". */
static const char *answer(struct redis_sync *link, const char *command)
{
    static char text[512];
    char words[512], *rest = words;
    const char *argv[16];
    const struct reply *reply;
    int argc = 0;

    (void)snprintf(words, sizeof words, "%s", command);
    while ((argv[argc] = strsep(&rest, " ")))
        argc++;
    ck_assert_int_eq(redis_ask(link, argc, argv, NULL, &reply), ERR_OK);
    text[0] = '\0';
    if (reply_kind(reply) == REPLY_ERROR)
        (void)span_copy(reply_span(reply), text, sizeof text);
    return text;
}

static const struct {
    int role;
    const char *command;
} allowed[] = {
    {0, "PING"},
    {0, "LPUSH extq:{q}:jobs {}"},
    {0, "LPUSH extq:{another}:jobs {} {}"},
    {1, "INFO server memory persistence replication"},
    {1, "BGREWRITEAOF"},
    {1, "BLMOVE extq:{q}:jobs extq:{q}:jobs RIGHT RIGHT 1"},
    {1, "INFO memory"},
    {1, "HMGET extq:{q}:meta delivered"},
    {1, "XREVRANGE extq:{q}:outcomes + -"},
    {1, "XREVRANGE extq:{q}:dead + -"},
    {2, "INFO server"},
    {2, "LLEN extq:{q}:jobs"},
    {2, "ZCARD extq:{q}:later"},
    {2, "ZCOUNT extq:{q}:later -inf 5"},
    {2, "XLEN extq:{q}:dead"},
    {2, "XRANGE extq:{q}:outcomes - +"},
    {2, "XREVRANGE extq:{q}:outcomes + -"},
    {2, "XREAD COUNT 1 STREAMS extq:{q}:outcomes 0"},
    {2, "HMGET extq:{q}:meta delivered"},
    {2, "ZRANGE extq:{q}:leases 0 -1 WITHSCORES"},
    {2, "HLEN extq:{q}:held:1-2"},
    {2, "HGET extq:{q}:services 1-2"},
    {2, "LRANGE extq:{q}:jobs 0 -1"},
    {2, "HSCAN extq:{q}:held:1-2 0"},
    {2, "ZSCAN extq:{q}:later 0"},
    {2, "HSCAN extq:{q}:gates 0"},
    {2, "HGET extq:{q}:gates acme:p"},
    {2, "LLEN extq:{q}:parked:acme:p"},
    {4, "XRANGE extq:{q}:dead - +"},
    {4, "XDEL extq:{q}:dead 1-1"},
    {4, "ZSCAN extq:{q}:later 0"},
    {4, "LRANGE extq:{q}:parked:acme:p 0 -1"},
    {3, "XGROUP CREATE extq:{q}:outcomes g 0 MKSTREAM"},
    {3, "XACK extq:{q}:outcomes g 1-0"},
};

START_TEST(a_role_may_do_its_job)
{
    const char *role = users_roles[allowed[_i].role];
    struct why why = {""};
    struct redis_sync *link = users_connect(&u, role, role, &why);

    ck_assert_msg(link != NULL, "%s", why.text);
    ck_assert_str_eq(answer(link, allowed[_i].command), "");
    redis_sync_close(&link);
}
END_TEST

START_TEST(each_role_may_ask_which_node_has_a_slot)
{
    const char *role = users_roles[_i];
    struct why why = {""};
    struct redis_sync *link = users_connect(&u, role, role, &why);

    ck_assert_msg(link != NULL, "%s", why.text);
    ck_assert_str_eq(answer(link, "CLUSTER SLOTS"),
                     "ERR This instance has cluster support disabled");
    redis_sync_close(&link);
}
END_TEST

/* Of each role: P producer, S service, O operator, R reader, A
 * admin. */
static const struct {
    const char *roles, *command;
} forbidden[] = {
    /* The server itself. */
    {"PSOA", "CONFIG GET dir"},
    {"PSOR", "CONFIG SET dir /tmp"},
    {"R", "XADD extq:{q}:outcomes * id x"},
    {"R", "XTRIM extq:{q}:outcomes MAXLEN 0"},
    {"R", "XGROUP DESTROY extq:{q}:outcomes g"},
    {"R", "XREADGROUP GROUP g c STREAMS extq:{q}:dead >"},
    {"R", "LRANGE extq:{q}:jobs 0 -1"},
    {"PSO", "CONFIG REWRITE"},
    {"PSORA", "CLUSTER NODES"},
    {"PSORA", "CLUSTER SETSLOT 0 STABLE"},
    {"PSO", "ACL LIST"},
    {"PSO", "ACL SETUSER extq-producer +@all"},
    {"PSO", "ACL WHOAMI"},
    {"PSO", "SHUTDOWN NOSAVE"},
    {"PSO", "MODULE LIST"},
    {"PSO", "MONITOR"},
    {"PSO", "CLIENT LIST"},
    {"PSO", "CLIENT KILL TYPE normal"},
    {"PSO", "SLOWLOG GET"},
    {"PSO", "REPLICAOF NO ONE"},
    {"PSO", "SYNC"},
    {"PORA", "BGREWRITEAOF"},
    {"PSO", "SAVE"},
    {"PSO", "LATENCY RESET"},
    {"PSO", "MIGRATE h 1 extq:{q}:jobs 0 1"},
    /* All keys at once, or by name. */
    {"PSOA", "FLUSHALL"},
    {"PSO", "FLUSHDB"},
    {"PSO", "SWAPDB 0 1"},
    {"PSO", "KEYS *"},
    {"PSO", "SCAN 0"},
    {"PSO", "RANDOMKEY"},
    {"PSO", "DUMP extq:ext:{acme}:p"},
    {"PSO", "RESTORE extq:{q}:jobs 0 x"},
    {"PSO", "RENAME extq:{q}:jobs extq:{q}:old"},
    {"PSO", "COPY extq:ext:{a}:p extq:ext:{b}:p"},
    {"PSO", "EXPIRE extq:{q}:jobs 1"},
    {"PSO", "SORT extq:{q}:jobs"},
    {"PSO", "PUBLISH c x"},
    {"PSO", "SUBSCRIBE c"},
    /* Code. */
    {"PSOA", "EVAL return(1) 0"},
    {"PSO", "EVAL_RO return(1) 0"},
    {"PSO", "SCRIPT LOAD return(1)"},
    {"P", "FUNCTION LIST"},
    {"PSO", "FUNCTION DUMP"},
    {"PSO", "FUNCTION DELETE extq"},
    {"PSO", "FUNCTION FLUSH"},
    {"POA", "FUNCTION LOAD x"},
    {"PO", "FCALL f 1 extq:{q}:jobs"},
    {"PSO", "FCALL_RO f 1 extq:{q}:jobs"},
    {"P", "FCALL f 1 extq:{q}:gates"},
    {"O", "FCALL f 2 extq:{q}:gates extq:{q}:jobs"},
    {"O", "FCALL f 2 extq:{q}:gates other:{q}:gates"},
    {"S", "FCALL f 1 other"},
    {"S", "FCALL f 2 extq:{q}:jobs other:{q}:jobs"},
    /* Other keys, for the commands they have. */
    {"P", "LPUSH extq:{q}:later x"},
    {"P", "LPUSH extq:ext:{acme}:p x"},
    {"P", "LPUSH other:{q}:jobs x"},
    {"P", "LPUSH extq:jobs x"},
    {"S", "RPOP other"},
    {"S", "GET other:ext:{acme}:p"},
    {"S", "SET extq x"},
    {"S", "BLMOVE extq:{q}:jobs other RIGHT RIGHT 1"},
    {"O", "XRANGE other:{q}:outcomes - +"},
    {"O", "HGET extq:ext:{acme}:p f"},
    {"O", "LRANGE extq:ext:{acme}:p 0 -1"},
    /* Reading and changing beyond their job. */
    {"P", "RPOP extq:{q}:jobs"},
    {"P", "LRANGE extq:{q}:jobs 0 -1"},
    {"P", "LLEN extq:{q}:jobs"},
    {"P", "DEL extq:{q}:jobs"},
    {"P", "XRANGE extq:{q}:outcomes - +"},
    {"P", "XADD extq:{q}:outcomes * a b"},
    {"P", "INFO server"},
    {"PO", "GET extq:ext:{acme}:p"},
    {"PO", "SET extq:ext:{acme}:p x"},
    {"S", "LPUSH extq:{q}:jobs x"},
    {"S", "LRANGE extq:{q}:jobs 0 -1"},
    {"S", "XRANGE extq:{q}:outcomes - +"},
    {"S", "HMGET extq:{q}:held:1-2 f"},
    {"S", "UNLINK extq:{q}:jobs"},
    {"O", "LPUSH extq:{q}:jobs x"},
    {"O", "RPOP extq:{q}:jobs"},
    {"O", "XADD extq:{q}:dead * a b"},
    {"O", "XDEL extq:{q}:dead 1-1"},
    {"SA", "XDEL extq:{q}:outcomes 1-1"},
    {"A", "DEL extq:{q}:dead"},
    {"A", "RPOP extq:{q}:jobs"},
    {"A", "ZADD extq:{q}:leases 0 e"},
    {"A", "HSET extq:{q}:held:1-2 f x"},
    {"A", "GET extq:ext:{acme}:p"},
    {"A", "FCALL f 1 extq:{q}:leases"},
    {"O", "XDEL extq:{q}:outcomes 1-1"},
    {"O", "XTRIM extq:{q}:outcomes MAXLEN 0"},
    {"O", "XGROUP CREATE extq:{q}:outcomes g 0"},
    {"O", "HSET extq:{q}:meta a b"},
    {"O", "HINCRBY extq:{q}:meta seq 1"},
    {"O", "HDEL extq:{q}:held:1-2 f"},
    {"O", "LPOP extq:{q}:parked:acme:p"},
    {"O", "RPUSH extq:{q}:parked:acme:p x"},
    {"O", "DEL extq:{q}:gates"},
    {"O", "ZADD extq:{q}:leases 0 e"},
    {"O", "ZREM extq:{q}:later x"},
    {"O", "DEL extq:{q}:jobs"},
    {"O", "BLMOVE extq:{q}:jobs extq:{q}:jobs RIGHT RIGHT 1"},
};

START_TEST(a_role_may_do_nothing_else)
{
    for (const char *r = forbidden[_i].roles; *r; r++) {
        const char *role = users_roles[strchr("PSORA", *r) - "PSORA"], *got;
        struct why why = {""};
        struct redis_sync *link = users_connect(&u, role, role, &why);

        ck_assert_msg(link != NULL, "%s", why.text);
        got = answer(link, forbidden[_i].command);
        ck_assert_msg(strncmp(got, "NOPERM ", 7) == 0, "%s: %s: \"%s\"", role,
                      forbidden[_i].command, got);
        redis_sync_close(&link);
    }
}
END_TEST

START_TEST(as_shipped_the_file_lets_nobody_in)
{
    struct redis_sync *link;
    struct why why = {""};
    char *text = users_shipped();

    (void)temp_write(&u.dir, "users.acl", text);
    free(text);
    ck_assert_str_eq(redis_server_ask(u.server, "ACL", "LOAD", NULL), "OK");
    link = users_connect(&u, "", "", &why);
    ck_assert_ptr_nonnull(link);
    ck_assert(strncmp(answer(link, "PING"), "NOAUTH", 6) == 0);
    redis_sync_close(&link);
    for (size_t i = 0; i < ROLES; i++) {
        ck_assert_ptr_null(
            users_connect(&u, users_roles[i], users_roles[i], &why));
        ck_assert_msg(strstr(why.text, "WRONGPASS") != NULL, "%s", why.text);
    }
}
END_TEST

/* Some of them are rare: what to do without one would be found out late. */
START_TEST(the_service_may_call_what_its_functions_call)
{
    char word[32], *users = users_shipped(), *line;
    unsigned count = 0;

    line = strstr(users, users_roles[ROLE_SERVICE]);
    line[strcspn(line, "\n")] = '\0';
    for (const char *at = library_text; (at = strstr(at, "call('")); count++) {
        int len;

        at += strlen("call('");
        len = (int)strcspn(at, "'");
        (void)snprintf(word, sizeof word, " +%.*s ", len, at);
        ck_assert_msg(strcasestr(line, word) != NULL, "%s", word);
    }
    ck_assert_uint_gt(count, 20);
    free(users);
}
END_TEST

/* Asks with the words of the calls; the third element of the answer. */
static int64_t changed(struct redis_sync *link, struct gate_words *w)
{
    const struct reply *reply;
    struct gate_told told;

    ck_assert_int_eq(redis_ask(link, GATE_WORDS, w->at, NULL, &reply), ERR_OK);
    gate_told_read(reply, &told);
    ck_assert_int_eq(told.end, GATE_TOLD);
    return told.changed;
}

START_TEST(an_operator_may_pause_and_resume)
{
    const struct gate_shutting pause = {
        .kind = GATE_PAUSED, .wait_ms = -1, .why = "holidays"};
    const char *role = users_roles[ROLE_OPERATOR];
    struct why why = {""};
    struct redis_sync *link = users_connect(&u, role, role, &why);
    struct queue_keys keys;
    struct gate_words w;
    const struct gate_call call = {
        .keys = &keys, .outcomes_max = 1000, .by = "ada"};

    keys_of_queue(&keys, "extq", "q");
    (void)redis_server_ask(u.server, "FUNCTION", "LOAD", library_text, NULL);
    (void)redis_server_ask(u.server, "RPUSH", "extq:{q}:parked:acme:p", "x",
                           NULL);
    gate_words(&w, &call, "shut", "acme:p", &pause);
    ck_assert_int_eq(changed(link, &w), 1);
    gate_words(&w, &call, "open", "acme:p", &(struct gate_shutting){0});
    ck_assert_int_eq(changed(link, &w), 1);
    ck_assert_int_eq(redis_server_count(u.server, "XLEN", keys.outcomes, NULL),
                     2);
    redis_sync_close(&link);
}
END_TEST

/* What `extq dead`, `later` and `parked` do with a letter. */
START_TEST(an_admin_may_retry_and_drop)
{
    const char *role = users_roles[ROLE_ADMIN];
    const struct letters_wanted all = {.ids = NULL};
    struct why why = {""};
    struct redis_sync *link = users_connect(&u, role, role, &why);
    struct letters_batch *batch = letters_batch_open();
    struct queue_keys keys;
    struct letters_order order = {
        .keys = &keys, .gate = "", .outcomes_max = 9, .by = "ada"};
    struct letters_walk w = letters_walk_make(link, &keys, LETTER_DEAD, &all);
    struct redis_words words;
    struct letter letter;
    const struct reply *reply;
    uint64_t done = 0;

    keys_of_queue(&keys, "extq", "q");
    order.op = (enum letters_op)_i;
    (void)redis_server_ask(u.server, "FUNCTION", "LOAD", library_text, NULL);
    (void)redis_server_ask(u.server, "XADD", keys.dead, "*", "record", "x",
                           NULL);
    ck_assert_int_eq(letters_walk_page(&w, 1), ERR_OK);
    ck_assert_int_eq(letters_walk_at(&w, 0, &letter), ERR_OK);
    ck_assert_int_eq(letters_batch_add(batch, &letter), ERR_OK);
    letters_batch_words(batch, &order, 0, 1, &words);
    ck_assert_int_eq(redis_ask(link, words.count, words.at, words.lens, &reply),
                     ERR_OK);
    ck_assert_int_eq(letters_done(reply, &done), ERR_OK);
    ck_assert_uint_eq(done, 1);
    letters_batch_close(&batch);
    letters_walk_clear(&w);
    redis_sync_close(&link);
}
END_TEST

int main(void)

{
    Suite *s = suite_create("service.acl");
    TCase *t = tcase_create("acl");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(t, a_role_may_do_its_job, 0, ROWS(allowed));
    tcase_add_loop_test(t, each_role_may_ask_which_node_has_a_slot, 0, ROLES);
    tcase_add_loop_test(t, a_role_may_do_nothing_else, 0, ROWS(forbidden));
    tcase_add_test(t, the_service_may_call_what_its_functions_call);
    tcase_add_test(t, an_operator_may_pause_and_resume);
    tcase_add_loop_test(t, an_admin_may_retry_and_drop, 0, 2);
    tcase_add_test(t, as_shipped_the_file_lets_nobody_in);
    return run_suite(s);
}

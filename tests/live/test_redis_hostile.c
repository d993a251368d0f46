/* What a broken or hostile server may send: neither the asynchronous nor the
 * blocking connection takes harm, memory or for ever. */
#include "base/clock.h"
#include "link/redis_sync.h"
#include "support/fake_redis.h"
#include "support/main.h"
#include "support/redis_link.h"
#include "support/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATIENCE_MS = 1000, SHORT_MS = 200 };

static struct fake_redis *server;
static struct redis_link l;
static struct redis_sync *r;

static void begin(const struct fake_script *script)
{
    struct redis_address address;

    server = fake_redis_start(script);
    address = fake_redis_address(server);
    redis_link_open(&l, &address);
}

static void end(void)
{
    redis_sync_close(&r);
    redis_link_close(&l);
    fake_redis_close(&server);
}

static void ask(int64_t patience_ms)
{
    redis_link_connect(&l, LINK_LIMIT_MS, patience_ms);
    link_until(&l, l.ups == 1, "the connection");
    ck_assert_int_eq(link_say(&l, 0, "GET", "k"), ERR_OK);
}

static enum err ask_and_wait(int64_t timeout_ms, const struct reply **ret)
{
    struct redis_address address = fake_redis_address(server);
    struct why why = {""};

    ck_assert_int_eq(redis_sync_open(&address, timeout_ms, &r, &why), ERR_OK);
    return redis_ask_words(r, ret, "GET", "k", NULL);
}

/* Twice as long as patience lasts, and the last byte counts. */
static const struct fake_script long_reply = {
    .head = "$409600\r\n",
    .piece = NULL,
    .pieces = 100,
    .pause_ms = 2 * PATIENCE_MS / 100,
    .tail = "\r\n",
};

static void begin_long_reply(void)
{
    static char piece[4097];
    struct fake_script script = long_reply;

    memset(piece, 'x', sizeof piece - 1);
    script.piece = piece;
    begin(&script);
}

START_TEST(a_long_reply_that_keeps_coming_is_waited_for)
{
    begin_long_reply();
    ask(PATIENCE_MS);
    link_until(&l, l.answered == 1, "the reply");
    ck_assert_int_eq(l.answers[0].nulls, 0);
    ck_assert_int_eq(l.downs, 0);
    end();
}
END_TEST

START_TEST(a_blocking_command_waits_for_a_long_reply_as_well)
{
    const struct reply *reply;

    begin_long_reply();
    ck_assert_int_eq(ask_and_wait(PATIENCE_MS, &reply), ERR_OK);
    end();
}
END_TEST

static const struct fake_script drip = {
    .head = "$400\r\n",
    .piece = "x",
    .pieces = 400,
    .pause_ms = SHORT_MS / 10,
    .tail = "\r\n",
};

START_TEST(a_reply_that_drips_is_given_up)
{
    begin(&drip);
    ask(SHORT_MS);
    link_until(&l, l.answered == 1, "the end of patience");
    ck_assert_int_eq(l.answers[0].nulls, 1);
    ck_assert_str_eq(l.why, "no reply in time");
    end();
}
END_TEST

START_TEST(a_blocking_command_gives_a_drip_up_as_well)
{
    const struct reply *reply;

    begin(&drip);
    ck_assert_int_eq(ask_and_wait(SHORT_MS, &reply), ERR_REDIS);
    ck_assert_str_eq(redis_sync_error(r), "no answer within 200 ms");
    end();
}
END_TEST

static char *repeat(const char *text, int times)
{
    size_t len = strlen(text);
    char *all = malloc(len * (size_t)times + 1);

    ck_assert_ptr_nonnull(all);
    for (int i = 0; i < times; i++)
        memcpy(all + len * (size_t)i, text, len + 1);
    return all;
}

/* The reply's text, so many times over, is refused with words that hold why
 * (NULL = any). */
static const struct {
    const char *reply;
    int times;
    const char *why;
} bad_replies[] = {
    {"*1000000000\r\n", 1, "too large"},
    {"*2147483647\r\n", 1, "too large"},
    {"*100000000000\r\n", 1, NULL},
    {"*1000000\r\n", 3, "too large"},
    {"$9999999999\r\n", 1, "too large"},
    {"*2\r\n$99999999999999999999999\r\n", 1, NULL},
    {"$536870913\r\n", 1, "too large"},
    {"*1\r\n", 200000, "nested"},
    {"$-5\r\n", 1, NULL},
    {"*-5\r\n", 1, NULL},
    {":12x\r\n", 1, NULL},
    {"%1\r\n+a\r\n+b\r\n", 1, NULL},
    {"~1\r\n+a\r\n", 1, NULL},
    {">1\r\n+a\r\n", 1, NULL},
    {",1.5\r\n", 1, NULL},
    {"#t\r\n", 1, NULL},
    {"(123\r\n", 1, NULL},
    {"=5\r\ntxt:a\r\n", 1, NULL},
    {"*1\r\n,1.5\r\n", 1, NULL},
    {"HTTP/1.1 400 Bad Request\r\n", 1, NULL},
};

START_TEST(a_bad_reply_ends_the_connection_at_once)
{
    const char *why = bad_replies[_i].why;
    char *text = repeat(bad_replies[_i].reply, bad_replies[_i].times);

    begin(&(struct fake_script){.head = text});
    ask(LINK_LIMIT_MS);
    link_until(&l, l.answered == 1, "the end of the call");
    ck_assert_int_eq(l.answers[0].nulls, 1);
    ck_assert_str_ne(l.why, "no reply in time");
    ck_assert_msg(!why || strstr(l.why, why), "%s", l.why);
    end();
    free(text);
}
END_TEST

START_TEST(a_bad_reply_ends_a_blocking_command_at_once)
{
    const char *why = bad_replies[_i].why, *told;
    const struct reply *reply;
    char *text = repeat(bad_replies[_i].reply, bad_replies[_i].times);

    begin(&(struct fake_script){.head = text});
    ck_assert_int_eq(ask_and_wait(LINK_LIMIT_MS, &reply), ERR_REDIS);
    told = redis_sync_error(r);
    ck_assert_ptr_null(strstr(told, "no answer within"));
    ck_assert_msg(!why || strstr(told, why), "%s", told);
    end();
    free(text);
}
END_TEST

START_TEST(a_reply_that_nobody_asked_for_ends_the_connection)
{
    begin(&(struct fake_script){.greeting = "+OK\r\n"});
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the end of the connection");
    ck_assert_str_eq(l.why, "a reply that nobody asked for");
    end();
}
END_TEST

START_TEST(a_second_reply_to_one_command_ends_the_connection)
{
    begin(&(struct fake_script){.head = "+first\r\n+second\r\n"});
    ask(LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the end of the connection");
    ck_assert_str_eq(l.answers[0].text, "first");
    ck_assert_int_eq(l.answers[0].calls, 1);
    ck_assert_str_eq(l.why, "a reply that nobody asked for");
    end();
}
END_TEST

START_TEST(a_second_reply_is_never_taken_for_the_next_commands)
{
    const struct reply *reply;

    begin(&(struct fake_script){.head = "+first\r\n+second\r\n"});
    ck_assert_int_eq(ask_and_wait(LINK_LIMIT_MS, &reply), ERR_OK);
    ck_assert_int_eq(redis_ask_words(r, &reply, "PING", NULL), ERR_REDIS);
    ck_assert_str_eq(redis_sync_error(r), "a reply that nobody asked for");
    end();
}
END_TEST

START_TEST(a_server_that_turns_us_away_says_why)
{
    begin(&(struct fake_script){.greeting =
                                    "-ERR max number of clients reached\r\n"});
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the end of the connection");
    ck_assert_str_eq(l.why, "ERR max number of clients reached");
    end();
}
END_TEST

START_TEST(a_refused_password_does_not_come_back_in_the_reason)
{
    begin(&(struct fake_script){.head = "-ERR no 'AUTH s3cret' here\r\n"});
    temp_secret("s3cret", l.address.files.password,
                sizeof l.address.files.password);
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the end of the connection");
    ck_assert_ptr_nonnull(strstr(l.why, "refused AUTH (ERR)"));
    ck_assert_ptr_null(strstr(l.why, "s3cret"));
    end();
}
END_TEST

START_TEST(a_server_that_cannot_serve_just_now_is_tried_again_soon)
{
    begin(&(struct fake_script){
        .head = "-LOADING Redis is loading the dataset in memory\r\n"});
    temp_secret("s3cret", l.address.files.password,
                sizeof l.address.files.password);
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, fake_redis_connections(server) >= 4, "further tries");
    ck_assert_str_eq(l.why, "Redis cannot serve just now");
    end();
}
END_TEST

/* Not sooner than after 75, 150, 300 and 600 ms; a slow machine takes longer.
 */
START_TEST(what_is_lost_at_once_is_tried_ever_more_seldom)
{
    int64_t from_ms = clock_mono_ms();

    begin(&(struct fake_script){.greeting = "+OK\r\n"});
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, fake_redis_connections(server) >= 5, "five tries");
    ck_assert_int_ge(clock_mono_ms() - from_ms, 75 + 150 + 300 + 600);
    end();
}
END_TEST

START_TEST(an_error_is_explained_without_what_it_repeats)
{
    const struct reply *reply;
    char why[512];

    begin(&(struct fake_script){
        .head = "-ERR unknown command 'FCALL', with args beginning with: "
                "'extq_claim' 's3cret'\r\n"});
    ck_assert_int_eq(ask_and_wait(LINK_LIMIT_MS, &reply), ERR_OK);
    reply_explain(reply, why, sizeof why);
    ck_assert_ptr_nonnull(strstr(why, "unknown command 'FCALL': extq needs"));
    ck_assert_ptr_null(strstr(why, "s3cret"));
    end();
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.redis_hostile");
    TCase *t = tcase_create("link.redis_hostile");

    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_long_reply_that_keeps_coming_is_waited_for);
    tcase_add_test(t, a_blocking_command_waits_for_a_long_reply_as_well);
    tcase_add_test(t, a_reply_that_drips_is_given_up);
    tcase_add_test(t, a_blocking_command_gives_a_drip_up_as_well);
    tcase_add_loop_test(t, a_bad_reply_ends_the_connection_at_once, 0,
                        ROWS(bad_replies));
    tcase_add_loop_test(t, a_bad_reply_ends_a_blocking_command_at_once, 0,
                        ROWS(bad_replies));
    tcase_add_test(t, a_reply_that_nobody_asked_for_ends_the_connection);
    tcase_add_test(t, a_second_reply_to_one_command_ends_the_connection);
    tcase_add_test(t, a_second_reply_is_never_taken_for_the_next_commands);
    tcase_add_test(t, a_server_that_turns_us_away_says_why);
    tcase_add_test(t, a_refused_password_does_not_come_back_in_the_reason);
    tcase_add_test(t, a_server_that_cannot_serve_just_now_is_tried_again_soon);
    tcase_add_test(t, what_is_lost_at_once_is_tried_ever_more_seldom);
    tcase_add_test(t, an_error_is_explained_without_what_it_repeats);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

/* The asynchronous Redis connection: commands and replies, against a real
 * server that pauses, dies and comes back. */
#include "base/clock.h"
#include "link/library.h"
#include "support/main.h"
#include "support/redis_link.h"
#include "support/redis_server.h"

#include <stdio.h>

/* For a reply; where its end is what a test waits for. */
enum { PATIENCE_MS = 1500 };

static struct redis_server *server;
static struct redis_link l;

static void open_all(void)
{
    server = redis_server_start(true, NULL);
    redis_link_open(&l, redis_server_address(server));
}

static void close_all(void)
{
    redis_link_close(&l);
    redis_server_close(&server);
}

START_TEST(replies_come_in_the_order_of_the_commands)
{
    char want[16];

    redis_link_up(&l);
    redis_link_echo(&l, 0, 1000);
    ck_assert_int_eq(l.answered, 0);
    link_until(&l, l.answered == 1000, "all replies");
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(want, sizeof want, "%d", i);
        ck_assert_str_eq(l.answers[i].text, want);
        ck_assert_int_eq(l.answers[i].order, i + 1);
    }
    ck_assert_int_eq(l.ups, 1);
    ck_assert_int_eq(l.downs, 0);
}
END_TEST

static int64_t reads(void)
{
    const char *info = redis_server_ask(server, "INFO", "stats", NULL);

    return strtoll(strstr(info, "total_reads_processed:") + 22, NULL, 10);
}

START_TEST(the_commands_of_a_turn_leave_in_one_send)
{
    int64_t before, one;

    redis_link_up(&l);
    before = reads();
    one = reads() - before;
    redis_link_echo(&l, 0, 100);
    link_until(&l, l.answered == 100, "all replies");
    ck_assert_int_eq(reads() - before, 2 * one + 1);
}
END_TEST

START_TEST(what_does_not_fit_into_the_socket_follows)
{
    static char big[4096];
    char want[16];

    redis_link_up(&l);
    memset(big, 'x', sizeof big - 1);
    redis_server_pause(server);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(want, sizeof want, "%d", i);
        ck_assert_int_eq(link_say(&l, i, "HSET", "h", big, want), ERR_OK);
        if (i % 100 == 0)
            redis_link_step(&l);
    }
    ck_assert_int_eq(l.answered, 0);
    redis_server_resume(server);
    link_until(&l, l.answered == 5000, "all replies");
    ck_assert_str_eq(redis_server_ask(server, "HGET", "h", big, NULL), "4999");
    ck_assert_int_eq(l.downs, 0);
}
END_TEST

START_TEST(bytes_travel_as_they_are)
{
    const char *argv[] = {"ECHO", "a\0\r\nb"};
    const size_t lens[] = {4, 5};

    redis_link_up(&l);
    ck_assert_int_eq(redis_send(l.redis, redis_link_note, &l.answers[0],
                                &(struct redis_words){2, argv, lens}),
                     0);
    link_until(&l, l.answered == 1, "the reply");
    ck_assert_int_eq(memcmp(l.answers[0].text, "a\0\r\nb", 6), 0);
}
END_TEST

START_TEST(each_pending_command_gets_null_once_when_the_server_dies)
{
    redis_link_up(&l);
    redis_server_pause(server);
    redis_link_echo(&l, 0, 300);
    redis_link_step(&l);
    redis_link_echo(&l, 300, 400);
    redis_server_kill(server);
    link_until(&l, l.downs == 1, "the loss");
    for (int i = 0; i < 400; i++) {
        ck_assert_int_eq(l.answers[i].calls, 1);
        ck_assert_int_eq(l.answers[i].nulls, 1);
    }
    ck_assert_int_eq(link_say(&l, 400, "PING"), ERR_REDIS);
    redis_server_start_again(server);
    link_until(&l, l.ups == 2, "the reconnection");
    ck_assert_int_eq(link_say(&l, 401, "PING"), ERR_OK);
    link_until(&l, l.answers[401].calls == 1, "a reply");
    ck_assert_str_eq(l.answers[401].text, "PONG");
    ck_assert_int_eq(l.answers[400].calls, 0);
    ck_assert_int_eq(l.answered, 401);
    ck_assert_int_eq(l.downs, 1);
}
END_TEST

START_TEST(a_server_that_comes_late_is_found)
{
    redis_server_kill(server);
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the refusal");
    ck_assert_int_eq(link_say(&l, 0, "PING"), ERR_REDIS);
    /* More than one attempt fails, and that is told once. */
    for (int i = 0; i < 100; i++) {
        struct waiter w = waiter_start(LINK_LIMIT_MS);

        (void)waiter_pause(&w);
        redis_link_step(&l);
    }
    redis_server_start_again(server);
    link_until(&l, l.ups == 1, "the connection");
    ck_assert_int_eq(l.downs, 1);
    ck_assert_int_eq(l.answers[0].calls, 0);
}
END_TEST

START_TEST(no_reply_in_time_breaks_the_connection)
{
    redis_link_connect(&l, LINK_LIMIT_MS, PATIENCE_MS);
    link_until(&l, l.ups == 1, "the connection");
    redis_server_pause(server);
    ck_assert_int_eq(link_say(&l, 0, "SET", "k", "v"), ERR_OK);
    link_until(&l, l.downs == 1, "the end of patience");
    ck_assert_str_eq(l.why, "no reply in time");
    ck_assert_int_eq(l.answers[0].nulls, 1);
    redis_server_resume(server);
    link_until(&l, l.ups == 2, "the reconnection");
    /* The late reply belongs to a connection that is gone. */
    ck_assert_int_eq(link_say(&l, 1, "ECHO", "mine"), ERR_OK);
    link_until(&l, l.answers[1].calls == 1, "the reply");
    ck_assert_str_eq(l.answers[1].text, "mine");
    ck_assert_int_eq(l.answers[0].calls, 1);
}
END_TEST

START_TEST(an_idle_connection_has_no_deadline)
{
    struct waiter idle;

    redis_link_connect(&l, LINK_LIMIT_MS, PATIENCE_MS);
    link_until(&l, l.ups == 1, "the connection");
    ck_assert_int_eq(link_say(&l, 0, "PING"), ERR_OK);
    link_until(&l, l.answered == 1, "the reply");
    idle.limit_ms = PATIENCE_MS + PATIENCE_MS / 4;
    idle.deadline_ms = clock_mono_ms() + idle.limit_ms;
    while (waiter_pause(&idle))
        redis_link_step(&l);
    ck_assert_int_eq(l.downs, 0);
    ck_assert(redis_is_up(l.redis));
}
END_TEST

START_TEST(closing_gives_null_to_what_is_pending_and_calls_nobody_else)
{
    redis_link_up(&l);
    redis_server_pause(server);
    redis_link_echo(&l, 0, 50);
    redis_link_step(&l);
    redis_link_echo(&l, 50, 100);
    redis_close(&l.redis);
    ck_assert_ptr_null(l.redis);
    (void)uv_run(&l.loop, UV_RUN_DEFAULT);
    for (int i = 0; i < 100; i++) {
        ck_assert_int_eq(l.answers[i].calls, 1);
        ck_assert_int_eq(l.answers[i].nulls, 1);
    }
    ck_assert_int_eq(l.ups, 1);
    ck_assert_int_eq(l.downs, 0);
}
END_TEST

static void break_off(void *arg, const struct reply *reply)
{
    redis_link_note(arg, reply);
    redis_break(l.redis, "broken from a reply");
    ck_assert_int_eq(link_say(&l, 99, "PING"), ERR_REDIS);
}

static void close_off(void *arg, const struct reply *reply)
{
    redis_link_note(arg, reply);
    redis_close(&l.redis);
}

static const struct {
    redis_done *done;
    int downs;
} from_inside[] = {{break_off, 1}, {close_off, 0}};

START_TEST(a_reply_may_break_or_close_the_connection)
{
    const char *argv[] = {"PING"};

    redis_link_up(&l);
    ck_assert_int_eq(redis_send(l.redis, from_inside[_i].done, &l.answers[0],
                                &(struct redis_words){1, argv, NULL}),
                     ERR_OK);
    redis_link_echo(&l, 1, 20);
    link_until(&l, l.answered == 20, "the end of all");
    ck_assert_int_eq(l.answers[0].nulls, 0);
    for (int i = 1; i < 20; i++)
        ck_assert_int_eq(l.answers[i].nulls, 1);
    ck_assert_int_eq(l.downs, from_inside[_i].downs);
    ck_assert_int_eq(l.answers[99].calls, 0);
}
END_TEST

static void send_next(void *arg, const struct reply *reply)
{
    redis_link_note(arg, reply);
    if (l.answered < 10)
        ck_assert_int_eq(redis_send(l.redis, send_next, &l.answers[l.answered],
                                    &(struct redis_words){
                                        1, (const char *[]){"PING"}, NULL}),
                         ERR_OK);
}

START_TEST(a_reply_may_send_the_next_command)
{
    redis_link_up(&l);
    ck_assert_int_eq(
        redis_send(l.redis, send_next, &l.answers[0],
                   &(struct redis_words){1, (const char *[]){"PING"}, NULL}),
        ERR_OK);
    link_until(&l, l.answered == 10, "all replies");
    ck_assert_str_eq(l.answers[9].text, "PONG");
}
END_TEST

static int64_t loads(void)
{
    const char *stats = redis_server_ask(server, "INFO", "commandstats", NULL);
    const char *load = strstr(stats, "cmdstat_function|load:calls=");

    return load ? strtoll(load + 28, NULL, 10) : 0;
}

START_TEST(the_library_is_loaded_once_at_a_time)
{
    const char *list;

    redis_link_up(&l);
    ck_assert_int_eq(link_say(&l, 0, "FCALL", library_join, "0"), ERR_OK);
    link_until(&l, l.answered == 1, "the refusal");
    ck_assert_int_eq(l.answers[0].errors, 1);
    redis_load_library(l.redis);
    redis_load_library(l.redis);
    redis_link_echo(&l, 1, 2);
    link_until(&l, l.answered == 2, "the reply behind it");
    list = redis_server_ask(server, "FUNCTION", "LIST", NULL);
    ck_assert_ptr_nonnull(strstr(list, library_name));
    ck_assert_ptr_nonnull(strstr(list, library_forget));
    ck_assert_int_eq(loads(), 1);
    redis_server_ask(server, "FUNCTION", "FLUSH", NULL);
    redis_load_library(l.redis);
    redis_link_echo(&l, 2, 3);
    link_until(&l, l.answered == 3, "the reply behind it");
    ck_assert_int_eq(loads(), 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.redis");
    TCase *t = tcase_create("link.redis");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, replies_come_in_the_order_of_the_commands);
    tcase_add_test(t, the_commands_of_a_turn_leave_in_one_send);
    tcase_add_test(t, what_does_not_fit_into_the_socket_follows);
    tcase_add_test(t, bytes_travel_as_they_are);
    tcase_add_test(t, each_pending_command_gets_null_once_when_the_server_dies);
    tcase_add_test(t, a_server_that_comes_late_is_found);
    tcase_add_test(t, no_reply_in_time_breaks_the_connection);
    tcase_add_test(t, an_idle_connection_has_no_deadline);
    tcase_add_test(t,
                   closing_gives_null_to_what_is_pending_and_calls_nobody_else);
    tcase_add_loop_test(t, a_reply_may_break_or_close_the_connection, 0,
                        ROWS(from_inside));
    tcase_add_test(t, a_reply_may_send_the_next_command);
    tcase_add_test(t, the_library_is_loaded_once_at_a_time);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

/* The redis-server that live tests run against keeps its word. */
#include "support/main.h"
#include "support/redis_server.h"
#include "support/wait.h"

#include <unistd.h>

START_TEST(a_private_server_answers_in_text)
{
    struct redis_server *s = redis_server_start(false, NULL);

    ck_assert_str_eq(redis_server_ask(s, "SET", "k", "v w", NULL), "OK");
    ck_assert_str_eq(redis_server_ask(s, "GET", "k", NULL), "v w");
    ck_assert_str_eq(redis_server_ask(s, "GET", "none", NULL), "(nil)");
    ck_assert_int_eq(redis_server_count(s, "RPUSH", "l", "a", "b", NULL), 2);
    ck_assert_str_eq(redis_server_ask(s, "LRANGE", "l", "0", "-1", NULL),
                     "a\nb");
    ck_assert_str_eq(redis_server_ask(s, "INCR", "k", NULL),
                     "(error) ERR value is not an integer or out of range");
    redis_server_close(&s);
}
END_TEST

START_TEST(with_an_append_only_file_a_killed_server_keeps_its_data)
{
    static const char *const words[] = {"--appendfsync", "always", NULL};
    struct redis_server *s = redis_server_start(true, words);

    redis_server_ask(s, "SET", "k", "v", NULL);
    redis_server_kill(s);
    ck_assert_int_ne(access(redis_server_socket(s), F_OK), 0);
    redis_server_start_again(s);
    ck_assert_str_eq(redis_server_ask(s, "GET", "k", NULL), "v");
    redis_server_close(&s);
}
END_TEST

START_TEST(without_one_a_killed_server_forgets)
{
    struct redis_server *s = redis_server_start(false, NULL);

    redis_server_ask(s, "SET", "k", "v", NULL);
    redis_server_kill(s);
    redis_server_start_again(s);
    ck_assert_str_eq(redis_server_ask(s, "GET", "k", NULL), "(nil)");
    redis_server_close(&s);
}
END_TEST

START_TEST(a_server_stopped_in_order_keeps_its_data)
{
    struct redis_server *s = redis_server_start(true, NULL);

    redis_server_ask(s, "SET", "k", "v", NULL);
    redis_server_stop(s);
    redis_server_start_again(s);
    ck_assert_str_eq(redis_server_ask(s, "GET", "k", NULL), "v");
    redis_server_close(&s);
}
END_TEST

START_TEST(a_paused_server_answers_after_it_is_resumed)
{
    struct redis_server *s = redis_server_start(false, NULL);

    redis_server_ask(s, "SET", "k", "v", NULL);
    redis_server_pause(s);
    redis_server_resume(s);
    ck_assert_str_eq(redis_server_ask(s, "GET", "k", NULL), "v");
    redis_server_close(&s);
}
END_TEST

int main(void)
{
    return run_tests("support.redis_server", 60,
                     a_private_server_answers_in_text,
                     with_an_append_only_file_a_killed_server_keeps_its_data,
                     without_one_a_killed_server_forgets,
                     a_server_stopped_in_order_keeps_its_data,
                     a_paused_server_answers_after_it_is_resumed);
}

#include "link/redis_sync.h"

#include "support/main.h"
#include "support/redis_server.h"
#include "support/temp.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { TIMEOUT_MS = 5000, SHORT_MS = 200 };

static struct redis_sync *open_or_fail(const struct redis_address *address,
                                       int64_t timeout_ms)
{
    struct redis_sync *r = NULL;
    struct why why = {""};
    enum err e = redis_sync_open(address, timeout_ms, &r, &why);

    ck_assert_msg(e == ERR_OK, "%s", why.text);
    return r;
}

START_TEST(a_question_gets_its_answer)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_sync *r = open_or_fail(redis_server_address(s), TIMEOUT_MS);
    const struct reply *reply;
    const char *argv[] = {"SET", "k", "a\0b"};
    const size_t lens[] = {3, 1, 3};

    ck_assert_int_eq(redis_ask(r, 3, argv, lens, &reply), ERR_OK);
    ck_assert(span_is(reply_span(reply), "OK"));
    ck_assert_int_eq(redis_ask_words(r, &reply, "GET", "k", NULL), ERR_OK);
    ck_assert_uint_eq(reply_span(reply).len, 3);
    ck_assert_int_eq(memcmp(reply_span(reply).at, "a\0b", 3), 0);
    ck_assert_int_eq(redis_ask_words(r, &reply, "GET", "none", NULL), ERR_OK);
    ck_assert_int_eq(reply_kind(reply), REPLY_NIL);
    redis_sync_close(&r);
    ck_assert_ptr_null(r);
    redis_server_close(&s);
}
END_TEST

START_TEST(an_error_reply_leaves_the_connection_usable)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_sync *r = open_or_fail(redis_server_address(s), TIMEOUT_MS);
    const struct reply *reply;

    ck_assert_int_eq(redis_ask_words(r, &reply, "FCALL", "no", "0", NULL),
                     ERR_OK);
    ck_assert_int_eq(reply_fault(reply), FAULT_NO_FUNCTION);
    ck_assert_int_eq(redis_ask_words(r, &reply, "PING", NULL), ERR_OK);
    ck_assert(span_is(reply_span(reply), "PONG"));
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_pipeline_answers_in_order)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_sync *r = open_or_fail(redis_server_address(s), TIMEOUT_MS);
    const char *argv[] = {"INCR", "n"};
    const size_t lens[] = {4, 1};
    const struct reply *reply;

    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(redis_sync_queue(r, 2, argv, lens), ERR_OK);
    for (int i = 1; i <= 1000; i++) {
        ck_assert_int_eq(redis_sync_next(r, &reply), ERR_OK);
        ck_assert_int_eq(reply_number(reply), i);
    }
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_database_is_selected)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_address address = *redis_server_address(s);
    struct redis_sync *r;
    const struct reply *reply;

    address.db = 3;
    r = open_or_fail(&address, TIMEOUT_MS);
    ck_assert_int_eq(redis_ask_words(r, &reply, "SET", "k", "v", NULL), ERR_OK);
    ck_assert_str_eq(redis_server_ask(s, "EXISTS", "k", NULL), "0");
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_database_that_is_not_there_is_said)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_address address = *redis_server_address(s);
    struct redis_sync *r = NULL;
    struct why why = {""};

    address.db = 99;
    ck_assert_int_eq(redis_sync_open(&address, TIMEOUT_MS, &r, &why),
                     ERR_REDIS);
    ck_assert_ptr_null(r);
    ck_assert_ptr_nonnull(strstr(why.text, "DB index is out of range"));
    redis_server_close(&s);
}
END_TEST

START_TEST(a_password_opens_and_never_shows)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_address address = *redis_server_address(s);
    struct redis_sync *r = NULL;
    const struct reply *reply;
    struct why why = {""};

    (void)redis_server_ask(s, "ACL", "SETUSER", "ada", "on", ">lovelace", "~*",
                           "+@all", NULL);
    (void)snprintf(address.user, sizeof address.user, "ada");
    temp_secret("lovelace", address.files.password,
                sizeof address.files.password);
    r = open_or_fail(&address, TIMEOUT_MS);
    ck_assert_int_eq(redis_ask_words(r, &reply, "ACL", "WHOAMI", NULL), ERR_OK);
    ck_assert(span_is(reply_span(reply), "ada"));
    redis_sync_close(&r);
    temp_secret("babbage", address.files.password,
                sizeof address.files.password);
    ck_assert_int_eq(redis_sync_open(&address, TIMEOUT_MS, &r, &why),
                     ERR_REDIS);
    ck_assert_ptr_nonnull(strstr(why.text, "WRONGPASS"));
    ck_assert_ptr_null(strstr(why.text, "babbage"));
    redis_server_close(&s);
}
END_TEST

START_TEST(a_password_without_a_user_is_the_one_of_default)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_address address = *redis_server_address(s);
    struct redis_sync *r;

    (void)redis_server_ask(s, "CONFIG", "SET", "requirepass", "lovelace", NULL);
    address.user[0] = '\0';
    temp_secret("lovelace", address.files.password,
                sizeof address.files.password);
    r = open_or_fail(&address, TIMEOUT_MS);
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(nobody_there_is_said_with_the_address)
{
    struct redis_address address = {.place.port = 6379};
    struct temp_path dir = temp_dir();
    struct temp_path socket_path = temp_join(&dir, "none.sock");
    struct redis_sync *r = NULL;
    struct why why = {""};

    (void)snprintf(address.socket, sizeof address.socket, "%.200s",
                   socket_path.text);
    ck_assert_int_eq(redis_sync_open(&address, TIMEOUT_MS, &r, &why),
                     ERR_REDIS);
    ck_assert_ptr_null(r);
    ck_assert_ptr_nonnull(strstr(why.text, socket_path.text));
    ck_assert_ptr_nonnull(strstr(why.text, "No such file"));
}
END_TEST

START_TEST(an_answer_that_is_late_is_never_taken_for_the_next)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct redis_sync *r = open_or_fail(redis_server_address(s), SHORT_MS);
    const struct reply *reply;

    redis_server_pause(s);
    ck_assert_int_eq(redis_ask_words(r, &reply, "INCR", "n", NULL), ERR_REDIS);
    ck_assert_str_eq(redis_sync_error(r), "no answer within 200 ms");
    redis_server_resume(s);
    ck_assert_int_eq(redis_ask_words(r, &reply, "PING", NULL), ERR_REDIS);
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_server_that_dies_breaks_the_connection_for_good)
{
    struct redis_server *s = redis_server_start(true, NULL);
    struct redis_sync *r = open_or_fail(redis_server_address(s), TIMEOUT_MS);
    const struct reply *reply;
    const char *argv[] = {"PING"};
    const size_t lens[] = {4};

    redis_server_kill(s);
    ck_assert_int_eq(redis_ask_words(r, &reply, "PING", NULL), ERR_REDIS);
    ck_assert_uint_gt(strlen(redis_sync_error(r)), 0);
    redis_server_start_again(s);
    ck_assert_int_eq(redis_sync_queue(r, 1, argv, lens), ERR_REDIS);
    ck_assert_int_eq(redis_sync_next(r, &reply), ERR_REDIS);
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

/* Sockets of this process that a program started by it would inherit. */
static int inherited_sockets(void)
{
    DIR *dir = opendir("/proc/self/fd");
    struct dirent *entry;
    int count = 0;

    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir))) {
        int fd = (int)strtol(entry->d_name, NULL, 10);
        int type = 0;
        socklen_t len = sizeof type;
        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0)
            count += !(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    }
    (void)closedir(dir);
    return count;
}

START_TEST(no_program_that_is_started_inherits_the_socket)
{
    struct redis_server *s = redis_server_start(false, NULL);
    int before = inherited_sockets();
    struct redis_sync *r = open_or_fail(redis_server_address(s), TIMEOUT_MS);

    ck_assert_int_eq(inherited_sockets(), before);
    redis_sync_close(&r);
    redis_server_close(&s);
}
END_TEST

int main(void)
{
    return run_tests("link.redis_sync", 60, a_question_gets_its_answer,
                     an_error_reply_leaves_the_connection_usable,
                     a_pipeline_answers_in_order, a_database_is_selected,
                     a_database_that_is_not_there_is_said,
                     a_password_opens_and_never_shows,
                     a_password_without_a_user_is_the_one_of_default,
                     nobody_there_is_said_with_the_address,
                     an_answer_that_is_late_is_never_taken_for_the_next,
                     a_server_that_dies_breaks_the_connection_for_good,
                     no_program_that_is_started_inherits_the_socket);
}

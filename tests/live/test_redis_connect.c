/* The asynchronous Redis connection: how it comes up, or why it does not. */
#include "support/main.h"
#include "support/peer.h"
#include "support/redis_link.h"
#include "support/redis_server.h"
#include "support/temp.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <unistd.h>

static struct redis_server *server;
static struct redis_link l;

static void open_all(void)
{
    server = redis_server_start(false, NULL);
    redis_link_open(&l, redis_server_address(server));
}

static void close_all(void)
{
    redis_link_close(&l);
    redis_server_close(&server);
}

/* A socket bound to a port of the system's choice. */
static int bind_port(int *ret_port)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&at, len), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    *ret_port = ntohs(at.sin_port);
    return fd;
}

/* A port whose listener never accepts, with its queue full: connecting
 * hangs. */
static int deaf_port(void)
{
    struct sockaddr_in at = {.sin_family = AF_INET};
    int port, fd = bind_port(&port);

    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    at.sin_port = htons((uint16_t)port);
    ck_assert_int_eq(listen(fd, 0), 0);
    for (int i = 0; i < 8; i++) {
        int filler = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

        (void)connect(filler, (struct sockaddr *)&at, sizeof at);
    }
    return port;
}

START_TEST(connecting_has_a_deadline)
{
    l.address = (struct redis_address){.place.host = "127.0.0.1"};
    l.address.place.port = deaf_port();
    redis_link_connect(&l, 100, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the end of patience");
    ck_assert_str_eq(l.why, "connecting took too long");
    ck_assert_int_eq(l.ups, 0);
}
END_TEST

START_TEST(a_refused_connection_is_told)
{
    l.address = (struct redis_address){.place.host = "127.0.0.1"};
    l.address.place.port = refused_port();
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the refusal");
    ck_assert_str_eq(l.why, "Connection refused");
}
END_TEST

/* The private server, on a port as well. */
static void listen_on_a_port(void)
{
    static char port[16];
    static const char *const words[] = {"--bind", "127.0.0.1", "--port", port,
                                        NULL};
    int free_port;

    (void)close(bind_port(&free_port));
    (void)snprintf(port, sizeof port, "%d", free_port);
    redis_server_close(&server);
    server = redis_server_start(false, words);
    l.address = (struct redis_address){.place.host = "localhost"};
    l.address.place.port = (int)strtol(port, NULL, 10);
}

START_TEST(a_host_name_is_looked_up_without_blocking)
{
    listen_on_a_port();
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    ck_assert_int_eq(l.ups + l.downs, 0);
    link_until(&l, l.ups == 1, "the connection");
    ck_assert_int_eq(link_say(&l, 0, "PING"), ERR_OK);
    link_until(&l, l.answered == 1, "the reply");
    ck_assert_str_eq(l.answers[0].text, "PONG");
}
END_TEST

START_TEST(closing_during_a_lookup_is_quiet)
{
    listen_on_a_port();
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    redis_close(&l.redis);
    ck_assert_ptr_null(l.redis);
    (void)uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.ups + l.downs, 0);
}
END_TEST

START_TEST(an_unknown_host_is_told)
{
    l.address = (struct redis_address){.place.host = "no-such-host.invalid"};
    l.address.place.port = 6379;
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.downs == 1, "the refusal");
    ck_assert_str_eq(l.why, "its host name does not resolve");
}
END_TEST

static const struct {
    const char *user, *password;
    bool good;
} logins[] = {
    {"", "s3cret", true},     {"", "wrong", false},   {"joe", "joes", true},
    {"joe", "s3cret", false}, {"nobody", "x", false},
};

START_TEST(a_password_opens_the_door_and_a_wrong_one_does_not)
{
    redis_server_ask(server, "ACL", "SETUSER", "joe", "on", ">joes", "~*",
                     "+@all", NULL);
    redis_server_ask(server, "CONFIG", "SET", "requirepass", "s3cret", NULL);
    (void)snprintf(l.address.user, sizeof l.address.user, "%s",
                   logins[_i].user);
    temp_secret(logins[_i].password, l.address.files.password,
                sizeof l.address.files.password);
    redis_link_connect(&l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(&l, l.ups == 1, "the connection");
    if (redis_is_up(l.redis))
        ck_assert_int_eq(link_say(&l, 0, "ECHO", "x"), ERR_OK);
    link_until(&l, l.answered == 1 || l.downs == 1, "the reply");
    ck_assert_int_eq(l.downs, !logins[_i].good);
    ck_assert_str_eq(l.answers[0].text, logins[_i].good ? "x" : "");
    if (!logins[_i].good)
        ck_assert_str_eq(l.why, "Redis refused AUTH (WRONGPASS): mend the user "
                                "in redis.url or redis.password_file");
}
END_TEST

START_TEST(the_database_is_selected_and_again_after_a_reconnection)
{
    l.address.db = 3;
    redis_link_up(&l);
    ck_assert_int_eq(link_say(&l, 0, "SET", "a", "1"), ERR_OK);
    link_until(&l, l.answered == 1, "the reply");
    redis_break(l.redis, "tried");
    ck_assert_int_eq(l.downs, 1);
    ck_assert_str_eq(l.why, "tried");
    link_until(&l, l.ups == 2, "the reconnection");
    ck_assert_int_eq(link_say(&l, 1, "SET", "b", "1"), ERR_OK);
    link_until(&l, l.answered == 2, "the reply");
    ck_assert_ptr_nonnull(strstr(
        redis_server_ask(server, "INFO", "keyspace", NULL), "db3:keys=2"));
}
END_TEST

START_TEST(a_database_that_is_not_there_is_refused)
{
    l.address.db = 99;
    redis_link_up(&l);
    link_until(&l, l.downs == 1, "the refusal");
    ck_assert_str_eq(l.why,
                     "Redis refused SELECT: ERR DB index is out of range");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.redis_connect");
    TCase *t = tcase_create("link.redis_connect");

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, connecting_has_a_deadline);
    tcase_add_test(t, a_refused_connection_is_told);
    tcase_add_test(t, a_host_name_is_looked_up_without_blocking);
    tcase_add_test(t, closing_during_a_lookup_is_quiet);
    tcase_add_test(t, an_unknown_host_is_told);
    tcase_add_loop_test(t, a_password_opens_the_door_and_a_wrong_one_does_not,
                        0, ROWS(logins));
    tcase_add_test(t, the_database_is_selected_and_again_after_a_reconnection);
    tcase_add_test(t, a_database_that_is_not_there_is_refused);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

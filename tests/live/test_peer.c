/* The scripted peer does what its rules say, and its ledger tells the
 * truth. */
#include "support/main.h"
#include "support/peer.h"
#include "support/wait.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_MS = 10000, MANY = 2000 };

static const char get_a[] = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";

/* An open connection, and what was read from it. */
struct client {
    int fd;
    int error; /* errno of the read that ended it; 0 = orderly */
    char text[65536];
    size_t len;
};

static int dial(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port)};
    struct timeval limit = {.tv_sec = 10};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ck_assert_int_ge(fd, 0);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    (void)close(fd);
    return -1;
}

static void say(struct client *c, const char *text)
{
    ck_assert_int_eq(write(c->fd, text, strlen(text)), (ssize_t)strlen(text));
}

/* Reads until `end` was seen, the connection ended or the text is full. */
static const char *hear(struct client *c, const char *end)
{
    ssize_t len = 1;

    c->len = 0;
    c->text[0] = '\0';
    while (len > 0 && c->len < sizeof c->text - 1 &&
           !(end && strstr(c->text, end))) {
        len = read(c->fd, c->text + c->len, sizeof c->text - 1 - c->len);
        c->len += len > 0 ? (size_t)len : 0;
        c->text[c->len] = '\0';
    }
    c->error = len < 0 ? errno : 0;
    return c->text;
}

/* One request on a connection of its own; the answer until its end. */
static struct client exchange(struct peer *p, const char *request,
                              const char *end)
{
    struct client c = {.fd = dial(peer_port(p))};

    ck_assert_int_ge(c.fd, 0);
    say(&c, request);
    hear(&c, end);
    (void)close(c.fd);
    return c;
}

START_TEST(it_answers_by_path_and_the_last_rule_wins)
{
    struct peer *p = peer_open();
    struct client c;

    peer_on(p, .path = "/a", .status = 201, .headers = "X-Y: z\r\n",
            .body = "one");
    c = exchange(p, get_a, "one");
    ck_assert_str_eq(c.text, "HTTP/1.1 201 Scripted\r\nX-Y: z\r\n"
                             "Content-Length: 3\r\n\r\none");
    peer_on(p, .path = "/*", .body = "two");
    ck_assert_ptr_nonnull(strstr(exchange(p, get_a, "two").text, " 200 "));
    c = exchange(p, "GET nowhere HTTP/1.1\r\n\r\n", "\r\n\r\n");
    ck_assert_ptr_nonnull(strstr(c.text, " 404 "));
    peer_close(&p);
}
END_TEST

START_TEST(the_ledger_keeps_requests_as_sent)
{
    static const char request[] = "POST /a?b=c HTTP/1.1\r\nHost: x\r\n"
                                  "Content-Length: 5\r\nX-Two:  v w\r\n\r\n"
                                  "{\"a\"}";
    struct peer *p = peer_open();
    const struct peer_request *r;

    peer_on(p, .path = "/a");
    exchange(p, request, "\r\n\r\n");
    r = ledger_wait(peer_ledger(p), "/a", 1, LIMIT_MS);
    ck_assert_str_eq(r->method, "POST");
    ck_assert_str_eq(r->target, "/a?b=c");
    ck_assert_str_eq(r->query, "b=c");
    ck_assert_str_eq(request_header(r, "x-two"), "v w");
    ck_assert_ptr_null(request_header(r, "x-three"));
    ck_assert(span_is(r->body, "{\"a\"}"));
    ck_assert_uint_eq(ledger_count(peer_ledger(p), NULL), 1);
    ck_assert_ptr_null(ledger_at(peer_ledger(p), "/b", 0));
    peer_close(&p);
}
END_TEST

START_TEST(connections_are_kept_open_and_counted)
{
    struct peer *p = peer_open();
    struct client c = {.fd = dial(peer_port(p))};

    peer_on(p, .path = "/a", .body = "body");
    for (unsigned i = 0; i < 3; i++) {
        say(&c, get_a);
        hear(&c, "body");
    }
    ck_assert_uint_eq(peer_connections(p), 1);
    ck_assert_uint_eq(ledger_at(peer_ledger(p), "/a", 2)->turn, 3);
    (void)close(c.fd);
    wait_until(peer_open_connections(p) == 0, LIMIT_MS, "the end to be seen");
    peer_close(&p);
}
END_TEST

START_TEST(the_first_requests_can_fail)
{
    struct peer *p = peer_open();

    peer_on(p, .path = "/a", .status = 200, .fail_first = 2);
    ck_assert_ptr_nonnull(strstr(exchange(p, get_a, "\r\n\r\n").text, " 503 "));
    ck_assert_ptr_nonnull(strstr(exchange(p, get_a, "\r\n\r\n").text, " 503 "));
    ck_assert_ptr_nonnull(strstr(exchange(p, get_a, "\r\n\r\n").text, " 200 "));
    peer_close(&p);
}
END_TEST

START_TEST(an_answer_can_be_late)
{
    struct peer *p = peer_open();
    struct client c = {.fd = dial(peer_port(p))};

    peer_on(p, .path = "/a", .delay_ms = 200, .body = "late");
    say(&c, get_a);
    ledger_wait(peer_ledger(p), "/a", 1, LIMIT_MS);
    ck_assert_int_eq(recv(c.fd, c.text, 1, MSG_DONTWAIT), -1);
    ck_assert_ptr_nonnull(strstr(hear(&c, "late"), "late"));
    (void)close(c.fd);
    peer_close(&p);
}
END_TEST

/* How each way to misbehave looks from the other side. */
static const struct {
    struct peer_rule rule;
    const char *text; /* what comes contains this */
    int error;        /* then the connection ends like this */
} endings[] = {
    {{.act = PEER_RESET}, "", ECONNRESET},
    {{.act = PEER_RESET_IN_HEAD}, "Content-Le", ECONNRESET},
    {{.act = PEER_RESET_IN_BODY, .body = "12345678"}, "\n1234", ECONNRESET},
    {{.act = PEER_CUT_IN_BODY, .body = "12345678"}, "\n1234", 0},
    {{.act = PEER_RAW, .body = "garbage\xff"}, "garbage\xff", 0},
    {{.close = true, .body = "x"}, "Connection: close\r\n", 0},
    {{.drop = true, .body = "x"}, "\r\n\r\nx", 0},
};

START_TEST(it_breaks_off_as_told)
{
    struct peer *p = peer_open();
    struct client c;

    peer_add(p, &endings[_i].rule);
    c = exchange(p, get_a, NULL);
    ck_assert_ptr_nonnull(strstr(c.text, endings[_i].text));
    ck_assert_ptr_null(strstr(c.text, "12345"));
    ck_assert_int_eq(c.error, endings[_i].error);
    peer_close(&p);
}
END_TEST

START_TEST(a_hanging_request_gets_nothing)
{
    struct peer *p = peer_open();
    struct client c = {.fd = dial(peer_port(p))};

    peer_on(p, .act = PEER_HANG);
    say(&c, get_a);
    ledger_wait(peer_ledger(p), "/a", 1, LIMIT_MS);
    ck_assert_int_eq(recv(c.fd, c.text, 1, MSG_DONTWAIT), -1);
    ck_assert_int_eq(errno, EAGAIN);
    peer_close(&p);
    ck_assert_str_eq(hear(&c, NULL), "");
    (void)close(c.fd);
}
END_TEST

START_TEST(bodies_can_be_endless_or_drip)
{
    struct peer *p = peer_open();
    struct client c;

    peer_on(p, .path = "/a", .act = PEER_ENDLESS);
    c = exchange(p, get_a, NULL);
    ck_assert_uint_eq(c.len, sizeof c.text - 1);
    peer_on(p, .path = "/a", .act = PEER_DRIP, .drip_ms = 1);
    ck_assert_ptr_nonnull(strstr(exchange(p, get_a, "...").text, "\n..."));
    peer_close(&p);
}
END_TEST

static void echo_query(void *arg, const struct peer_request *request,
                       struct peer_rule *answer)
{
    (void)snprintf(answer->scratch, sizeof answer->scratch, "%s %s",
                   (const char *)arg, request->query);
    answer->body = answer->scratch;
}

START_TEST(a_script_sees_the_request)
{
    struct peer *p = peer_open();
    char word[] = "asked:";

    peer_on(p, .path = "/s", .script = echo_query, .arg = word);
    ck_assert_ptr_nonnull(
        strstr(exchange(p, "GET /s?page=2 HTTP/1.1\r\n\r\n", "page").text,
               "\r\n\r\nasked: page=2"));
    peer_close(&p);
}
END_TEST

START_TEST(large_bodies_are_asked_for)
{
    struct peer *p = peer_open();
    struct client c = {.fd = dial(peer_port(p))};

    peer_on(p, .path = "/a", .body = "thanks");
    say(&c, "POST /a HTTP/1.1\r\nContent-Length: 4\r\n"
            "Expect: 100-continue\r\n\r\n");
    ck_assert_str_eq(hear(&c, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
    say(&c, "body");
    ck_assert_ptr_nonnull(strstr(hear(&c, "thanks"), " 200 "));
    (void)close(c.fd);
    peer_close(&p);
}
END_TEST

START_TEST(it_holds_thousands_of_connections)
{
    const struct rlimit files = {2 * MANY + 100, 2 * MANY + 100};
    struct peer *p = peer_open();

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    for (int i = 0; i < MANY; i++)
        ck_assert_int_ge(dial(peer_port(p)), 0);
    wait_until(peer_open_connections(p) == MANY, LIMIT_MS,
               "all connections to be accepted");
    peer_close(&p);
}
END_TEST

START_TEST(nobody_listens_on_a_refused_port)
{
    int port = refused_port();

    ck_assert_int_eq(dial(port), -1);
    ck_assert_int_eq(errno, ECONNREFUSED);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("support.peer");
    TCase *group = tcase_create("support.peer");

    tcase_set_timeout(group, 60);
    tcase_add_test(group, it_answers_by_path_and_the_last_rule_wins);
    tcase_add_test(group, the_ledger_keeps_requests_as_sent);
    tcase_add_test(group, connections_are_kept_open_and_counted);
    tcase_add_test(group, the_first_requests_can_fail);
    tcase_add_test(group, an_answer_can_be_late);
    tcase_add_loop_test(group, it_breaks_off_as_told, 0,
                        sizeof endings / sizeof endings[0]);
    tcase_add_test(group, a_hanging_request_gets_nothing);
    tcase_add_test(group, bodies_can_be_endless_or_drip);
    tcase_add_test(group, a_script_sees_the_request);
    tcase_add_test(group, large_bodies_are_asked_for);
    tcase_add_test(group, it_holds_thousands_of_connections);
    tcase_add_test(group, nobody_listens_on_a_refused_port);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}

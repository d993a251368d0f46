/* The ops port and clients that mean no good: slow, silent, endless. Whatever
 * they do, others are answered. */
#include "support/main.h"
#include "support/ops_client.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CROWD = 48, FEW = 8 };

static struct world *open_at(int *ret_port)
{
    struct world *w = world_open();
    int port = free_port();

    world_configure(w, "ops: {listen: \"127.0.0.1:%d\"}\n", port);
    (void)world_start(w);
    wait_until(ops_status(port, "/readyz") == 200, WORLD_LIMIT_MS,
               "the ops port");
    *ret_port = port;
    return w;
}

static void drip(int *fds, unsigned count, const char *byte)
{
    for (unsigned n = 0; n < count; n++)
        if (fds[n] >= 0 && (ops_is_closed(fds[n]) || !ops_say(fds[n], byte))) {
            (void)close(fds[n]);
            fds[n] = -1;
        }
}

static bool are_closed(const int *fds, unsigned count)
{
    for (unsigned n = 0; n < count; n++)
        if (fds[n] >= 0)
            return false;
    return true;
}

static void dial(int port, int *fds, unsigned count, const char *start)
{
    for (unsigned n = 0; n < count; n++) {
        fds[n] = ops_dial(port);
        ck_assert_int_ge(fds[n], 0);
        (void)ops_say(fds[n], start);
    }
}

/* Many more than there are places: each sends so much, and then a byte now and
 * then, which is what keeps a mere idle timer from ending it. */
static void crowd(const char *start, const char *byte)
{
    int port, fds[CROWD];
    struct world *w = open_at(&port);

    dial(port, fds, CROWD, start);
    ck_assert_int_eq(ops_status(port, "/healthz"), 200);
    drip(fds, CROWD, byte);
    ck_assert_int_eq(ops_status(port, "/metrics"), 200);
    world_close(&w);
}

/* Nobody waits for their places, and yet they are sent away. */
START_TEST(a_few_that_drip_or_say_nothing_are_sent_away)
{
    int port, fds[FEW];
    struct world *w = open_at(&port);

    dial(port, fds, FEW / 2, "");
    dial(port, fds + FEW / 2, FEW / 2, "GET / HTTP/1.1\r\nHost: x\r\nA: ");
    wait_until((drip(fds + FEW / 2, FEW / 2, "a"), drip(fds, FEW / 2, ""),
                are_closed(fds, FEW)),
               WORLD_LIMIT_MS, "the last of them to be sent away");
    world_close(&w);
}
END_TEST

START_TEST(headers_that_drip_keep_nobody_out)
{
    crowd("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ", "a");
}
END_TEST

START_TEST(silence_keeps_nobody_out)
{
    crowd("", "");
}
END_TEST

START_TEST(a_body_that_drips_keeps_nobody_out)
{
    crowd("POST /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n",
          "a");
}
END_TEST

START_TEST(answers_that_nobody_reads_keep_nobody_out)
{
    crowd("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", "");
}
END_TEST

/* "GET /aaa... HTTP/1.1", or a header as long; the caller frees it. */
static char *endless(const char *before, size_t len, const char *behind)
{
    size_t size = strlen(before) + len + strlen(behind) + 1;
    char *text = malloc(size);

    ck_assert_ptr_nonnull(text);
    memset(text, 'a', size);
    memcpy(text, before, strlen(before));
    memcpy(text + strlen(before) + len, behind, strlen(behind) + 1);
    return text;
}

static const struct {
    const char *before;
    size_t len;
    const char *behind;
} oversized[] = {
    {"GET /", 100000, " HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"", 100000, " / HTTP/1.1\r\nHost: x\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x\r\nA: ", 100000, "\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x\r\n", 100000, ": b\r\n\r\n"},
    {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 9", 60, "\r\n\r\n"},
    {"\x16\x03\x01\x02", 3000, "\r\n\r\n"},
    {"\r\n\r\n\r\n", 3000, "\r\n\r\n"},
};

START_TEST(what_is_too_large_or_no_request_is_refused)
{
    int port;
    struct world *w = open_at(&port);

    for (size_t i = 0; i < sizeof oversized / sizeof *oversized; i++) {
        char *text =
            endless(oversized[i].before, oversized[i].len, oversized[i].behind);
        int status = ops_exchange(port, text)->status;

        ck_assert_msg(status == 0 || (status >= 400 && status < 600),
                      "row %zu: %d", i, status);
        free(text);
        ck_assert_int_eq(ops_status(port, "/healthz"), 200);
    }
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.ops_slow", 120, a_few_that_drip_or_say_nothing_are_sent_away,
        headers_that_drip_keep_nobody_out, silence_keeps_nobody_out,
        a_body_that_drips_keeps_nobody_out,
        answers_that_nobody_reads_keep_nobody_out,
        what_is_too_large_or_no_request_is_refused);
}

#include "support/terminal.h"

#include "support/wait.h"

#include <fcntl.h>
#include <pty.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

enum { TEXT_MAX = 4 << 20 };

struct terminal {
    struct process *process;
    int master, slave; /* the slave is kept: its modes outlive the program */
    struct termios before;
    size_t len;
    char text[TEXT_MAX + 1];
};

struct terminal *terminal_start(const char *const *argv, const char *const *env)
{
    struct winsize size = {.ws_col = 100, .ws_row = 40};
    struct terminal *t = calloc(1, sizeof *t);

    ck_assert_ptr_nonnull(t);
    ck_assert_int_eq(openpty(&t->master, &t->slave, NULL, NULL, &size), 0);
    ck_assert_int_eq(fcntl(t->master, F_SETFD, FD_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(t->master, F_SETFL, O_NONBLOCK), 0);
    ck_assert_int_eq(tcgetattr(t->slave, &t->before), 0);
    ck_assert_int_eq(fcntl(t->slave, F_SETFD, FD_CLOEXEC), 0);
    t->process = process_start_on(argv, env, t->slave);
    return t;
}

struct process *terminal_process(const struct terminal *t)
{
    return t->process;
}

const char *terminal_text(struct terminal *t)
{
    ssize_t got;

    do {
        got = read(t->master, t->text + t->len, TEXT_MAX - t->len);
        t->len += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    t->text[t->len] = '\0';
    return t->text;
}

void terminal_type(struct terminal *t, const char *keys)
{
    size_t len = strlen(keys);

    ck_assert_int_eq(write(t->master, keys, len), (ssize_t)len);
}

void terminal_resize(struct terminal *t, unsigned columns, unsigned rows)
{
    struct winsize size = {.ws_col = (unsigned short)columns,
                           .ws_row = (unsigned short)rows};

    ck_assert_int_eq(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

bool terminal_is_as_before(const struct terminal *t)
{
    struct termios now;

    ck_assert_int_eq(tcgetattr(t->slave, &now), 0);
    return now.c_iflag == t->before.c_iflag &&
           now.c_oflag == t->before.c_oflag &&
           now.c_lflag == t->before.c_lflag &&
           memcmp(now.c_cc, t->before.c_cc, sizeof now.c_cc) == 0;
}

/* It is read meanwhile: a full terminal would hold it up. */
static bool ended(struct terminal *t)
{
    (void)terminal_text(t);
    return process_ended(t->process);
}

int terminal_wait(struct terminal *t, int64_t limit_ms)
{
    wait_until(ended(t), limit_ms, "the program on the terminal to end");
    (void)terminal_text(t);
    return process_wait(t->process, limit_ms);
}

void terminal_close(struct terminal **t)
{
    if (!*t)
        return;
    process_close(&(*t)->process);
    (void)close((*t)->master);
    (void)close((*t)->slave);
    free(*t);
    *t = NULL;
}

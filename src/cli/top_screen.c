#include "cli/top_screen.h"

#include "cli/term.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { CTRL_C = 3, CTRL_D = 4, CTRL_L = 12 };

/* The alternate page, no cursor, lines that are cut and not wrapped. */
static const char enter[] = "\033[?1049h\033[?25l\033[?7l\033[2J";
static const char leave[] = "\033[0m\033[?7h\033[?25h\033[?1049l";

bool top_screen_possible(void)
{
    const char *term = getenv("TERM");

    return isatty(STDIN_FILENO) == 1 && isatty(STDOUT_FILENO) == 1 &&
           !(term && strcmp(term, "dumb") == 0);
}

static bool put(const char *text, size_t len)
{
    return fwrite(text, 1, len, stdout) == len;
}

static int take_signals(void)
{
    static const int taken[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH};
    sigset_t set;

    (void)sigemptyset(&set);
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        (void)sigaddset(&set, taken[i]);
    (void)sigprocmask(SIG_BLOCK, &set, NULL);
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Keys come one by one, and none of them is a signal: Ctrl-Z would leave the
 * alternate page to the shell. */
static bool take_keys(const struct termios *before)
{
    struct termios raw = *before;

    raw.c_lflag &= (tcflag_t) ~(ECHO | ICANON | ISIG | IEXTEN);
    raw.c_iflag &= (tcflag_t) ~(IXON);
    raw.c_cc[VMIN] = 0;
    raw.c_cc[VTIME] = 0;
    return tcsetattr(STDIN_FILENO, TCSANOW, &raw) == 0;
}

enum err top_screen_open(struct top_screen *ret)
{
    ret->signals = -1;
    if (tcgetattr(STDIN_FILENO, &ret->before) != 0)
        return ERR_IO;
    ret->signals = take_signals();
    if (ret->signals < 0)
        return ERR_IO;
    if (take_keys(&ret->before) && put(enter, sizeof enter - 1) &&
        fflush(stdout) == 0)
        return ERR_OK;
    top_screen_close(ret);
    return ERR_IO;
}

static size_t count_lines(struct span text)
{
    size_t count = 0;

    while (text.len > 0) {
        (void)span_cut(&text, '\n');
        count++;
    }
    return count;
}

/* What was there before is overwritten, not wiped first: nothing flickers. */
static bool put_line(struct span line, bool last)
{
    static const char clear_line[] = "\033[K";

    return put(line.at, line.len) && put(clear_line, sizeof clear_line - 1) &&
           (last || put("\r\n", 2));
}

bool top_screen_draw(struct span text)
{
    static const char home[] = "\033[H", clear_rest[] = "\033[J";
    size_t lines = count_lines(text), rows = term_height(STDOUT_FILENO);
    size_t shown = lines > rows && rows > 0 ? rows - 1 : lines;
    bool good = put(home, sizeof home - 1);
    char more[64];

    for (size_t i = 0; good && i < shown; i++)
        good = put_line(span_cut(&text, '\n'), i + 1 == lines);
    if (good && shown < lines) {
        (void)snprintf(more, sizeof more, "(%zu more lines)", lines - shown);
        good = put_line(span_of(more), true);
    }
    return good && put(clear_rest, sizeof clear_rest - 1) &&
           fflush(stdout) == 0;
}

static enum top_event read_signals(const struct top_screen *s)
{
    struct signalfd_siginfo info;
    enum top_event event = TOP_TIME;

    while (read(s->signals, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo != SIGWINCH)
            return TOP_QUIT;
        event = TOP_RESIZED;
    }
    return event;
}

static bool is_quit(char key)
{
    return key == 'q' || key == 'Q' || key == CTRL_C || key == CTRL_D;
}

/* The keyboard is readable: without a byte it has gone away. */
static enum top_event read_keys(void)
{
    char keys[64];
    ssize_t got = read(STDIN_FILENO, keys, sizeof keys);

    if (got <= 0)
        return TOP_QUIT;
    for (ssize_t i = 0; i < got; i++) {
        if (is_quit(keys[i]))
            return TOP_QUIT;
        if (keys[i] == CTRL_L)
            return TOP_RESIZED;
    }
    return TOP_TIME;
}

enum top_event top_screen_wait(struct top_screen *s, int64_t wait_ms)
{
    struct pollfd on[] = {
        {.fd = STDIN_FILENO, .events = POLLIN},
        {.fd = s->signals, .events = POLLIN},
    };
    enum top_event event = TOP_TIME;

    if (poll(on, 2, (int)wait_ms) <= 0)
        return TOP_TIME;
    if (on[1].revents)
        event = read_signals(s);
    return event == TOP_TIME && on[0].revents ? read_keys() : event;
}

void top_screen_close(struct top_screen *s)
{
    if (s->signals < 0)
        return;
    (void)put(leave, sizeof leave - 1);
    (void)fflush(stdout);
    (void)tcsetattr(STDIN_FILENO, TCSANOW, &s->before);
    (void)close(s->signals);
    s->signals = -1;
}

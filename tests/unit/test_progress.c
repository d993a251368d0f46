#include "cli/progress.h"

#include "support/main.h"
#include "support/wait.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 20000, TEXT_MAX = 4096 };

/* Puts a pseudo-terminal in the place of stderr; returns its other end. */
static int take_stderr(void)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY);
    int far_end;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(grantpt(fd), 0);
    ck_assert_int_eq(unlockpt(fd), 0);
    far_end = open(ptsname(fd), O_RDWR | O_NOCTTY);
    ck_assert_int_ge(far_end, 0);
    ck_assert_int_eq(dup2(far_end, STDERR_FILENO), STDERR_FILENO);
    (void)close(far_end);
    ck_assert_int_eq(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
    return fd;
}

/* Appends what was drawn since; a terminal's line may take a moment. */
static void read_screen(int fd, char text[TEXT_MAX])
{
    size_t have = strlen(text);
    ssize_t len = read(fd, text + have, TEXT_MAX - 1 - have);

    text[have + (size_t)(len > 0 ? len : 0)] = '\0';
}

/* Reads until the text is there. */
static void expect(int fd, char text[TEXT_MAX], const char *expected)
{
    wait_until((read_screen(fd, text), strstr(text, expected)), LIMIT_MS,
               expected);
}

START_TEST(a_bar_shows_the_share_the_count_and_the_unit)
{
    char text[TEXT_MAX] = "";
    int fd = take_stderr();
    struct progress p = progress_make("jobs", 200);

    wait_until((progress_show(&p, 100, 40), p.drawn), LIMIT_MS, "the bar");
    expect(fd, text, "[###############...............]  50 %  40 jobs, ");
    expect(fd, text, "/s");
    progress_clear(&p);
    text[0] = '\0';
    expect(fd, text, "\r\033[K");
    (void)close(fd);
}
END_TEST

START_TEST(without_a_total_only_the_count_is_shown)
{
    char text[TEXT_MAX] = "";
    int fd = take_stderr();
    struct progress p = progress_make("jobs", 0);

    wait_until((progress_show(&p, 100, 40), p.drawn), LIMIT_MS, "the count");
    expect(fd, text, "40 jobs, ");
    ck_assert_ptr_null(strstr(text, "%"));
    (void)close(fd);
}
END_TEST

START_TEST(a_bar_never_runs_over_its_end)
{
    char text[TEXT_MAX] = "";
    int fd = take_stderr();
    struct progress p = progress_make("jobs", 200);

    wait_until((progress_show(&p, 300, 40), p.drawn), LIMIT_MS, "the bar");
    expect(fd, text, "[##############################] 100 %");
    (void)close(fd);
}
END_TEST

START_TEST(a_file_gets_no_bar)
{
    int ends[2];
    struct progress p;

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(dup2(ends[1], STDERR_FILENO), STDERR_FILENO);
    p = progress_make("jobs", 200);
    p.drawn_ms -= LIMIT_MS;
    progress_show(&p, 100, 40);
    ck_assert(!p.drawn);
}
END_TEST

int main(void)
{
    return run_tests("cli.progress", 60,
                     a_bar_shows_the_share_the_count_and_the_unit,
                     without_a_total_only_the_count_is_shown,
                     a_bar_never_runs_over_its_end, a_file_gets_no_bar);
}

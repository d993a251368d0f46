#include "cli/lines.h"

#include "support/main.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A pipe that holds the text; closed at its far end when `all`. */
static int pipe_with(const char *text, size_t len, int *far_end)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(write(ends[1], text, len), (ssize_t)len);
    if (far_end)
        *far_end = ends[1];
    else
        (void)close(ends[1]);
    return ends[0];
}

static void expect_line(struct lines *l, const char *expected)
{
    struct span line;

    ck_assert_int_eq(lines_next(l, &line), ERR_OK);
    ck_assert_msg(span_is(line, expected), "%.*s", (int)line.len, line.at);
}

START_TEST(lines_come_one_by_one_and_the_last_needs_no_newline)
{
    int fd = pipe_with("one\n\ntwo", 8, NULL);
    struct lines l = lines_make(fd, 100);
    struct span line;

    expect_line(&l, "one");
    expect_line(&l, "");
    expect_line(&l, "two");
    ck_assert_uint_eq(l.number, 3);
    ck_assert_uint_eq(l.bytes, 8);
    ck_assert_int_eq(lines_next(&l, &line), ERR_ABSENT);
    ck_assert_int_eq(lines_next(&l, &line), ERR_ABSENT);
    lines_clear(&l);
    (void)close(fd);
}
END_TEST

START_TEST(a_line_that_is_too_long_is_skipped_and_counted)
{
    int fd = pipe_with("12345\n123456\n1\n1234567", 22, NULL);
    struct lines l = lines_make(fd, 5);
    struct span line;

    expect_line(&l, "12345");
    ck_assert_int_eq(lines_next(&l, &line), ERR_LIMIT);
    ck_assert_uint_eq(l.number, 2);
    expect_line(&l, "1");
    ck_assert_int_eq(lines_next(&l, &line), ERR_LIMIT);
    ck_assert_int_eq(lines_next(&l, &line), ERR_ABSENT);
    lines_clear(&l);
    (void)close(fd);
}
END_TEST

START_TEST(memory_stays_bounded_on_a_line_without_an_end)
{
    static char text[60000];
    int fd;
    struct lines l;
    struct span line;

    memset(text, 'a', sizeof text);
    memcpy(text + sizeof text - 3, "\nz\n", 3);
    fd = pipe_with(text, sizeof text, NULL);
    l = lines_make(fd, 10);
    ck_assert_int_eq(lines_next(&l, &line), ERR_LIMIT);
    expect_line(&l, "z");
    lines_clear(&l);
    (void)close(fd);
}
END_TEST

START_TEST(a_long_stream_of_short_lines_needs_little_memory)
{
    enum { LINES = 100000 };
    int fd = memfd_create("lines", MFD_CLOEXEC);
    struct lines l = lines_make(fd, 10);
    struct span line;

    for (int i = 0; i < LINES / 10; i++)
        ck_assert_int_eq(
            write(fd, "ab\nab\nab\nab\nab\nab\nab\nab\nab\nab\n", 30), 30);
    ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
    for (int i = 0; i < LINES; i++)
        expect_line(&l, "ab");
    ck_assert_int_eq(lines_next(&l, &line), ERR_ABSENT);
    lines_clear(&l);
    (void)close(fd);
}
END_TEST

START_TEST(it_is_known_when_reading_on_would_wait)
{
    int far_end;
    int fd = pipe_with("one\ntwo\nth", 10, &far_end);
    struct lines l = lines_make(fd, 100);

    ck_assert(lines_ready(&l));
    expect_line(&l, "one");
    ck_assert(lines_ready(&l));
    expect_line(&l, "two");
    ck_assert(!lines_ready(&l));
    ck_assert_int_eq(write(far_end, "ree\n", 4), 4);
    ck_assert(lines_ready(&l));
    expect_line(&l, "three");
    (void)close(far_end);
    ck_assert(lines_ready(&l));
    lines_clear(&l);
    (void)close(fd);
}
END_TEST

START_TEST(what_cannot_be_read_is_an_error)
{
    struct lines l = lines_make(-1, 100);
    struct span line;

    ck_assert_int_eq(lines_next(&l, &line), ERR_IO);
    lines_clear(&l);
}
END_TEST

int main(void)
{
    return run_tests("cli.lines", 10,
                     lines_come_one_by_one_and_the_last_needs_no_newline,
                     a_line_that_is_too_long_is_skipped_and_counted,
                     memory_stays_bounded_on_a_line_without_an_end,
                     a_long_stream_of_short_lines_needs_little_memory,
                     it_is_known_when_reading_on_would_wait,
                     what_cannot_be_read_is_an_error);
}

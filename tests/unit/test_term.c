#include "cli/term.h"

#include "support/main.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void expect_clean(const char *text, size_t len, const char *expected)
{
    struct buf out = buf_make(1024);

    ck_assert_int_eq(term_clean(&out, (struct span){text, len}), ERR_OK);
    ck_assert_str_eq(out.at ? out.at : "", expected);
    buf_clear(&out);
}

START_TEST(what_steers_a_terminal_is_written_out)
{
    static const struct {
        const char *text, *expected;
    } rows[] = {
        {"plain text", "plain text"},
        {"", ""},
        {"gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80",
         "gr\xc3\xbc\xc3\x9f \xe6\x97\xa5 \xf0\x9f\x98\x80"},
        {"\033[2Jgone", "\\u001b[2Jgone"},
        {"a\nb\tc\rd", "a\\nb\\tc\\rd"},
        {"\a\b\177", "\\u0007\\u0008\\u007f"},
        {"\xc2\x9b\x33m", "\\u009b3m"}, /* CSI in C1 */
        {"\xe2\x80\xae\x63\x6f", "\\u202e"
                                 "co"},                   /* RLO */
        {"\xe2\x81\xa6x\xe2\x81\xa9", "\\u2066x\\u2069"}, /* isolates */
        {"\xd8\x9cx", "\\u061cx"},                        /* ALM */
        {"\xe2\x80\x8b", "\\u200b"},                      /* zero width */
        {"\xef\xbb\xbf", "\\ufeff"},
        {"\xf3\xa0\x81\x81", "\\udb40\\udc41"}, /* tag A */
        {"\xff\x80", "\\xff\\x80"},
        {"\xc0\xaf", "\\xc0\\xaf"},          /* overlong */
        {"\xed\xa0\x80", "\\xed\\xa0\\x80"}, /* surrogate */
        {"\xe2\x82", "\\xe2\\x82"},          /* cut */
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_clean(rows[i].text, strlen(rows[i].text), rows[i].expected);
    expect_clean("a\0b", 3, "a\\u0000b");
}
END_TEST

START_TEST(every_byte_comes_out_printable)
{
    for (int c = 0; c < 256; c++) {
        char text[3] = {'<', (char)c, '>'};
        struct buf out = buf_make(64);

        ck_assert_int_eq(term_clean(&out, (struct span){text, 3}), ERR_OK);
        for (size_t i = 0; i < out.len; i++)
            ck_assert_msg(out.at[i] >= ' ' && out.at[i] <= '~', "byte %d", c);
        buf_clear(&out);
    }
}
END_TEST

START_TEST(a_bound_is_kept)
{
    struct buf out = buf_make(4);

    ck_assert_int_eq(term_clean(&out, span_of("12345")), ERR_LIMIT);
    ck_assert_uint_le(out.len, 4);
    buf_clear(&out);
}
END_TEST

START_TEST(columns_are_counted_by_characters)
{
    ck_assert_uint_eq(term_columns(span_of("gr\xc3\xbc\xc3\x9f")), 4);
    ck_assert_uint_eq(term_columns(span_of("")), 0);
    ck_assert(
        span_is(term_cut(span_of("gr\xc3\xbc\xc3\x9f"), 3), "gr\xc3\xbc"));
    ck_assert(span_is(term_cut(span_of("ab"), 5), "ab"));
    ck_assert(span_is(term_cut(span_of("ab"), 0), ""));
}
END_TEST

START_TEST(a_pipe_is_no_terminal)
{
    int ends[2];

    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_uint_eq(term_width(ends[1]), 0);
    ck_assert(!term_colour(ends[1]));
    (void)close(ends[0]);
    (void)close(ends[1]);
}
END_TEST

/* A pseudo-terminal. */
static int open_terminal(void)
{
    int fd = posix_openpt(2);

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(grantpt(fd), 0);
    ck_assert_int_eq(unlockpt(fd), 0);
    return fd;
}

START_TEST(no_color_and_dumb_terminals_get_no_colour)
{
    int fd = open_terminal();

    (void)setenv("TERM", "xterm", 1);
    (void)unsetenv("NO_COLOR");
    ck_assert(term_colour(fd));
    ck_assert_uint_gt(term_width(fd), 0);
    (void)setenv("NO_COLOR", "", 1);
    ck_assert(term_colour(fd));
    (void)setenv("NO_COLOR", "1", 1);
    ck_assert(!term_colour(fd));
    (void)unsetenv("NO_COLOR");
    (void)setenv("TERM", "dumb", 1);
    ck_assert(!term_colour(fd));
    (void)close(fd);
}
END_TEST

START_TEST(a_style_without_colour_is_no_text)
{
    ck_assert_str_eq(term_style(TERM_BAD, false), "");
    ck_assert_str_eq(term_style(TERM_BAD, true), "\033[31m");
}
END_TEST

int main(void)
{
    return run_tests("cli.term", 10, what_steers_a_terminal_is_written_out,
                     every_byte_comes_out_printable, a_bound_is_kept,
                     columns_are_counted_by_characters, a_pipe_is_no_terminal,
                     no_color_and_dumb_terminals_get_no_colour,
                     a_style_without_colour_is_no_text);
}

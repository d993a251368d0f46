/* Log lines: one write each, in two formats, that no value can forge. */
#include "base/log.h"

#include "base/json.h"
#include "support/main.h"
#include "support/table.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int catcher; /* where stderr can be read, one write per read */

static void catch_stderr(void)
{
    int pair[2];

    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair), 0);
    ck_assert_int_eq(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
    close(pair[1]);
    catcher = pair[0];
}

/* The next write to stderr, as text; empty when there was none. */
static const char *caught(void)
{
    static char line[8192];
    ssize_t len = recv(catcher, line, sizeof line - 1, MSG_DONTWAIT);

    line[len > 0 ? len : 0] = '\0';
    return line;
}

static void matches(const char *line, const char *pattern)
{
    regex_t regex;
    int found;

    ck_assert_int_eq(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB), 0);
    found = regexec(&regex, line, 0, NULL, 0);
    regfree(&regex);
    ck_assert_msg(found == 0, "%s\n  is not\n%s", line, pattern);
}

/* The line's member of that name, decoded. */
static const char *member(const char *line, const char *name)
{
    static char text[4096];
    struct json_member members[JSON_MEMBERS_MAX];
    const struct json_member *found;
    struct buf out = buf_make(sizeof text - 1);
    struct json_flaw flaw;
    size_t count;

    ck_assert_int_eq(json_object(span_of(line), members, &count, &flaw), 0);
    found = json_find(members, count, name);
    ck_assert_msg(found, "no %s in %s", name, line);
    if (found->value.kind == JSON_STRING)
        ck_assert_int_eq(json_decode(found->value, &out), ERR_OK);
    else
        ck_assert_int_eq(
            buf_add(&out, found->value.raw.at, found->value.raw.len), 0);
    ck_assert(span_copy(buf_span(&out), text, sizeof text));
    buf_clear(&out);
    return text;
}

#define TIME                                                                   \
    "20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:"                   \
    "[0-6][0-9]\\.[0-9]{3}Z"

START_TEST(a_pipe_gets_json)
{
    log_warn("queue is long", LOG_TEXT("queue", "default"),
             LOG_NUMBER("jobs", -5));
    matches(
        caught(),
        "^\\{\"time\":\"" TIME "\",\"level\":\"warn\","
        "\"msg\":\"queue is long\",\"queue\":\"default\",\"jobs\":-5\\}\n$");
    ck_assert_str_eq(caught(), "");
}
END_TEST

START_TEST(a_message_may_stand_alone)
{
    log_info("stopped");
    matches(caught(), "\"level\":\"info\",\"msg\":\"stopped\"\\}\n$");
}
END_TEST

START_TEST(a_terminal_gets_logfmt)
{
    int master = posix_openpt(O_RDWR | O_NOCTTY);
    char line[1024];
    ssize_t len;
    int slave;

    ck_assert_int_ge(master, 0);
    ck_assert_int_eq(grantpt(master), 0);
    ck_assert_int_eq(unlockpt(master), 0);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY);
    ck_assert_int_eq(dup2(slave, STDERR_FILENO), STDERR_FILENO);
    log_info("ready", LOG_NUMBER("workers", 4));
    len = read(master, line, sizeof line - 1);
    ck_assert_int_gt(len, 0);
    line[len] = '\0';
    matches(line, "^time=" TIME " level=info msg=ready workers=4\r\n$");
    close(slave);
    close(master);
}
END_TEST

START_TEST(the_journal_gets_the_priority_and_nobody_else_does)
{
    static const char *const heads[] = {"<7>{", "<6>{", "<4>{", "<3>{"};
    char stream[64];
    struct stat is;

    catch_stderr();
    log_set_level(LOG_DEBUG);
    ck_assert_int_eq(fstat(STDERR_FILENO, &is), 0);
    (void)snprintf(stream, sizeof stream, "%llu:%llu",
                   (unsigned long long)is.st_dev,
                   (unsigned long long)is.st_ino);
    ck_assert_int_eq(setenv("JOURNAL_STREAM", stream, 1), 0);
    for (int level = LOG_DEBUG; level <= LOG_ERROR; level++) {
        log_at((enum log_level)level, "hello", LOG_NUMBER("n", 1));
        ck_assert_int_eq(strncmp(caught(), heads[level], 4), 0);
    }
    ck_assert_int_eq(setenv("JOURNAL_STREAM", "1:1", 1), 0);
    log_error("hello", LOG_NUMBER("n", 2));
    ck_assert_int_eq(caught()[0], '{');
}
END_TEST

START_TEST(a_chosen_format_needs_no_terminal)
{
    log_set_format(LOG_LOGFMT);
    log_error("it broke", LOG_TEXT("q", "a=b"), LOG_TEXT("e", ""),
              LOG_TEXT("plain", "x_1:/y"), LOG_NUMBER("n", INT64_MIN));
    matches(caught(), "^time=" TIME " level=error msg=\"it broke\" q=\"a=b\" "
                      "e=\"\" plain=x_1:/y n=-9223372036854775808\n$");
    log_set_format(LOG_JSON);
    log_error("it broke", LOG_NUMBER("n", INT64_MAX));
    ck_assert_str_eq(member(caught(), "n"), "9223372036854775807");
}
END_TEST

START_TEST(events_below_the_level_are_not_written)
{
    log_debug("no", LOG_NUMBER("n", 1));
    ck_assert_str_eq(caught(), "");
    log_set_level(LOG_WARN);
    log_info("no", LOG_NUMBER("n", 1));
    ck_assert_str_eq(caught(), "");
    log_warn("yes", LOG_NUMBER("n", 1));
    ck_assert_str_eq(member(caught(), "level"), "warn");
    log_set_level(LOG_DEBUG);
    log_debug("yes", LOG_NUMBER("n", 1));
    ck_assert_str_eq(member(caught(), "level"), "debug");
}
END_TEST

static const struct {
    const char *text;
    const char *written;
} hostile[] = {
    {"a\nlevel=error", "a\\nlevel=error"},
    {"\r\t", "\\u000d\\u0009"},
    {"\x1b[31mred", "\\u001b[31mred"},
    {"\x01\x1f\x7f", "\\u0001\\u001f\\u007f"},
    {"a\"b\\", "a\\\"b\\\\"},
    {"\xc2\x80\xc2\x9b", "\\u0080\\u009b"},
    {"\xe2\x80\xae", "\\u202e"},
    {"\xff x \xc3", "\\ufffd x \\ufffd"},
    {"\xed\xa0\x80", "\\ufffd\\ufffd\\ufffd"},
    {"\xc3\xa4 \xf0\x9f\x98\x80", "\xc3\xa4 \xf0\x9f\x98\x80"},
};

START_TEST(what_could_forge_a_line_is_escaped)
{
    enum log_format formats[] = {LOG_JSON, LOG_LOGFMT};
    char want[64];

    (void)snprintf(want, sizeof want, "\"%s\"", hostile[_i].written);
    for (int i = 0; i < ROWS(formats); i++) {
        const char *line;

        log_set_format(formats[i]);
        log_info(hostile[_i].text, LOG_TEXT("v", hostile[_i].text));
        line = caught();
        ck_assert_msg(strstr(line, want), "%s not in %s", want, line);
        ck_assert_ptr_eq(strchr(line, '\n'), line + strlen(line) - 1);
    }
}
END_TEST

START_TEST(every_byte_keeps_the_line_whole)
{
    char text[] = "a?b";

    for (int c = 1; c < 256; c++) {
        text[1] = (char)c;
        log_info("byte", LOG_NUMBER("n", c), LOG_TEXT("v", text),
                 LOG_TEXT("last", "x"));
        ck_assert_str_eq(member(caught(), "last"), "x");
    }
}
END_TEST

START_TEST(a_long_value_ends_in_dots)
{
    char text[2000];
    const char *line;

    memset(text, 'x', sizeof text);
    text[512] = '\0';
    log_info("long", LOG_TEXT("v", text));
    ck_assert_str_eq(member(caught(), "v"), text);
    text[512] = 'x';
    text[sizeof text - 1] = '\0';
    log_info("long", LOG_TEXT("v", text), LOG_NUMBER("n", 1));
    line = caught();
    ck_assert_uint_eq(strlen(member(line, "v")), 515);
    ck_assert_str_eq(member(line, "v") + 512, "...");
    ck_assert_str_eq(member(line, "n"), "1");
}
END_TEST

START_TEST(a_value_is_not_cut_inside_a_character)
{
    char text[600];

    memset(text, 'x', sizeof text);
    (void)snprintf(text + 510, sizeof text - 510, "\xe2\x82\xac");
    log_info("long", LOG_TEXT("v", text));
    ck_assert_str_eq(member(caught(), "v") + 510, "...");
}
END_TEST

START_TEST(fields_past_the_end_of_the_line_are_left_out_whole)
{
    enum log_format formats[] = {LOG_JSON, LOG_LOGFMT};
    char text[513];

    memset(text, '\x01', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    for (int i = 0; i < ROWS(formats); i++) {
        const char *line;

        log_set_format(formats[i]);
        log_info(text, LOG_TEXT("a", text), LOG_TEXT("b", text),
                 LOG_TEXT("c", text), LOG_TEXT("d", text), LOG_TEXT("e", text),
                 LOG_TEXT("f", text), LOG_TEXT("g", text), LOG_TEXT("h", "x"));
        line = caught();
        ck_assert_uint_le(strlen(line), 4096);
        ck_assert_uint_gt(strlen(line), 3500);
        matches(line, i == 0 ? "\",\"cut\":true\\}\n$" : "\" cut=true\n$");
        if (i == 0)
            ck_assert_str_eq(member(line, "cut"), "true");
    }
}
END_TEST

START_TEST(a_line_is_never_longer_than_a_pipe_writes_at_once)
{
    char text[513];

    memset(text, 'x', sizeof text - 1);
    for (size_t len = 0; len < sizeof text; len++) {
        const char *line;

        text[512] = '\0';
        log_info(text, LOG_TEXT("a", text), LOG_TEXT("b", text),
                 LOG_TEXT("c", text), LOG_TEXT("d", text), LOG_TEXT("e", text),
                 LOG_TEXT("f", text + len), LOG_TEXT("g", text),
                 LOG_TEXT("h", "x"), LOG_TEXT("i", "x"));
        line = caught();
        ck_assert_uint_le(strlen(line), 4096);
        ck_assert_str_eq(member(line, "msg"), text);
    }
}
END_TEST

START_TEST(a_log_keeps_errno_and_survives_a_closed_stderr)
{
    errno = EDOM;
    log_info("a", LOG_NUMBER("n", 1));
    ck_assert_int_eq(errno, EDOM);
    close(STDERR_FILENO);
    log_info("a", LOG_NUMBER("n", 1));
    ck_assert_int_eq(errno, EDOM);
}
END_TEST

enum { THREADS = 4, LINES_EACH = 50 };

static void *log_lines(void *name)
{
    for (int i = 0; i < LINES_EACH; i++) {
        log_set_level(LOG_INFO);
        log_info("from a thread", LOG_TEXT("who", name), LOG_NUMBER("n", i));
    }
    return NULL;
}

static void *count_lines(void *ret_count)
{
    char line[8192];
    ssize_t len;

    for (int i = 0; i < THREADS * LINES_EACH; i++) {
        len = recv(catcher, line, sizeof line - 1, 0);
        ck_assert_int_gt(len, 0);
        line[len] = '\0';
        ck_assert_str_eq(member(line, "msg"), "from a thread");
        ++*(int *)ret_count;
    }
    return NULL;
}

START_TEST(threads_write_whole_lines)
{
    char names[THREADS][2] = {"a", "b", "c", "d"};
    pthread_t writers[THREADS], reader;
    int count = 0;

    ck_assert_int_eq(pthread_create(&reader, NULL, count_lines, &count), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&writers[i], NULL, log_lines, names[i]),
                         0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(writers[i], NULL);
    pthread_join(reader, NULL);
    ck_assert_int_eq(count, THREADS * LINES_EACH);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("log");
    TCase *tests = tcase_create("log");

    suite_add_tcase(suite, tests);
    tcase_add_checked_fixture(tests, catch_stderr, NULL);
    tcase_add_test(tests, a_pipe_gets_json);
    tcase_add_test(tests, a_message_may_stand_alone);
    tcase_add_test(tests, a_terminal_gets_logfmt);
    tcase_add_test(tests, the_journal_gets_the_priority_and_nobody_else_does);
    tcase_add_test(tests, a_chosen_format_needs_no_terminal);
    tcase_add_test(tests, events_below_the_level_are_not_written);
    tcase_add_loop_test(tests, what_could_forge_a_line_is_escaped, 0,
                        ROWS(hostile));
    tcase_add_test(tests, every_byte_keeps_the_line_whole);
    tcase_add_test(tests, a_long_value_ends_in_dots);
    tcase_add_test(tests, a_value_is_not_cut_inside_a_character);
    tcase_add_test(tests, fields_past_the_end_of_the_line_are_left_out_whole);
    tcase_add_test(tests, a_line_is_never_longer_than_a_pipe_writes_at_once);
    tcase_add_test(tests, a_log_keeps_errno_and_survives_a_closed_stderr);
    tcase_add_test(tests, threads_write_whole_lines);
    return run_suite(suite);
}

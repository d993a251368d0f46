/* Lines of the log that come again and again are counted. */
#include "base/log_repeats.h"

#include "base/log.h"
#include "support/main.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static struct log_repeats r;
static int reading; /* what was written to stderr */

static void open_all(void)
{
    int pair[2];

    memset(&r, 0, sizeof r);
    ck_assert_int_eq(pipe(pair), 0);
    ck_assert_int_eq(dup2(pair[1], STDERR_FILENO), STDERR_FILENO);
    (void)close(pair[1]);
    reading = pair[0];
    log_set_format(LOG_LOGFMT);
}

/* All that was written; a line of a dot ends it. */
static const char *written(void)
{
    static char text[65536];
    size_t len = 0;

    ck_assert_int_eq(write(STDERR_FILENO, ".\n", 2), 2);
    do {
        ssize_t n = read(reading, text + len, sizeof text - 1 - len);

        ck_assert_int_gt(n, 0);
        len += (size_t)n;
        text[len] = '\0';
    } while (strcmp(text + len - 2, ".\n") != 0 ||
             (len > 2 && text[len - 3] != '\n'));
    text[len - 2] = '\0';
    return text;
}

static unsigned count_lines(const char *text)
{
    unsigned count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

static void keep(uint64_t id, int64_t until_ms)
{
    *log_repeats_place(&r) =
        (struct log_repeat){.id = id, .until_ms = until_ms};
}

START_TEST(a_text_counts_until_its_span_is_over)
{
    keep(7, 100);
    ck_assert(!log_repeats_count(&r, 8, 50));
    ck_assert(log_repeats_count(&r, 7, 50));
    ck_assert(log_repeats_count(&r, 7, 99));
    ck_assert_uint_eq(r.at[0].count, 2);
    ck_assert_ptr_null(log_repeats_over(&r, 99));
    ck_assert(!log_repeats_count(&r, 7, 100));
    ck_assert_ptr_eq(log_repeats_over(&r, 100), &r.at[0]);
}
END_TEST

START_TEST(where_all_places_are_taken_the_oldest_gives_way)
{
    for (int i = 0; i < LOG_REPEATS; i++)
        keep((uint64_t)i + 1, 100 + (i + 5) % LOG_REPEATS);
    ck_assert_int_eq(log_repeats_place(&r)->until_ms, 100);
    ck_assert_uint_eq(log_repeats_place(&r)->id, LOG_REPEATS - 5 + 1);
}
END_TEST

START_TEST(texts_that_differ_have_other_numbers)
{
    ck_assert_uint_eq(log_repeat_id("abc", 3), log_repeat_id("abcd", 3));
    ck_assert_uint_ne(log_repeat_id("abc", 3), log_repeat_id("abd", 3));
    ck_assert_uint_ne(log_repeat_id("abc", 3), log_repeat_id("ab", 2));
    ck_assert_uint_ne(log_repeat_id("", 0), 0);
}
END_TEST

START_TEST(what_comes_again_is_written_once_and_counted)
{
    const char *text;

    for (int i = 0; i < 5; i++) {
        log_warn("it broke", LOG_TEXT("who", "a"));
        log_warn("it broke", LOG_TEXT("who", "b"));
    }
    log_settle(false);
    text = written();
    ck_assert_uint_eq(count_lines(text), 2);
    ck_assert_ptr_null(strstr(text, "repeated"));
    log_settle(true);
    text = written();
    ck_assert_uint_eq(count_lines(text), 2);
    ck_assert_ptr_nonnull(
        strstr(text, " level=warn msg=\"it broke\" who=a repeated=4\n"));
    ck_assert_ptr_nonnull(strstr(text, " who=b repeated=4\n"));
    log_settle(true);
    ck_assert_str_eq(written(), "");
    log_warn("it broke", LOG_TEXT("who", "a"));
    ck_assert_uint_eq(count_lines(written()), 1);
}
END_TEST

START_TEST(json_stays_json)
{
    log_set_format(LOG_JSON);
    log_error("it broke", LOG_NUMBER("n", 1));
    log_error("it broke", LOG_NUMBER("n", 1));
    log_settle(true);
    ck_assert_ptr_nonnull(strstr(written(), ",\"level\":\"error\",\"msg\":\"it "
                                            "broke\",\"n\":1,\"repeated\":1}"
                                            "\n"));
}
END_TEST

START_TEST(everything_is_everything)
{
    log_set_level(LOG_DEBUG);
    log_debug("step", LOG_NUMBER("n", 1));
    log_debug("step", LOG_NUMBER("n", 1));
    ck_assert_uint_eq(count_lines(written()), 2);
}
END_TEST

START_TEST(of_a_long_line_the_message_is_kept)
{
    char value[500];

    memset(value, 'x', sizeof value - 1);
    value[sizeof value - 1] = '\0';
    for (int i = 0; i < 3; i++)
        log_info("long", LOG_TEXT("a", value), LOG_TEXT("b", value));
    ck_assert_uint_eq(count_lines(written()), 1);
    log_settle(true);
    ck_assert_ptr_nonnull(
        strstr(written(), " level=info msg=long repeated=2\n"));
}
END_TEST

START_TEST(more_than_there_are_places_for_are_told_before_they_give_way)
{
    for (int n = 0; n < 3 * LOG_REPEATS; n++)
        for (int i = 0; i < 2; i++)
            log_info("many", LOG_NUMBER("n", n));
    log_settle(true);
    ck_assert_uint_eq(count_lines(written()), 2 * 3 * LOG_REPEATS);
}
END_TEST

enum { THREADS = 4, LINES_EACH = 1000 };

static void *log_lines(void *arg)
{
    for (int i = 0; i < LINES_EACH; i++)
        log_warn("from a thread", LOG_NUMBER("n", 1));
    return arg;
}

START_TEST(threads_count_together)
{
    pthread_t threads[THREADS];
    char repeated[32];

    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, log_lines, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(count_lines(written()), 1);
    log_settle(true);
    (void)snprintf(repeated, sizeof repeated, " repeated=%d\n",
                   THREADS * LINES_EACH - 1);
    ck_assert_ptr_nonnull(strstr(written(), repeated));
}
END_TEST

int main(void)
{
    Suite *s = suite_create("log_repeats");
    TCase *t = tcase_create("log_repeats");

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, open_all, NULL);
    tcase_add_test(t, a_text_counts_until_its_span_is_over);
    tcase_add_test(t, where_all_places_are_taken_the_oldest_gives_way);
    tcase_add_test(t, texts_that_differ_have_other_numbers);
    tcase_add_test(t, what_comes_again_is_written_once_and_counted);
    tcase_add_test(t, json_stays_json);
    tcase_add_test(t, everything_is_everything);
    tcase_add_test(t, of_a_long_line_the_message_is_kept);
    tcase_add_test(
        t, more_than_there_are_places_for_are_told_before_they_give_way);
    tcase_add_test(t, threads_count_together);
    return run_suite(s);
}

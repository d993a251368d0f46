/* extq outcomes: which entries are shown, and how. */
#include "support/command.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 30000, EXITS_USAGE = 64 };

#define STREAM "extq:{default}:outcomes"

#define outcomes(s, ...)                                                       \
    extq_start(plain, "outcomes", "--redis", redis_server_url(s), __VA_ARGS__)

/* An entry under this stream id, or "*". */
static void add(struct redis_server *s, const char *stream_id, const char *id,
                const char *verdict)
{
    (void)redis_server_ask(s, "XADD", STREAM, stream_id, "id", id, "container",
                           "acme", "point", "lead", "attempt", "1", "verdict",
                           verdict, "class", "ok", "status", "200", "ms", "12",
                           "error", "", "at", "1700000000123", NULL);
}

/* e1 to e<count>, every third of them dead. */
static void add_many(struct redis_server *s, int count)
{
    for (int i = 1; i <= count; i++) {
        char id[16], stream_id[32];
        (void)snprintf(id, sizeof id, "e%d.", i);
        (void)snprintf(stream_id, sizeof stream_id, "%d-%d", 1000 + i / 10,
                       1 + i % 10);
        add(s, stream_id, id, i % 3 == 0 ? "dead" : "delivered");
    }
}

START_TEST(the_last_twenty_are_shown_oldest_first)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    add_many(s, 30);
    p = outcomes(s, "--json");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_uint_eq(count_lines(process_out(p)), 20);
    has_not(process_out(p), "\"e10.\"");
    has(process_out(p), "\"id\":\"e11.\"");
    has(strstr(process_out(p), "\"e11.\""), "\"e30.\"");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(the_last_n_are_counted_among_those_that_match)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    add_many(s, 1600);
    p = outcomes(s, "-n", "510", "--verdict", "dead", "--json");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_uint_eq(count_lines(process_out(p)), 510);
    has_not(process_out(p), "delivered");
    has(process_out(p), "\"e1599.\"");
    has(process_out(p), "\"e72.\"");
    has_not(process_out(p), "\"e69.\"");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(since_shows_all_from_a_moment_on)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    add_many(s, 1600);
    p = outcomes(s, "--since", "1100", "--json");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_uint_eq(count_lines(process_out(p)), 601);
    has_not(process_out(p), "\"e999.\"");
    has(process_out(p), "\"e1000.\"");
    process_close(&p);
    p = outcomes(s, "--since", "1100", "-n", "2", "--json");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_uint_eq(count_lines(process_out(p)), 2);
    process_close(&p);
    /* By the server's clock all of them are old. */
    p = outcomes(s, "--since", "10m", "--json");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(an_empty_queue_has_nothing_to_show)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = outcomes(s, "--json");

    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    ck_assert_str_eq(process_err(p), "");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_queue_that_nobody_knows_is_named_by_each_command)
{
    struct redis_server *s = redis_server_start(false, NULL);
    const char *const commands[] = {"outcomes", "stats", "dead", "later"};

    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct process *p =
            extq_start(plain, commands[i], "--redis", redis_server_url(s),
                       "--queue", "defalt");

        process_expect(p, EXITS_USAGE, LIMIT_MS);
        has(process_err(p), "no queue 'defalt' (did you mean default?)");
        process_close(&p);
    }
    (void)redis_server_ask(s, "LPUSH", "extq:{pushed}:jobs", "{}", NULL);
    for (size_t i = 0; i < 2; i++) {
        struct process *p =
            extq_start(plain, commands[i], "--redis", redis_server_url(s),
                       "--queue", "pushed");

        process_expect(p, 0, LIMIT_MS);
        process_close(&p);
    }
    redis_server_close(&s);
}
END_TEST

START_TEST(filters_are_combined)
{
    static const struct {
        const char *option, *value;
        size_t lines;
    } rows[] = {
        {"--container", "acme", 9}, {"--container", "other", 0},
        {"--point", "lead", 9},     {"--point", "lea", 0},
        {"--class", "ok", 9},       {"--class", "timeout", 0},
        {"--verdict", "dead", 3},   {"--id", "none", 0},
    };
    struct redis_server *s = redis_server_start(false, NULL);

    add_many(s, 9);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct process *p =
            outcomes(s, "--json", rows[i].option, rows[i].value);
        process_expect(p, 0, LIMIT_MS);
        ck_assert_msg(count_lines(process_out(p)) == rows[i].lines, "%s %s",
                      rows[i].option, rows[i].value);
        process_close(&p);
    }
    redis_server_close(&s);
}
END_TEST

/* As src/lua/gates.lua writes them. */
START_TEST(what_became_of_gates_is_found_by_its_words)
{
    static const char *const rows[][2] = {
        {"--verdict", "paused"},
        {"--verdict", "resumed"},
        {"--class", "circuit_open"},
        {"--class", "resumed"},
    };
    struct redis_server *s = redis_server_start(false, NULL);

    add(s, "*", "e1", "delivered");
    (void)redis_server_ask(s, "XADD", STREAM, "*", "id", "", "container",
                           "acme", "point", "", "verdict", "paused", "class",
                           "circuit_open", NULL);
    (void)redis_server_ask(s, "XADD", STREAM, "*", "id", "", "container",
                           "acme", "point", "", "verdict", "resumed", "class",
                           "resumed", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct process *p = outcomes(s, "--json", rows[i][0], rows[i][1]);
        process_expect(p, 0, LIMIT_MS);
        ck_assert_uint_eq(count_lines(process_out(p)), 1);
        has(process_out(p), rows[i][1]);
        process_close(&p);
    }
    redis_server_close(&s);
}
END_TEST

START_TEST(json_has_every_field_and_the_stream_id)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    (void)redis_server_ask(s, "XADD", STREAM, "5-7", "id", "e\"1", "ttfb_ms",
                           "3", "news", "yes", NULL);
    p = outcomes(s, "--json");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "{\"stream_id\":\"5-7\",\"id\":\"e\\\"1\","
                                     "\"ttfb_ms\":\"3\",\"news\":\"yes\"}\n");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_line_has_the_columns_and_no_colour_in_a_file)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    add(s, "*", "evt_1", "delivered");
    p = outcomes(s, "-n", "1");
    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p),
                     "2023-11-14T22:13:20.123Z  delivered  ok         acme     "
                     "  lead          1   200     12  evt_1\n");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(hostile_bytes_never_reach_the_screen)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p, *json;

    (void)redis_server_ask(s, "XADD", STREAM, "*", "id", "a\033[2Jb", "verdict",
                           "x\ny", "error", "\xc2\x9b\xe2\x80\xae\xff", NULL);
    p = outcomes(s, "-n", "1");
    json = outcomes(s, "-n", "1", "--json");
    process_expect(p, 0, LIMIT_MS);
    process_expect(json, 0, LIMIT_MS);
    has(process_out(p), "a\\u001b[2Jb");
    has(process_out(p), "\\u009b\\u202e\\xff");
    has(process_out(json), "\"id\":\"a\\u001b[2Jb\"");
    has(process_out(json), "\"error\":\"\\u009b\\u202e");
    ck_assert_uint_eq(count_lines(process_out(p)), 1);
    ck_assert_ptr_null(strchr(process_out(p), '\033'));
    ck_assert_ptr_null(strchr(process_out(json), '\033'));
    process_close(&p);
    process_close(&json);
    redis_server_close(&s);
}
END_TEST

START_TEST(following_shows_what_comes_and_ends_well_with_ctrl_c)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    add(s, "*", "old", "delivered");
    p = outcomes(s, "-f", "--json", "--verdict", "dead");
    add(s, "*", "skip", "delivered");
    add(s, "*", "e1", "dead");
    wait_until(strstr(process_out(p), "\"e1\""), LIMIT_MS, "the entry e1");
    add(s, "*", "e2", "dead");
    wait_until(strstr(process_out(p), "\"e2\""), LIMIT_MS, "the entry e2");
    ck_assert_uint_eq(count_lines(process_out(p)), 2);
    process_signal(p, SIGINT);
    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(following_an_empty_queue_misses_nothing)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p = outcomes(s, "-f", "--since", "1h", "--json");

    for (int i = 0; i < 50; i++)
        add(s, "*", "e", "retry");
    wait_until(count_lines(process_out(p)) == 50, LIMIT_MS, "50 entries");
    process_signal(p, SIGTERM);
    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(following_goes_on_after_redis_was_away)
{
    struct redis_server *s = redis_server_start(true, NULL);
    struct process *p = outcomes(s, "-f", "--json");

    add(s, "*", "e1", "delivered");
    wait_until(strstr(process_out(p), "\"e1\""), LIMIT_MS, "the entry e1");
    redis_server_stop(s);
    wait_until(strstr(process_err(p), "Redis is away"), LIMIT_MS, "a message");
    redis_server_start_again(s);
    add(s, "*", "e2", "delivered");
    wait_until(strstr(process_out(p), "\"e2\""), LIMIT_MS, "the entry e2");
    has(process_err(p), "Redis is back");
    ck_assert_uint_eq(count_lines(process_out(p)), 2);
    redis_server_kill(s);
    wait_until(strstr(strstr(process_err(p), "back"), "away"), LIMIT_MS,
               "the second message");
    process_signal(p, SIGINT);
    process_expect(p, 0, LIMIT_MS);
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_key_of_another_type_is_a_failure)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct process *p;

    (void)redis_server_ask(s, "SET", STREAM, "x", NULL);
    p = outcomes(s, "-f");
    process_expect(p, 1, LIMIT_MS);
    has(process_err(p), "WRONGTYPE");
    process_close(&p);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_word_that_is_no_verdict_is_met_with_the_nearest)
{
    struct process *p = extq_start(plain, "outcomes", "--verdict", "ded");

    process_expect(p, EXITS_USAGE, LIMIT_MS);
    has(process_err(p), "did you mean 'dead'?");
    process_close(&p);
}
END_TEST

int main(void)
{
    return run_tests(
        "cli_outcomes", 120, the_last_twenty_are_shown_oldest_first,
        the_last_n_are_counted_among_those_that_match,
        since_shows_all_from_a_moment_on, an_empty_queue_has_nothing_to_show,
        a_queue_that_nobody_knows_is_named_by_each_command,
        filters_are_combined, what_became_of_gates_is_found_by_its_words,
        json_has_every_field_and_the_stream_id,
        a_line_has_the_columns_and_no_colour_in_a_file,
        hostile_bytes_never_reach_the_screen,
        following_shows_what_comes_and_ends_well_with_ctrl_c,
        following_an_empty_queue_misses_nothing,
        following_goes_on_after_redis_was_away,
        a_key_of_another_type_is_a_failure,
        a_word_that_is_no_verdict_is_met_with_the_nearest);
}

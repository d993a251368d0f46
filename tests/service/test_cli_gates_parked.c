/* extq parked, and the gates in extq stats. */
#include "support/command.h"
#include "support/functions_case.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <stdio.h>

enum { LIMIT_MS = 60000, GATES = 10000, DAY_MS = 86400000 };

#define command(name, ...)                                                     \
    extq_start(plain, name, "--redis", redis_server_url(f.server), "--queue",  \
               "q", __VA_ARGS__)

/* The command has run; the caller closes it. */
static struct process *run(struct process *p)
{
    process_expect(p, 0, LIMIT_MS);
    return p;
}

/* The server's clock and an offset. */
static long long ms_from_now(long long ms)
{
    return strtoll(redis_server_ask(f.server, "TIME", NULL), NULL, 10) * 1000 +
           ms;
}

/* Each kind, made by the functions; jobs are a day and some hours old. */
static void fill(void)
{
    char record[64];

    gated_fill(&f, mine.text, "acme:full", 1, 3);
    (void)gated_shut(&f, "acme:", (struct gated_shut){"wait", "-1", "0", "0"});
    (void)gated_shut(&f, "beta:p",
                     (struct gated_shut){"circuit", "7200000", "3", "0"});
    (void)gated_shut(&f, "gone:p",
                     (struct gated_shut){"gone", "7200000", "0", "0"});
    (void)gated_shut(&f, "idle:p",
                     (struct gated_shut){"paused", "-1", "0", "0"});
    (void)snprintf(record, sizeof record, "1-1 1 0 0 %lld -\n{}",
                   ms_from_now(-DAY_MS - 5 * 3600000));
    (void)redis_server_ask(f.server, "RPUSH", "extq:{q}:parked:beta:p", record,
                           "2-2 1 0 0 5 -\n{}", NULL);
}

START_TEST(a_line_says_whose_jobs_wait_why_and_what_ends_it)
{
    struct process *p;
    const char *out;

    fill();
    gated_set(&f, "beta:p", "circuit 1700000000000 " GATED_FAR " 3 - 9 of 9");
    gated_set(&f, "wait:p", "wait 1700000000000 " GATED_PAST " 0 - it asked");
    p = run(command("parked", NULL));
    out = process_out(p);
    ck_assert_uint_eq(count_lines(out), 7);
    ck_assert_int_eq(strncmp(out, "container  point  why ", 22), 0);
    /* How wide the ages are depends on the time of day. */
    has(out, "beta       p      calls fail       2023-11-14T22:13:20.000Z  ");
    has(out, "1d 5h              3  9 of 9           probe in ");
    has(out, "acme       full   at the limit     20");
    has(out, "0  -                when calls of it end\n");
    has(out, "acme       (all)  quarantined      20");
    has(out, "0  because of this  until resumed: extq resume --container acme "
             "--queue q\n");
    has(out, "0  because of this  discovery asked in 1h 59m\n");
    has(out, "0  it asked         probe due\n");
    has(out, "until resumed: extq resume --container idle --point p --queue "
             "q\n");
    ck_assert_ptr_null(strchr(out, '\033'));
    process_close(&p);
}
END_TEST

START_TEST(what_came_last_comes_first)
{
    struct process *p;
    const char *out;

    gated_set(&f, "a:p", "paused 1000 0 0 - why");
    gated_set(&f, "b:p", "paused 3000 0 0 - why");
    gated_set(&f, "c:p", "paused 2000 0 0 - why");
    p = run(command("parked", NULL));
    out = process_out(p);
    ck_assert(strstr(out, "\nb ") < strstr(out, "\nc "));
    ck_assert(strstr(out, "\nc ") < strstr(out, "\na "));
    process_close(&p);
}
END_TEST

START_TEST(nothing_parked_is_no_output_and_a_sentence)
{
    struct process *p = run(command("parked", NULL));

    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), "no job is parked, and no gate is shut");
    process_close(&p);
    p = run(command("parked", "--json"));
    ck_assert_str_eq(process_out(p), "");
    ck_assert_str_eq(process_err(p), "");
    process_close(&p);
}
END_TEST

START_TEST(a_gate_that_lets_all_pass_is_not_shown)
{
    struct process *p;

    gated_set(&f, "acme:p", "full 7 0 0 - -");
    p = run(command("parked", "--json"));
    ck_assert_str_eq(process_out(p), "");
    process_close(&p);
}
END_TEST

START_TEST(json_has_every_field)
{
    struct process *p;
    const char *out;

    gated_fill(&f, mine.text, "beta:", 1, 2);
    gated_set(&f, "beta:", "wait 1700000000000 0 7 m enough, \"they\" said");
    gated_set(&f, "beta:p", "gone 1600000000000 " GATED_PAST " 0 0af3 bye");
    p = run(command("parked", "--json"));
    out = process_out(p);
    ck_assert_uint_eq(count_lines(out), 2);
    has(out, "{\"queue\":\"q\",\"container\":\"beta\",\"point\":\"\",\"kind\":"
             "\"wait\",\"meaning\":\"quarantined\",\"why\":\"enough, "
             "\\\"they\\\" said\",\"mark\":\"m\",\"since_ms\":1700000000000,"
             "\"until_ms\":null,\"ends\":\"until resumed: extq resume "
             "--container beta --queue q\",\"parked\":2,\"oldest_age_ms\":");
    has(out, ",\"failed_probes\":7}\n{\"queue\":\"q\",");
    has(out,
        "\"point\":\"p\",\"kind\":\"gone\",\"meaning\":\"said it is "
        "gone\",\"why\":\"bye\",\"mark\":\"0af3\",\"since_ms\":"
        "1600000000000,\"until_ms\":5,\"ends\":\"discovery due\",\"parked\":0,"
        "\"oldest_age_ms\":null,\"failed_probes\":0}\n");
    process_close(&p);
}
END_TEST

/* Of the gates acme:, acme:p, beta:p and beta:q. */
static const struct {
    const char *options[4];
    size_t lines;
} filters[] = {
    {{"--container", "acme"}, 2},
    {{"--point", "p"}, 2},
    {{"--container", "beta", "--point", "q"}, 1},
    {{"--container", "bet"}, 0},
    {{"--container", "acme", "--point", "q"}, 0},
};

START_TEST(container_and_point_choose)
{
    const char *const *o = filters[_i].options;
    struct process *p;

    gated_set(&f, "acme:", "paused 1000 0 0 - why");
    gated_set(&f, "acme:p", "paused 1000 0 0 - why");
    gated_set(&f, "beta:p", "paused 1000 0 0 - why");
    gated_set(&f, "beta:q", "paused 1000 0 0 - why");
    p = run(command("parked", "--json", o[0], o[1], o[2], o[3]));
    ck_assert_uint_eq(count_lines(process_out(p)), filters[_i].lines);
    process_close(&p);
}
END_TEST

START_TEST(all_queues_of_the_configuration_are_shown)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(
        &dir, "extq.yaml", "queues:\n  q: {weight: 1}\n  r: {weight: 1}\n");
    struct process *p;

    gated_set(&f, "acme:p", "paused 1000 0 0 - why");
    (void)redis_server_ask(f.server, "HSET", "extq:{r}:gates", "beta:p",
                           "paused 2000 0 0 - why", NULL);
    p = run(extq_start(plain, "parked", "-c", file.text, "--redis",
                       redis_server_url(f.server)));
    has(process_out(p), "queue  container  point  why ");
    has(process_out(p), "\nr      beta       p      paused  1970-01-01T00:00:02"
                        ".000Z       0       -              0  why     until "
                        "resumed: extq resume --container beta --point p\nq  ");
    process_close(&p);
}
END_TEST

/* Who has Redis can write anything. */
START_TEST(hostile_names_and_reasons_never_reach_the_screen)
{
    char name[601];
    struct process *p, *json;

    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    gated_set(&f, name, "paused 1 0 0 - why");
    gated_set(&f, "a\033[2J:\xe2\x80\xaep", "circuit 1 0 0 - x\ny\x9b\033]0;");
    gated_set(&f, "acme:p", "ajar \033[31m 5");
    gated_set(&f, "beta:p", "paused 99999999999999999999 0 0 - y");
    (void)redis_server_ask(f.server, "HSET", f.keys.gates, "empty:p", "", NULL);
    gated_set(&f, "past:p",
              "paused 9223372036854775807 9223372036854775807 "
              "4294967295 - y");
    (void)redis_server_ask(f.server, "RPUSH", "extq:{q}:parked:acme:p", "junk",
                           NULL);
    p = run(command("parked", NULL));
    json = run(command("parked", "--json"));
    ck_assert_uint_eq(count_lines(process_out(p)), 7);
    ck_assert_uint_eq(count_lines(process_out(json)), 6);
    has(process_out(json), "\"empty\",\"point\":\"p\",\"kind\":\"paused\"");
    has(process_out(p), "a\\u001b[2J:\\u202ep");
    has(process_out(p), "x\\ny\\x9b\\u001b]0;");
    has(process_out(p), "never: no gate has such a name");
    has(process_out(p), "its state cannot be read");
    ck_assert_ptr_null(strchr(process_out(p), '\033'));
    ck_assert_ptr_null(strchr(process_out(json), '\033'));
    has(process_out(json), "\"container\":\"a\\u001b[2J:\\u202ep\",\"point\":"
                           "\"\"");
    process_close(&p);
    process_close(&json);
}
END_TEST

START_TEST(a_list_of_another_type_is_a_failure)
{
    struct process *p;

    gated_set(&f, "acme:p", "paused 1 0 0 - why");
    (void)redis_server_ask(f.server, "SET", "extq:{q}:parked:acme:p", "x",
                           NULL);
    p = command("parked", "--json");
    process_expect(p, 1, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "");
    has(process_err(p), "WRONGTYPE");
    process_close(&p);
}
END_TEST

static void fill_many(void)
{
    static const char script[] =
        "for i = 1, tonumber(ARGV[1]) do "
        "redis.call('HSET', KEYS[1], string.format('t%05d:p', i), "
        "'circuit ' .. i .. ' 0 0 - calls fail') "
        "for _ = 1, i % 3 do "
        "redis.call('RPUSH', KEYS[2] .. string.format('t%05d:p', i), "
        "'1-1 1 0 0 5 -\\n{}') end end";
    char count[16];

    (void)snprintf(count, sizeof count, "%d", GATES);
    (void)redis_server_ask(f.server, "EVAL", script, "2", f.keys.gates,
                           f.keys.parked, count, NULL);
}

START_TEST(ten_thousand_gates_are_read_in_pages)
{
    struct process *p;
    const char *used;
    char line[32];

    fill_many();
    (void)redis_server_ask(f.server, "CONFIG", "RESETSTAT", NULL);
    p = run(command("parked", NULL));
    ck_assert_uint_eq(count_lines(process_out(p)), GATES + 1);
    for (int i = 1; i <= GATES; i += 997) {
        (void)snprintf(line, sizeof line, "\nt%05d     p ", i);
        has(process_out(p), line);
    }
    process_close(&p);
    used = redis_server_ask(f.server, "INFO", "commandstats", NULL);
    has_not(used, "cmdstat_hgetall");
    has_not(used, "cmdstat_keys");
    used = strstr(used, "cmdstat_hscan:calls=");
    ck_assert_ptr_nonnull(used);
    ck_assert_int_ge(strtol(strchr(used, '=') + 1, NULL, 10), GATES / 1000);
}
END_TEST

START_TEST(stats_say_how_many_wait_and_what_ends_the_worst)
{
    struct process *p;
    const char *out;

    fill();
    p = run(command("stats", NULL));
    out = process_out(p);
    has(out, "  parked             5  waiting at gates, see extq parked\n");
    has(out, "  gates      at the limit 1, calls fail 1, asked to wait 1, "
             "said it is gone 1, paused 1\n"
             "             acme full: at the limit, 3 parked, the oldest for ");
    has(out, "d ");
    has(out, ", when calls of it end (since 20");
    has(out, "Z)\n"
             "             beta p: calls fail, 2 parked, the oldest for 1d 5h, "
             "probe in 1h 59m (since ");
    has(out, "acme (all): quarantined, 0 parked, until resumed: extq resume "
             "--container acme (since 20");
    has(out, "Z: because of this)\n");
    process_close(&p);
}
END_TEST

START_TEST(stats_as_json_have_the_same_of_gates)
{
    struct process *p;
    const char *out;

    fill_many();
    p = run(command("stats", "--json"));
    out = process_out(p);
    has(out,
        "\"parked\":10000,\"gates\":{\"full\":0,\"circuit\":10000,\"wait\":"
        "0,\"gone\":0,\"paused\":0},\"worst\":[{\"queue\":\"q\","
        "\"container\":\"t09998\",\"point\":\"p\",\"kind\":\"circuit\",");
    has(out, "\"parked\":2,\"oldest_age_ms\":1");
    has(out, "\"container\":\"t09986\"");
    has_not(out, "\"container\":\"t09983\"");
    ck_assert_uint_eq(count_lines(out), 1);
    process_close(&p);
}
END_TEST

START_TEST(stats_without_gates_say_so_in_a_line)
{
    struct process *p = run(command("stats", NULL));

    has(process_out(p), "  parked             0  ");
    has_not(process_out(p), "  gates ");
    process_close(&p);
    p = run(command("stats", "--json"));
    has(process_out(p), "\"parked\":0,\"gates\":{\"full\":0,\"circuit\":0,"
                        "\"wait\":0,\"gone\":0,\"paused\":0},\"worst\":[]");
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.cli_gates_parked");
    TCase *t = tcase_create("cli_gates_parked");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_line_says_whose_jobs_wait_why_and_what_ends_it);
    tcase_add_test(t, what_came_last_comes_first);
    tcase_add_test(t, nothing_parked_is_no_output_and_a_sentence);
    tcase_add_test(t, a_gate_that_lets_all_pass_is_not_shown);
    tcase_add_test(t, json_has_every_field);
    tcase_add_loop_test(t, container_and_point_choose, 0, ROWS(filters));
    tcase_add_test(t, all_queues_of_the_configuration_are_shown);
    tcase_add_test(t, hostile_names_and_reasons_never_reach_the_screen);
    tcase_add_test(t, a_list_of_another_type_is_a_failure);
    tcase_add_test(t, ten_thousand_gates_are_read_in_pages);
    tcase_add_test(t, stats_say_how_many_wait_and_what_ends_the_worst);
    tcase_add_test(t, stats_as_json_have_the_same_of_gates);
    tcase_add_test(t, stats_without_gates_say_so_in_a_line);
    return run_suite(s);
}

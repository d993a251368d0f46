#include "cli/options.h"

#include "cli/command.h"
#include "cli/suggest.h"
#include "support/main.h"

#include <stdio.h>
#include <string.h>

enum { ARGS_MAX = 24 };

/* A command with an option of each kind. */
struct sample {
    struct common_options common;
    bool flag;
    const char *text, *name, *id, *queue, *choice;
    int64_t number;
    struct when time;
    int operand, code;
    int argc;
    char *argv[ARGS_MAX];
    char words[ARGS_MAX][64];
};

static bool parse(struct sample *s)
{
    static const char *const choices[] = {"delivered", "dead", NULL};
    const struct option_spec specs[] = {
        {"flag", 'f', OPTION_FLAG, NULL, "a flag", &s->flag, 0, NULL},
        {"text", 't', OPTION_TEXT, "TEXT", "a text", &s->text, 0, NULL},
        {"name", 0, OPTION_NAME, "NAME", "a name", &s->name, 0, NULL},
        {"id", 0, OPTION_ID, "ID", "an id", &s->id, 0, NULL},
        {"queue", 0, OPTION_QUEUE, "NAME", "a queue", &s->queue, 0, NULL},
        {"verdict", 0, OPTION_CHOICE, "WORD", "one of:", &s->choice, 0,
         choices},
        {"count", 'n', OPTION_NUMBER, "N", "a number", &s->number, 1000, NULL},
        {"since", 0, OPTION_TIME, "TIME", "a time", &s->time, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        "sample", "[ONE]", "Tries options", "  extq sample\n", specs,
        0,        1,       &s->common,
    };

    return options_read(&options, s->argc, s->argv, &s->operand, &s->code);
}

/* The command line in one text, words parted by one space. */
static struct sample make(const char *line)
{
    struct sample s = {.code = -1};
    struct span rest = span_of(line);

    while (rest.len > 0 && s.argc < ARGS_MAX - 1) {
        ck_assert(span_copy(span_cut(&rest, ' '), s.words[s.argc],
                            sizeof s.words[0]));
        s.argc++;
    }
    return s;
}

static void point(struct sample *s)
{
    for (int i = 0; i < s->argc; i++)
        s->argv[i] = s->words[i];
}

START_TEST(every_kind_of_option_is_read)
{
    struct sample s = make("x -f --text=a=b --name acme --id evt:1 --queue q1 "
                           "--verdict dead -n 12 --since 10m one");

    point(&s);
    ck_assert(parse(&s));
    ck_assert(s.flag);
    ck_assert_str_eq(s.text, "a=b");
    ck_assert_str_eq(s.name, "acme");
    ck_assert_str_eq(s.id, "evt:1");
    ck_assert_str_eq(s.queue, "q1");
    ck_assert_str_eq(s.choice, "dead");
    ck_assert_int_eq(s.number, 12);
    ck_assert(s.time.given && s.time.relative);
    ck_assert_int_eq(s.time.ms, 600000);
    ck_assert_str_eq(s.argv[s.operand], "one");
}
END_TEST

START_TEST(options_may_follow_the_operands)
{
    struct sample s = make("x one --count=7 -c /f --redis unix:///s");

    point(&s);
    ck_assert(parse(&s));
    ck_assert_int_eq(s.number, 7);
    ck_assert_str_eq(s.common.config_file, "/f");
    ck_assert_str_eq(s.common.redis_url, "unix:///s");
    ck_assert_str_eq(s.argv[s.operand], "one");
}
END_TEST

START_TEST(what_follows_two_dashes_is_an_operand)
{
    struct sample s = make("x -- --count");

    point(&s);
    ck_assert(parse(&s));
    ck_assert_str_eq(s.argv[s.operand], "--count");
}
END_TEST

START_TEST(a_wrong_command_line_ends_with_64)
{
    static const char *const lines[] = {
        "x --cuont 3",
        "x --coun 3",
        "x -z",
        "x --count",
        "x -n",
        "x --count 0",
        "x --count -1",
        "x --count 1001",
        "x --count 3x",
        "x --count=",
        "x --flag=yes",
        "x --name a/b",
        "x --name=",
        "x --id a.b",
        "x --queue {q}",
        "x --verdict x",
        "x --since never",
        "x --since -5m",
        "x one two",
        "x --since 99999999999999999999",
    };

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct sample s = make(lines[i]);
        point(&s);
        ck_assert_msg(!parse(&s), "%s", lines[i]);
        ck_assert_msg(s.code == EXIT_BAD_USAGE, "%s", lines[i]);
    }
}
END_TEST

START_TEST(help_wins_over_everything_else_that_is_wrong)
{
    struct sample s = make("x --nonsense one two -h");

    point(&s);
    ck_assert(!parse(&s));
    ck_assert_int_eq(s.code, EXIT_OK);
}
END_TEST

START_TEST(a_moment_is_a_number_or_a_distance)
{
    const struct when fixed = {true, false, 1700000000000};
    const struct when away = {true, true, 60000};

    ck_assert_int_eq(when_ms(&fixed, 5, -1), 1700000000000);
    ck_assert_int_eq(when_ms(&away, 100000, -1), 40000);
    ck_assert_int_eq(when_ms(&away, 100000, 1), 160000);
}
END_TEST

START_TEST(what_was_meant_is_found)
{
    static const struct {
        const char *word, *expected;
    } rows[] = {
        {"outcoms", "outcomes"},
        {"outcome", "outcomes"},
        {"enqeue", "enqueue"},
        {"stat", "stats"},
        {"out", "outcomes"},
        {"xyzzy", NULL},
        {"", NULL},
    };
    static const char *const words[] = {"run", "enqueue", "outcomes", "stats"};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *nearest = NULL;
        size_t distance = 0;
        for (size_t j = 0; j < sizeof words / sizeof *words; j++)
            suggest(rows[i].word, words[j], &nearest, &distance);
        ck_assert_pstr_eq(nearest, rows[i].expected);
    }
}
END_TEST

START_TEST(an_endless_word_is_no_suggestion)
{
    const char *nearest = NULL;
    size_t distance = 0;
    char word[5000];

    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    suggest(word, "a", &nearest, &distance);
    ck_assert_ptr_null(nearest);
}
END_TEST

int main(void)
{
    return run_tests("cli.options", 10, every_kind_of_option_is_read,
                     options_may_follow_the_operands,
                     what_follows_two_dashes_is_an_operand,
                     a_wrong_command_line_ends_with_64,
                     help_wins_over_everything_else_that_is_wrong,
                     a_moment_is_a_number_or_a_distance,
                     what_was_meant_is_found, an_endless_word_is_no_suggestion);
}

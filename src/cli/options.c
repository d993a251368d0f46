#include "cli/options.h"

#include "base/check.h"
#include "base/ident.h"
#include "cli/command.h"
#include "cli/options_help.h"
#include "cli/say.h"
#include "cli/suggest.h"
#include "service/config.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LONG_FIRST = 256, MESSAGE_MAX = 512 };

/* The command's options and the common ones, and getopt's view of them. */
struct reader {
    const struct options *options;
    struct option_spec specs[OPTIONS_MAX];
    size_t count;
    struct option longs[OPTIONS_MAX + 1];
    char shorts[2 * OPTIONS_MAX + 2];
    bool help;
};

int options_wrong(const char *command, const char *fmt, ...)
{
    char text[MESSAGE_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    say(command, "%s; see extq %s --help", text, command);
    return EXIT_BAD_USAGE;
}

static void add_spec(struct reader *r, const struct option_spec *spec)
{
    size_t used = strlen(r->shorts);

    check(r->count < OPTIONS_MAX);
    r->longs[r->count] = (struct option){
        .name = spec->name,
        .has_arg = spec->value ? required_argument : no_argument,
        .val = LONG_FIRST + (int)r->count,
    };
    r->specs[r->count++] = *spec;
    if (!spec->letter)
        return;
    r->shorts[used++] = spec->letter;
    if (spec->value)
        r->shorts[used++] = ':';
    r->shorts[used] = '\0';
}

static void prepare(struct reader *r, const struct options *o)
{
    const struct option_spec common[] = {
        {"config", 'c', OPTION_TEXT, "FILE",
         "configuration (default $EXTQ_CONFIG, /etc/extq/extq.yaml, "
         "config/extq.yaml)",
         &o->common->config_file, 0, NULL},
        {"redis", 0, OPTION_TEXT, "URL",
         "redis://host:port/db, sentinel://host:port,.../name, "
         "cluster://host:port,..., unix:///path or embedded:///folder "
         "(default $EXTQ_REDIS_URL, then the configuration)",
         &o->common->redis_url, 0, NULL},
        {"help", 'h', OPTION_FLAG, NULL, "this text", &r->help, 0, NULL},
    };

    *r = (struct reader){.options = o, .shorts = ":"};
    for (const struct option_spec *s = o->specs; s && s->name; s++)
        add_spec(r, s);
    for (size_t i = 0; i < sizeof common / sizeof *common; i++)
        add_spec(r, &common[i]);
}

static int unknown_option(const struct reader *r, const char *name)
{
    const char *nearest = NULL;
    size_t distance = 0;

    for (size_t i = 0; i < r->count; i++)
        suggest(name, r->specs[i].name, &nearest, &distance);
    if (nearest)
        return options_wrong(r->options->command,
                             "unknown option --%s (did you mean --%s?)", name,
                             nearest);
    return options_wrong(r->options->command, "unknown option --%s", name);
}

static bool is_long(const struct reader *r, const char *name)
{
    for (size_t i = 0; i < r->count; i++) {
        if (strcmp(r->specs[i].name, name) == 0)
            return true;
    }
    return false;
}

/* getopt_long takes abbreviations, which break when an option is added, and
 * its messages name no alternative: long names are checked in front of it. */
static int check_names(const struct reader *r, int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        struct span rest = span_of(argv[i]);
        struct span name = span_cut(&rest, '=');
        char text[MESSAGE_MAX / 2];

        if (strncmp(argv[i], "--", 2) != 0)
            continue;
        name = (struct span){name.at + 2, name.len - 2};
        if (!span_copy(name, text, sizeof text) || !is_long(r, text))
            return unknown_option(r, text);
    }
    return EXIT_OK;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "-h") == 0 || strcmp(argv[i], "--help") == 0)
            return true;
    }
    return false;
}

static int wrong_choice(const struct reader *r, const struct option_spec *spec,
                        const char *text)
{
    const char *nearest = NULL;
    size_t distance = 0;

    for (size_t i = 0; spec->choices[i]; i++)
        suggest(text, spec->choices[i], &nearest, &distance);
    return options_wrong(r->options->command,
                         "--%s: '%s' is no %s; did you mean '%s'?", spec->name,
                         text, spec->name, nearest ? nearest : *spec->choices);
}

static bool is_choice(const struct option_spec *spec, const char *text)
{
    for (size_t i = 0; spec->choices[i]; i++) {
        if (strcmp(spec->choices[i], text) == 0)
            return true;
    }
    return false;
}

static int set_number(const struct reader *r, const struct option_spec *spec,
                      const char *text)
{
    uint64_t n;

    if (!span_number(span_of(text), &n) || n == 0 || n > (uint64_t)spec->max)
        return options_wrong(r->options->command,
                             "--%s: '%s' is no number from 1 to %lld",
                             spec->name, text, (long long)spec->max);
    *(int64_t *)spec->ret = (int64_t)n;
    return EXIT_OK;
}

static int set_rate(const struct reader *r, const struct option_spec *spec,
                    const char *text)
{
    char number[32];
    struct span rest = span_of(text), count = span_cut(&rest, '/');

    if (rest.len > 0 && span_is(rest, "s") &&
        span_copy(count, number, sizeof number))
        return set_number(r, spec, number);
    return set_number(r, spec, text);
}

static int set_time(const struct reader *r, const struct option_spec *spec,
                    const char *text)
{
    struct when when = {.given = true};
    uint64_t n;

    if (span_number(span_of(text), &n) && n < INT64_MAX / 2) {
        when.ms = (int64_t)n;
    } else if (config_duration(span_of(text), &when.ms) == ERR_OK) {
        when.relative = true;
    } else {
        return options_wrong(r->options->command,
                             "--%s: '%s' is neither unix milliseconds nor a "
                             "duration such as 90s, 10m, 2h or 7d",
                             spec->name, text);
    }
    *(struct when *)spec->ret = when;
    return EXIT_OK;
}

static int set_length(const struct reader *r, const struct option_spec *spec,
                      const char *text)
{
    int64_t ms;

    if (config_duration(span_of(text), &ms) != ERR_OK || ms < 1 ||
        ms > spec->max)
        return options_wrong(r->options->command,
                             "--%s: '%s' is no duration such as 90s, 10m, 2h "
                             "or 7d, or is too long",
                             spec->name, text);
    *(int64_t *)spec->ret = ms;
    return EXIT_OK;
}

/* What a name of one kind must be, and how that is said. */
struct ident_rule {
    bool (*is)(struct span s);
    const char *expected;
};

static const struct ident_rule name_rule = {ident_is_name,
                                            "1 to 128 of A-Z a-z 0-9 . _ ~ -"};
static const struct ident_rule id_rule = {ident_is_id,
                                          "1 to 128 of A-Z a-z 0-9 _ : -"};
static const struct ident_rule queue_rule = {ident_is_queue,
                                             "1 to 64 of A-Z a-z 0-9 . _ -"};

static int set_text(const struct option_spec *spec, const char *text)
{
    *(const char **)spec->ret = text;
    return EXIT_OK;
}

static int set_ident(const struct reader *r, const struct option_spec *spec,
                     const struct ident_rule *rule, const char *text)
{
    if (!rule->is(span_of(text)))
        return options_wrong(r->options->command, "--%s: '%s' is not %s",
                             spec->name, text, rule->expected);
    return set_text(spec, text);
}

static int set_option(const struct reader *r, const struct option_spec *spec,
                      const char *text)
{
    check(spec->ret);
    switch (spec->kind) {
    case OPTION_FLAG:
        *(bool *)spec->ret = true;
        return EXIT_OK;
    case OPTION_NUMBER:
        return set_number(r, spec, text);
    case OPTION_RATE:
        return set_rate(r, spec, text);
    case OPTION_TIME:
        return set_time(r, spec, text);
    case OPTION_LENGTH:
        return set_length(r, spec, text);
    case OPTION_NAME:
        return set_ident(r, spec, &name_rule, text);
    case OPTION_ID:
        return set_ident(r, spec, &id_rule, text);
    case OPTION_QUEUE:
        return set_ident(r, spec, &queue_rule, text);
    case OPTION_CHOICE:
        return is_choice(spec, text) ? set_text(spec, text)
                                     : wrong_choice(r, spec, text);
    case OPTION_TEXT:
        break;
    }
    return set_text(spec, text);
}

static const struct option_spec *spec_of(const struct reader *r, int c)
{
    if (c >= LONG_FIRST)
        return &r->specs[c - LONG_FIRST];
    for (size_t i = 0; i < r->count; i++) {
        if (r->specs[i].letter == c)
            return &r->specs[i];
    }
    return NULL;
}

static int wrong_option(const struct reader *r, int c)
{
    const struct option_spec *spec = spec_of(r, optopt);
    const char *command = r->options->command;

    if (!spec)
        return options_wrong(command, "unknown option -%c", optopt);
    if (c == ':')
        return options_wrong(command, "--%s needs a value: %s", spec->name,
                             spec->value);
    return options_wrong(command, "--%s takes no value", spec->name);
}

static int read_options(const struct reader *r, int argc, char **argv)
{
    int c, code = EXIT_OK;

    optind = 0;
    opterr = 0;
    while (code == EXIT_OK &&
           (c = getopt_long(argc, argv, r->shorts, r->longs, NULL)) != -1) {
        const struct option_spec *spec = spec_of(r, c);

        code = c == '?' || c == ':' || !spec ? wrong_option(r, c)
                                             : set_option(r, spec, optarg);
    }
    return code;
}

static int check_operands(const struct options *o, int given, char **argv)
{
    if (given < o->operands_min)
        return options_wrong(o->command,
                             "missing argument: usage is extq "
                             "%s %s",
                             o->command, o->arguments);
    if (given > o->operands_max)
        return options_wrong(o->command, "unexpected argument '%s'",
                             argv[optind + o->operands_max]);
    return EXIT_OK;
}

bool options_read(const struct options *o, int argc, char **argv,
                  int *ret_operand, int *ret_exit)
{
    struct reader r;

    prepare(&r, o);
    *ret_exit = EXIT_OK;
    if (argc == 2 && strcmp(argv[1], "--words") == 0) {
        options_print_words(o, r.specs, r.count);
        return false;
    }
    if (asks_help(argc, argv)) {
        options_print_help(o, r.specs, r.count);
        return false;
    }
    *ret_exit = check_names(&r, argc, argv);
    if (*ret_exit == EXIT_OK)
        *ret_exit = read_options(&r, argc, argv);
    if (*ret_exit == EXIT_OK)
        *ret_exit = check_operands(o, argc - optind, argv);
    *ret_operand = optind;
    return *ret_exit == EXIT_OK;
}

int64_t when_ms(const struct when *w, int64_t now_ms, int direction)
{
    return w->relative ? now_ms + direction * w->ms : w->ms;
}

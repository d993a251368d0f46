#include "cli/options_help.h"

#include <stdio.h>
#include <string.h>

enum { TEXT_COLUMN = 28, LAST_COLUMN = 78 };

/* Writes words from TEXT_COLUMN on, broken at spaces. */
static void print_wrapped(const char *text)
{
    size_t column = TEXT_COLUMN;

    while (*text) {
        size_t word = strcspn(text, " ");

        if (column > TEXT_COLUMN && column + 1 + word > LAST_COLUMN) {
            printf("\n%*s", TEXT_COLUMN, "");
            column = TEXT_COLUMN;
        } else if (column > TEXT_COLUMN) {
            putchar(' ');
            column++;
        }
        printf("%.*s", (int)word, text);
        column += word;
        text += word;
        text += strspn(text, " ");
    }
    putchar('\n');
}

static void print_choices(const struct option_spec *spec)
{
    char line[512];
    size_t used = 0;

    for (size_t i = 0; spec->choices[i]; i++) {
        int len = snprintf(line + used, sizeof line - used, "%s%s",
                           i > 0 ? ", " : "", spec->choices[i]);
        if (len < 0 || (size_t)len >= sizeof line - used)
            break;
        used += (size_t)len;
    }
    line[used] = '\0';
    printf("%*s", TEXT_COLUMN, "");
    print_wrapped(line);
}

static void print_option(const struct option_spec *spec)
{
    char head[64];
    char letter[8] = "    ";

    if (spec->letter)
        (void)snprintf(letter, sizeof letter, "-%c, ", spec->letter);
    (void)snprintf(head, sizeof head, "  %s--%s %s", letter, spec->name,
                   spec->value ? spec->value : "");
    printf("%-*s", TEXT_COLUMN - 1, head);
    putchar(' ');
    if (strlen(head) > TEXT_COLUMN - 1)
        printf("\n%*s", TEXT_COLUMN, "");
    print_wrapped(spec->help);
    if (spec->kind == OPTION_CHOICE)
        print_choices(spec);
}

void options_print_help(const struct options *o,
                        const struct option_spec *specs, size_t count)
{
    const char *arguments = o->arguments ? o->arguments : "";

    printf("Usage: extq %s%s%s [OPTIONS]\n%s.\n\nExamples:\n%s\nOptions:\n",
           o->command, arguments[0] ? " " : "", arguments, o->sentence,
           o->examples);
    for (size_t i = 0; i < count; i++)
        print_option(&specs[i]);
    printf("\nExit codes: 0 done, 1 failed, 64 wrong command line, 69 Redis "
           "unreachable,\n78 bad configuration.\n");
}

/* "[list|show]" at the start of the arguments: the verbs. */
static void print_verbs(const char *arguments)
{
    struct span rest = span_of(arguments), verbs;

    if (arguments[0] != '[' || !strchr(arguments, '|'))
        return;
    rest.at++;
    rest.len--;
    verbs = span_cut(&rest, ']');
    while (verbs.len > 0) {
        struct span verb = span_cut(&verbs, '|');

        printf("%.*s\t-\t-\n", (int)verb.len, verb.at);
    }
}

static void print_wants(const struct option_spec *spec)
{
    if (spec->kind != OPTION_CHOICE)
        (void)fputs(spec->value ? spec->value : "-", stdout);
    for (size_t i = 0; spec->kind == OPTION_CHOICE && spec->choices[i]; i++)
        printf("%s%s", i > 0 ? "|" : "", spec->choices[i]);
}

void options_print_words(const struct options *o,
                         const struct option_spec *specs, size_t count)
{
    print_verbs(o->arguments ? o->arguments : "");
    for (size_t i = 0; i < count; i++) {
        printf("--%s\t", specs[i].name);
        print_wants(&specs[i]);
        printf("\t%s\n", specs[i].help);
    }
}

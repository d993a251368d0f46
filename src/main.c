/* extq: finds the subcommand and runs it. */
#include "cli/command.h"
#include "cli/say.h"
#include "cli/suggest.h"

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct command commands[] = {
    {"run", "", "run the service", command_run},
    {"demo", "", "show everything at work, without any set-up", command_demo},
    {"enqueue", "[-]", "put jobs into a queue", command_enqueue},
    {"outcomes", "", "what became of jobs: list or follow", command_outcomes},
    {"stats", "", "queues, services and totals", command_stats},
    {"top", "", "the same live, with rates and what fails", command_top},
    {"dead", "[list|show|retry|drop]", "jobs that were given up on",
     command_dead},
    {"later", "[list|show|retry|drop]", "jobs that wait for their time",
     command_later},
    {"parked", "[list|show|retry|drop]", "whose jobs wait, why, and until when",
     command_parked},
    {"pause", "[QUEUE]", "let a queue, or jobs of an extension, wait",
     command_pause},
    {"resume", "[QUEUE]", "let them go again", command_resume},
    {"reload", "", "have services read their configuration again",
     command_reload},
    {"log-level", "LEVEL", "how much services log, while they run",
     command_log_level},
    {"resolve", "CONTAINER POINT", "what discovery says, and where from",
     command_resolve},
    {"reconcile", "--ledger FILE", "what became of jobs that were enqueued",
     command_reconcile},
    {"check", "", "check the configuration", command_check},
    {"doctor", "", "what is wrong, and the command that mends it",
     command_doctor},
    {"healthcheck", "", "whether the service here is well: status 0 or 1",
     command_healthcheck},
    {"bench", "", "how fast it is on this machine", command_bench},
    {"version", "", "versions of extq and its libraries", command_version},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static void print_commands(void)
{
    printf("Usage: extq COMMAND [OPTIONS]\n"
           "A durable, Redis-backed service that calls tenants' HTTP "
           "extensions.\n\nExamples:\n"
           "  extq demo                        see it work\n"
           "  extq run -c /etc/extq/extq.yaml  start the service\n"
           "  extq outcomes -f                 watch what it does\n\n"
           "Commands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  %-11s %s\n", commands[i].name, commands[i].sentence);
    printf("\n'extq help COMMAND' tells more.\n");
}

static const struct command *find_command(const char *name)
{
    for (size_t i = 0; i < COMMANDS; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

static int unknown_command(const char *name)
{
    const char *nearest = NULL;
    size_t distance = 0;

    for (size_t i = 0; i < COMMANDS; i++)
        suggest(name, commands[i].name, &nearest, &distance);
    if (nearest)
        say("", "unknown command '%s' (did you mean %s?); see extq help", name,
            nearest);
    else
        say("", "unknown command '%s'; see extq help", name);
    return EXIT_BAD_USAGE;
}

static int run_command(int argc, char **argv)
{
    const struct command *command = find_command(argv[0]);

    return command ? command->run(argc, argv) : unknown_command(argv[0]);
}

static void print_command_words(void)
{
    for (size_t i = 0; i < COMMANDS; i++)
        printf("%s\t-\t%s\n", commands[i].name, commands[i].sentence);
    printf("help\t-\ttells more\n");
}

/* option: --help for people, --words for the completion of shells. */
static int help(const char *name, char *option)
{
    bool words = strcmp(option, "--words") == 0;
    char word[32];
    char *argv[] = {word, option, NULL};

    if (!name) {
        words ? print_command_words() : print_commands();
        return EXIT_OK;
    }
    (void)snprintf(word, sizeof word, "%s", name);
    return run_command(2, argv);
}

static int help_command(int argc, char **argv)
{
    char option[] = "--help";

    if (argc > 0 && strcmp(argv[0], "--words") == 0)
        return help(argc > 1 ? argv[1] : NULL, argv[0]);
    return help(argc > 0 ? argv[0] : NULL, option);
}

static int version(void)
{
    char word[] = "version";
    char *argv[] = {word, NULL};

    return command_version(1, argv);
}

static int dispatch(int argc, char **argv)
{
    const char *first = argc > 1 ? argv[1] : "";

    if (argc < 2) {
        say("", "no command; see extq help");
        return EXIT_BAD_USAGE;
    }
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0)
        return version();
    if (strcmp(first, "--help") == 0 || strcmp(first, "-h") == 0)
        return help_command(0, NULL);
    if (strcmp(first, "help") == 0)
        return help_command(argc - 2, argv + 2);
    return run_command(argc - 1, argv + 1);
}

/* A reader that went away (a pipe into head) is no failure; a full disk is. */
static int close_output(int code)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    bool bad = ferror(stdout) != 0;

    bad = fflush(stdout) != 0 || bad;
    if (!bad || (poll(&output, 1, 0) > 0 && (output.revents & POLLERR)))
        return code;
    say("", "the output could not be written");
    return code == EXIT_OK ? EXIT_FAILED : code;
}

int main(int argc, char **argv)
{
    /* Broken pipes and connections are seen where they are written to. */
    (void)signal(SIGPIPE, SIG_IGN);
    return close_output(dispatch(argc, argv));
}

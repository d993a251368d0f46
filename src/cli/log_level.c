/* extq log-level: how much a running service logs. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/processes.h"
#include "cli/suggest.h"
#include "service/loudness.h"

#include <stdio.h>

static const char command[] = "log-level";

enum { PID_MOST = 1 << 22 };

static const char examples[] =
    "  extq log-level debug\n"
    "  extq log-level configured        what log.level says again\n"
    "  docker exec NAME extq log-level debug\n";

static int wrong_level(const char *word)
{
    static const char *const levels[] = {"debug", "info", "warn", "error",
                                         "configured"};
    const char *nearest = NULL;
    size_t distance = 0;

    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        suggest(word, levels[i], &nearest, &distance);
    return options_wrong(
        command,
        "'%s' is no level: debug, info, warn, error or configured%s%s%s", word,
        nearest ? " (did you mean " : "", nearest ? nearest : "",
        nearest ? "?)" : "");
}

static int change(const char *name, int64_t pid, void *arg)
{
    const char *level = arg;

    if (!processes_signal(name, pid, loudness_signal(level)))
        return EXIT_FAILED;
    printf("pid %lld: %s\n", (long long)pid, level);
    return EXIT_OK;
}

int command_log_level(int argc, char **argv)
{
    struct common_options common = {0};
    int64_t pid = 0;
    const struct option_spec specs[] = {
        {"pid", 0, OPTION_NUMBER, "PID", "of this one (default: all here)",
         &pid, PID_MOST, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "LEVEL",
        "Changes what the services log that run on this machine, or in this\n"
        "container, until they reload or end: debug, info, warn, error, or\n"
        "configured",
        examples,
        specs,
        1,
        1,
        &common,
    };
    int operand, code;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    if (!loudness_signal(argv[operand]))
        return wrong_level(argv[operand]);
    return processes_each(command, pid, change, argv[operand]);
}

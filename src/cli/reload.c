/* extq reload: running services read their configuration again. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/processes.h"

#include <signal.h>
#include <stdio.h>

static const char command[] = "reload";

enum { PID_MOST = 1 << 22 };

static const char examples[] =
    "  extq check -c /etc/extq/extq.yaml && extq reload\n"
    "  docker exec NAME extq reload\n";

int command_reload(int argc, char **argv)
{
    struct common_options common = {0};
    int64_t pid = 0;
    const struct option_spec specs[] = {
        {"pid", 0, OPTION_NUMBER, "PID", "this one (default: all here)", &pid,
         PID_MOST, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "",
        "Has the services that run on this machine, or in this container, "
        "read\n"
        "their configuration again. No job is dropped; what changed, key by "
        "key,\n"
        "or why nothing did, is in their logs",
        examples,
        specs,
        0,
        0,
        &common,
    };
    int operand, code;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    return processes_signal(command, pid, SIGHUP,
                            "reads its configuration again, see its log");
}

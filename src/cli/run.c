#include "cli/command.h"
#include "cli/connect.h"
#include "cli/options.h"
#include "cli/say.h"
#include "service/guard.h"
#include "service/service.h"

#include <stddef.h>

int command_run(int argc, char **argv)
{
    struct common_options common = {NULL, NULL};
    struct option_spec specs[] = {{.name = NULL}};
    const struct options options = {
        .command = "run",
        .sentence = "run the service until SIGTERM or Ctrl-C",
        .examples = "  extq run -c config/extq.yaml\n"
                    "  extq run --redis redis://127.0.0.1:6379/0\n",
        .specs = specs,
        .common = &common,
    };
    struct config *config = NULL;
    struct why why = {""};
    int operand, code;
    enum err e;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    if (guard_secrets(&why)) {
        say("run", "%s", why.text);
        return EXIT_FAILED;
    }
    code = connect_config("run", &common, &config);
    if (code != EXIT_OK)
        return code;
    e = service_run(&config, &why);
    if (!e)
        return EXIT_OK;
    say("run", "%s", why.text);
    return e == ERR_CONFIG ? EXIT_BAD_CONFIG : EXIT_FAILED;
}

/* extq doctor: what is wrong, and the command that mends it. */
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/doctor_checks.h"
#include "cli/doctor_findings.h"
#include "cli/options.h"
#include "cli/term.h"
#include "service/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SAID_MAX = 700 };

static const char command[] = "doctor";

struct request {
    struct common_options common;
    bool json, no_self_test;
};

static const char examples[] =
    "  extq doctor\n"
    "  extq doctor -c /etc/extq/extq.yaml || journalctl -u extq -n 50\n"
    "  extq doctor --json | jq -r 'select(.health != \"fine\") | .mend'\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct option_spec specs[] = {
        {"json", 0, OPTION_FLAG, NULL, "JSON Lines, one for each check",
         &q->json, 0, NULL},
        {"no-self-test", 0, OPTION_FLAG, NULL,
         "write nothing to Redis: send no event through a queue of its own",
         &q->no_self_test, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "",
        "Looks at everything that a service needs: configuration and files, "
        "Redis, its\nsettings, clock and permissions, names, certificates, "
        "limits and discovery.\nSends one signed event through a queue of its "
        "own, a worker and a receiver.\nSays what is wrong and the command "
        "that mends it. Exit code 1 when something is\nwrong; warnings alone "
        "are 0",
        examples,
        specs,
        0,
        0,
        &q->common,
    };
    int operand;

    return options_read(&options, argc, argv, &operand, ret);
}

void doctor_say(const struct doctor *d, enum health health, const char *what,
                const char *mend, const char *fmt, ...)
{
    char said[SAID_MAX] = "";
    size_t len = 0;
    va_list args;

    if (d->node && span_join(said, sizeof said,
                             (const char *const[]){d->node, ": ", NULL}))
        len = strlen(said);
    va_start(args, fmt);
    (void)vsnprintf(said + len, sizeof said - len, fmt, args);
    va_end(args);
    d->found(d->arg, health, what, said, mend);
}

static enum err read_config(struct doctor *d, const struct request *q)
{
    struct why why = {""};
    enum err e = connect_read(&q->common, &d->config, &why);

    if (e)
        doctor_say(d, HEALTH_WRONG, "configuration", "extq check", "%s",
                   why.text[0] ? why.text : err_text(e));
    else
        doctor_say(d, HEALTH_FINE, "configuration", "", "%s",
                   d->config->path[0] ? d->config->path
                                      : "(no file: defaults)");
    return e;
}

/* Everything, as far as it can be looked at. Returns an exit_code. */
static int examine(struct doctor *d, const struct request *q)
{
    int code = EXIT_OK;
    enum err e;

    if (read_config(d, q))
        return EXIT_BAD_CONFIG;
    doctor_host(d);
    doctor_names(d);
    e = doctor_redis(d);
    if (e)
        code = e == ERR_CONFIG ? EXIT_BAD_CONFIG : EXIT_NO_REDIS;
    doctor_discovery(d);
    if (code == EXIT_OK && !q->no_self_test)
        doctor_selftest(d);
    return code;
}

int command_doctor(int argc, char **argv)
{
    struct request request = {0};
    struct findings findings = {.colour = term_colour(STDOUT_FILENO)};
    struct doctor doctor = {.found = findings_add, .arg = &findings};
    struct why why = {""};
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    findings.json = request.json;
    log_set_level(LOG_ERROR); /* of the self-test's worker */
    if (guard_secrets(&why))
        doctor_say(&doctor, HEALTH_WARN, "secrets", "", "%s", why.text);
    code = examine(&doctor, &request);
    redis_sync_close(&doctor.redis);
    config_close(&doctor.config);
    if (code == EXIT_OK && findings.worst == HEALTH_WRONG)
        return EXIT_FAILED;
    return code;
}

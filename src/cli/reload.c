/* extq reload: running services read their configuration again. */
#include "cli/command.h"
#include "cli/options.h"
#include "cli/processes.h"
#include "cli/say.h"
#include "cli/term.h"
#include "service/reload_report.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const char command[] = "reload";

enum { PID_MOST = 1 << 22, LIMIT_MS = 30000, REPORT_MAX = 1 << 20 };

static const char examples[] =
    "  extq check -c /etc/extq/extq.yaml && extq reload\n"
    "  docker exec NAME extq reload\n";

/* Names and values are the configuration's, but whoever wrote that does not get
 * at a terminal. */
static void show_lines(int64_t pid, struct span text)
{
    struct buf clean = buf_make(REPORT_MAX);

    printf("pid %lld: ", (long long)pid);
    while (text.len > 0) {
        buf_reset(&clean);
        if (term_clean(&clean, span_cut(&text, '\n')) == ERR_OK)
            printf("%s\n", clean.at ? clean.at : "");
    }
    buf_clear(&clean);
    (void)fflush(stdout);
}

static int show(int64_t pid, const struct buf *report)
{
    if (strncmp(report->at, reload_report_good, strlen(reload_report_good)) ==
        0) {
        show_lines(pid, buf_span(report));
        return EXIT_OK;
    }
    say(command, "pid %lld: %.*s", (long long)pid,
        (int)strcspn(report->at, "\n"), report->at);
    return EXIT_BAD_CONFIG;
}

static int await(int fd, int64_t pid)
{
    struct buf report = buf_make(REPORT_MAX);
    enum err e = reload_report_await(fd, pid, LIMIT_MS, &report);
    int code = EXIT_FAILED;

    if (!e)
        code = show(pid, &report);
    else if (kill((pid_t)pid, 0) != 0 && errno == ESRCH)
        say(command, "pid %lld ended meanwhile", (long long)pid);
    else
        say(command,
            "pid %lld was told, and did not say in %d s what came of it: its "
            "log does",
            (long long)pid, LIMIT_MS / 1000);
    buf_clear(&report);
    return code;
}

static void say_taken(int64_t pid)
{
    int64_t rival = reload_report_rival(processes_own_pid(pid));

    if (rival > 0)
        say(command,
            "pid %lld: pid %lld, another extq reload most likely, waits for "
            "it; "
            "nothing was sent",
            (long long)pid, (long long)rival);
    else
        say(command,
            "pid %lld: another extq reload waits for it; nothing was sent",
            (long long)pid);
}

static int reload(const char *name, int64_t pid, void *arg)
{
    int code = EXIT_FAILED, fd;

    (void)arg;
    if (!processes_is_near(pid)) {
        say(name,
            "pid %lld is in another network, as in a container, and could not "
            "answer; nothing was sent: docker exec NAME extq reload, or kill "
            "-HUP %lld and look at its log",
            (long long)pid, (long long)pid);
        return EXIT_FAILED;
    }
    fd = reload_report_listen(processes_own_pid(pid));
    if (fd < 0) {
        if (errno == EADDRINUSE)
            say_taken(pid);
        else
            say(name, "pid %lld: %s; nothing was sent", (long long)pid,
                strerror(errno));
        return EXIT_FAILED;
    }
    if (processes_signal(name, pid, SIGHUP))
        code = await(fd, pid);
    (void)close(fd);
    return code;
}

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
        "their configuration again, and shows what changed. No job is "
        "dropped.\n"
        "Exit status 78 when one refuses: it goes on as before, and says why",
        examples,
        specs,
        0,
        0,
        &common,
    };
    int operand, code;

    if (!options_read(&options, argc, argv, &operand, &code))
        return code;
    return processes_each(command, pid, reload, NULL);
}

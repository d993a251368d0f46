#include "faults/netcut.h"

#include "support/process.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 10000 };

const char *const netcut_names[NETCUTS] = {"blackhole", "cut towards",
                                           "cut from", "reset"};

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd >= 0 && write(fd, text, strlen(text)) < 0)
        printf("%s: %s\n", path, strerror(errno));
    if (fd >= 0)
        (void)close(fd);
}

/* Without the right to it, a namespace of users comes first. */
static bool enter(void)
{
    char map[40];
    unsigned uid = getuid();

    if (unshare(CLONE_NEWNET) == 0)
        return true;
    if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    (void)snprintf(map, sizeof map, "0 %u 1", uid);
    write_file("/proc/self/setgroups", "deny");
    write_file("/proc/self/uid_map", map);
    return true;
}

static int run(const char *const *argv, char *ret, size_t size)
{
    static const char *const env[] = {"PATH=/usr/sbin:/usr/bin:/sbin:/bin",
                                      NULL};
    struct process *p = process_start(argv, env);
    int status = process_wait(p, LIMIT_MS);

    (void)snprintf(ret, size, "%s", process_err(p));
    process_close(&p);
    return status;
}

static bool rule(const char *chain, const char *side, int port,
                 const char *target)
{
    char number[16], why[200];
    const char *argv[] = {"iptables", "-w", "-A",   chain, "-p", "tcp", side,
                          number,     "-j", target, NULL,  NULL, NULL};

    (void)snprintf(number, sizeof number, "%d", port);
    if (strcmp(target, "REJECT") == 0) {
        argv[10] = "--reject-with";
        argv[11] = "tcp-reset";
    }
    if (run(argv, why, sizeof why) == 0)
        return true;
    printf("iptables: %s\n", why);
    return false;
}

void netcut_mend(void)
{
    static const char *const flush[] = {"iptables", "-w", "-F", NULL};
    char why[200];

    if (run(flush, why, sizeof why) != 0)
        ck_abort_msg("iptables: %s", why);
}

bool netcut_open(void)
{
    static const char *const up[] = {"ip", "link", "set", "lo", "up", NULL};
    char why[200] = "";

    if (enter() && run(up, why, sizeof why) == 0 &&
        rule("INPUT", "--dport", 1, "DROP")) {
        netcut_mend();
        return true;
    }
    printf("network      SKIPPED: no network namespace with iptables here: "
           "%s %s\n",
           strerror(errno), why);
    return false;
}

void netcut_break(enum netcut how, int port)
{
    bool ok = true;

    if (how == NETCUT_BOTH || how == NETCUT_TO)
        ok = rule("INPUT", "--dport", port, "DROP");
    if (ok && (how == NETCUT_BOTH || how == NETCUT_FROM))
        ok = rule("INPUT", "--sport", port, "DROP");
    if (how == NETCUT_RESET)
        ok = rule("INPUT", "--dport", port, "REJECT");
    if (!ok)
        ck_abort_msg("the network cannot be broken");
}

#include "cli/child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Made before the fork: afterwards only async-signal-safe calls are allowed,
 * because threads may run already. */
struct launch {
    const struct child_start *start;
    char **env;
    int log, null;
    pid_t owner;
};

/* execve takes its words as `char *const *` for historical reasons. */
union words {
    const char *const *given;
    char *const *taken;
};

void child_detach(pid_t owner, int death_signal)
{
    sigset_t none;

    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, death_signal);
    if (getppid() != owner)
        _exit(1);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become(const struct launch *l)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    union words words = {.given = l->start->argv};

    child_detach(l->owner, l->start->death_signal);
    (void)sigaction(SIGPIPE, &standard, NULL);
    if (dup2(l->null, STDIN_FILENO) < 0 || dup2(l->log, STDOUT_FILENO) < 0 ||
        dup2(l->log, STDERR_FILENO) < 0)
        _exit(1);
    (void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    (void)execve(l->start->path, words.taken, l->env);
    _exit(127);
}

/* Borrows the texts; the caller frees the list. NULL = out of memory. */
static char **environment(void)
{
    size_t count = 0, kept = 0;
    char **ret;

    while (environ[count])
        count++;
    ret = calloc(count + 1, sizeof *ret);
    for (size_t i = 0; ret && i < count; i++)
        if (strncmp(environ[i], "EXTQ_", 5) != 0)
            ret[kept++] = environ[i];
    return ret;
}

enum err child_start(const struct child_start *start, pid_t *ret,
                     struct why *why)
{
    struct launch l = {.start = start, .owner = getpid()};
    pid_t pid = -1;
    int reason;

    l.env = environment();
    l.null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    l.log = open(start->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (l.env && l.null >= 0 && l.log >= 0)
        pid = fork();
    if (pid == 0)
        become(&l);
    reason = errno;
    free(l.env);
    if (l.null >= 0)
        (void)close(l.null);
    if (l.log >= 0)
        (void)close(l.log);
    if (pid < 0)
        return why_set(why, ERR_IO, "cannot start %s: %s", start->path,
                       strerror(reason));
    *ret = pid;
    return ERR_OK;
}

bool child_ended(pid_t *pid, int *ret_status)
{
    /* An error means that it was reaped already: gone as well. */
    if (*pid && waitpid(*pid, ret_status, WNOHANG) != 0)
        *pid = 0;
    return *pid == 0;
}

void child_kill(pid_t *pid)
{
    if (*pid == 0)
        return;
    (void)kill(*pid, SIGKILL);
    while (waitpid(*pid, NULL, 0) < 0 && errno == EINTR)
        continue;
    *pid = 0;
}

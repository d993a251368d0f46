#include "cli/demo_service.h"

#include "base/clock.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DRAIN_MS = 4000, NOW_MS = 12000, KILL_MS = 2000, LOOK_MS = 10 };

/* Made before the fork: afterwards only async-signal-safe calls are allowed,
 * because the platform's thread runs already. */
struct launch {
    char *argv[5];
    char words[3][8], config[DEMO_PATH_MAX];
    char **env;
    int log, null;
    pid_t owner;
};

static _Noreturn void become_service(const struct launch *l)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;

    /* Ctrl-C reaches the terminal's foreground group: us alone, who then end
     * the service in order. Should we be killed, it gets SIGTERM. */
    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != l->owner)
        _exit(1);
    (void)sigaction(SIGPIPE, &standard, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    if (dup2(l->null, STDIN_FILENO) < 0 || dup2(l->log, STDOUT_FILENO) < 0 ||
        dup2(l->log, STDERR_FILENO) < 0)
        _exit(1);
    (void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    /* This very program, even when the file was replaced by an upgrade. */
    (void)execve("/proc/self/exe", l->argv, l->env);
    _exit(127);
}

/* What configures a service of the user's must not reach the demo's. Borrows
 * the texts; the caller frees the list. NULL = out of memory. */
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

static void prepare(struct launch *l, const struct demo_folder *f)
{
    *l = (struct launch){.words = {"extq", "run", "-c"}, .owner = getpid()};
    memcpy(l->config, f->config, sizeof l->config);
    for (size_t i = 0; i < 3; i++)
        l->argv[i] = l->words[i];
    l->argv[3] = l->config;
    l->env = environment();
    l->null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    l->log = open(f->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void discard(struct launch *l)
{
    free(l->env);
    if (l->null >= 0)
        (void)close(l->null);
    if (l->log >= 0)
        (void)close(l->log);
}

enum err demo_service_start(const struct demo_folder *f,
                            struct demo_service *ret, struct why *why)
{
    struct launch l;
    pid_t pid = -1;
    int reason;

    prepare(&l, f);
    if (l.env && l.null >= 0 && l.log >= 0)
        pid = fork();
    if (pid == 0)
        become_service(&l);
    reason = errno;
    discard(&l);
    if (pid < 0)
        return why_set(why, ERR_IO, "cannot start the service: %s",
                       strerror(reason));
    ret->pid = pid;
    return ERR_OK;
}

bool demo_service_ended(struct demo_service *s)
{
    /* An error means that it was reaped already: gone as well. */
    if (s->pid && waitpid(s->pid, &s->status, WNOHANG) != 0)
        s->pid = 0;
    return s->pid == 0;
}

/* True when it is gone; false after limit_ms, or at a signal. */
static bool wait_end(struct demo_service *s, int signal_fd, int64_t limit_ms)
{
    struct pollfd p = {.fd = signal_fd, .events = POLLIN};
    int64_t until = clock_mono_ms() + limit_ms;
    struct signalfd_siginfo info;

    while (!demo_service_ended(s)) {
        if (clock_mono_ms() >= until)
            return false;
        if (poll(&p, 1, LOOK_MS) > 0 &&
            read(signal_fd, &info, sizeof info) == (ssize_t)sizeof info)
            return demo_service_ended(s);
    }
    return true;
}

void demo_service_stop(struct demo_service *s, int signal_fd)
{
    static const struct {
        int signal;
        int64_t wait_ms;
    } steps[] = {{SIGTERM, DRAIN_MS}, {SIGTERM, NOW_MS}, {SIGKILL, KILL_MS}};

    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        if (demo_service_ended(s))
            return;
        (void)kill(s->pid, steps[i].signal);
        (void)wait_end(s, signal_fd, steps[i].wait_ms);
    }
}

#include "service/embedded_server.h"

#include "base/clock.h"
#include "link/redis_sync.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    ASK_MS = 1000,
    SHUTDOWN_MS = 5000, /* then SIGTERM */
    TERM_MS = 3000,     /* then SIGKILL */
    KILL_MS = 2000,
    LOOK_MS = 5,
};

/* Everything the child needs, made before the fork: between fork and exec
 * only async-signal-safe calls are allowed. */
struct launch {
    const char *binary;
    char *argv[3];
    char name[16], conf[PATH_MAX];
    int log, null, lock;
    pid_t owner;
};

static void say(const char *text)
{
    ssize_t n = write(STDERR_FILENO, text, strlen(text));

    (void)n;
}

/* Ignored signals and the mask would be inherited through exec. */
static void reset_signals(void)
{
    struct sigaction standard = {.sa_handler = SIG_DFL};
    sigset_t none;

    for (int s = 1; s < NSIG; s++)
        (void)sigaction(s, &standard, NULL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
}

static _Noreturn void become_server(const struct launch *l)
{
    /* A session of its own: a terminal's Ctrl-C or hang-up is for the owner,
     * who stops the server when the last job is recorded. */
    (void)setsid();
    (void)umask(077);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM);
    /* The owner may have died before the line above. */
    if (getppid() != l->owner)
        _exit(1);
    reset_signals();
    if (dup2(l->null, STDIN_FILENO) < 0 || dup2(l->log, STDOUT_FILENO) < 0 ||
        dup2(l->log, STDERR_FILENO) < 0)
        _exit(1);
    /* Whatever the owner has open is none of the server's business, but for
     * the lock. */
    (void)close_range(3, ~0u, CLOSE_RANGE_CLOEXEC);
    if (fcntl(l->lock, F_SETFD, 0) < 0)
        _exit(1);
    (void)execv(l->binary, l->argv);
    say("extq: the server program cannot be run\n");
    _exit(127);
}

static void prepare(struct launch *l, const struct embedded_folder *f,
                    const char *binary)
{
    l->binary = binary;
    /* Debian's redis-server is several programs that go by their name. */
    (void)snprintf(l->name, sizeof l->name, "%s",
                   strstr(binary, "valkey") ? "valkey-server" : "redis-server");
    (void)snprintf(l->conf, sizeof l->conf, "%s", f->conf);
    l->argv[0] = l->name;
    l->argv[1] = l->conf;
    l->argv[2] = NULL;
    l->lock = f->lock;
    l->owner = getpid();
}

enum err embedded_server_start(const struct embedded_folder *f,
                               const char *binary, pid_t *ret_pid)
{
    struct launch l;
    pid_t pid = -1;

    prepare(&l, f, binary);
    l.null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    l.log = open(f->log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (l.null >= 0 && l.log >= 0)
        pid = fork();
    if (pid == 0)
        become_server(&l);
    if (l.null >= 0)
        (void)close(l.null);
    if (l.log >= 0)
        (void)close(l.log);
    if (pid < 0)
        return ERR_IO;
    *ret_pid = pid;
    return ERR_OK;
}

bool embedded_server_ended(pid_t pid)
{
    pid_t got = waitpid(pid, NULL, WNOHANG);

    /* ECHILD: somebody has set SIGCHLD to SIG_IGN, or reaped it for us. */
    return got == pid || (got < 0 && errno == ECHILD);
}

static enum err dial(const struct embedded_folder *f, struct redis_sync **ret)
{
    struct redis_address a = {.db = 0};

    (void)snprintf(a.socket, sizeof a.socket, "%s", f->socket);
    return redis_sync_open(&a, ASK_MS, ret, NULL);
}

bool embedded_server_answers(const struct embedded_folder *f)
{
    struct redis_sync *r = NULL;
    const struct reply *reply;
    bool answered;

    if (dial(f, &r))
        return false;
    answered = !redis_ask_words(r, &reply, "PING", NULL);
    redis_sync_close(&r);
    return answered;
}

static bool wait_end(pid_t pid, int64_t limit_ms)
{
    int64_t until = clock_mono_ms() + limit_ms;

    while (!embedded_server_ended(pid)) {
        if (clock_mono_ms() >= until)
            return false;
        (void)poll(NULL, 0, LOOK_MS);
    }
    return true;
}

/* False when the server refuses or cannot be asked. No reply is what success
 * looks like: the connection just ends. */
static bool ask_shutdown(const struct embedded_folder *f)
{
    struct redis_sync *r = NULL;
    const struct reply *reply;
    bool refused;

    if (dial(f, &r))
        return false;
    refused = !redis_ask_words(r, &reply, "SHUTDOWN", NULL);
    redis_sync_close(&r);
    return !refused;
}

void embedded_server_stop(const struct embedded_folder *f, pid_t pid)
{
    if (embedded_server_ended(pid))
        return;
    if (ask_shutdown(f) && wait_end(pid, SHUTDOWN_MS))
        return;
    (void)kill(pid, SIGTERM);
    if (wait_end(pid, TERM_MS))
        return;
    (void)kill(pid, SIGKILL);
    (void)wait_end(pid, KILL_MS);
}

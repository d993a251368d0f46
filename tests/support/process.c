#include "support/process.h"

#include "support/temp.h"
#include "support/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ENDED_BY_SIGNAL = 128, LAST_WORDS = 4096 };

struct process {
    pid_t pid;
    bool ended;
    int status; /* as process_wait returns it, once ended */
    struct temp_path out_path, err_path;
    char *out, *err; /* read last */
};

extern char **environ;

/* execvp takes its words as `char *const *` for historical reasons. */
union words {
    const char *const *given;
    char *const *taken;
};

const char *extq_path(void)
{
    const char *path = getenv("EXTQ");

    ck_assert_msg(path && *path, "EXTQ does not name the binary");
    return path;
}

static bool is_replaced(const char *setting, const char *const *env)
{
    size_t name = strcspn(setting, "=") + 1;

    for (size_t i = 0; env && env[i]; i++)
        if (strncmp(env[i], setting, name) == 0)
            return true;
    return false;
}

/* This process's environment with the additions; names are never twice in it,
 * because programs differ in which of the two they take. */
static char **environment(const char *const *env)
{
    size_t count = 0, used = 0;
    char **ret;

    while (env && env[count])
        count++;
    for (size_t i = 0; environ[i]; i++)
        count++;
    ret = calloc(count + 1, sizeof *ret);
    ck_assert_ptr_nonnull(ret);
    for (size_t i = 0; env && env[i]; i++)
        ret[used++] = strdup(env[i]);
    for (size_t i = 0; environ[i]; i++)
        if (!is_replaced(environ[i], env))
            ret[used++] = strdup(environ[i]);
    return ret;
}

static void forget_environment(char **all)
{
    for (size_t i = 0; all[i]; i++)
        free(all[i]);
    free(all);
}

static int open_for(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);

    ck_assert_msg(fd >= 0, "cannot open %s: %s", path, strerror(errno));
    return fd;
}

/* In the child: only calls that are safe after a fork among threads. */
static _Noreturn void become(const char *const *argv, char **env,
                             const int fds[3])
{
    const union words words = {.given = argv};
    sigset_t none;

    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    (void)signal(SIGPIPE, SIG_DFL);
    (void)sigemptyset(&none);
    (void)sigprocmask(SIG_SETMASK, &none, NULL);
    for (int i = 0; i < 3; i++)
        if (dup2(fds[i], i) < 0)
            _exit(126);
    /* Signals of a terminal go to the session that it is of. */
    if (isatty(STDIN_FILENO) &&
        (setsid() < 0 || ioctl(STDIN_FILENO, TIOCSCTTY, 0) != 0))
        _exit(126);
    environ = env;
    (void)execvp(argv[0], words.taken);
    _exit(127);
}

static struct process *begin(const char *const *argv, const char *const *env,
                             const int fds[3])
{
    struct process *p = calloc(1, sizeof *p);
    char **all = environment(env);

    ck_assert_ptr_nonnull(p);
    p->pid = fork();
    ck_assert_int_ge(p->pid, 0);
    if (p->pid == 0)
        become(argv, all, fds);
    forget_environment(all);
    return p;
}

static struct process *start(const char *const *argv, const char *const *env,
                             const char *input)
{
    struct temp_path dir = temp_dir();
    struct temp_path out = temp_join(&dir, "out");
    struct temp_path err = temp_join(&dir, "err");
    const int fds[3] = {
        open_for(input, O_RDONLY),
        open_for(out.text, O_WRONLY | O_CREAT | O_APPEND),
        open_for(err.text, O_WRONLY | O_CREAT | O_APPEND),
    };
    struct process *p = begin(argv, env, fds);

    p->out_path = out;
    p->err_path = err;
    for (int i = 0; i < 3; i++)
        (void)close(fds[i]);
    return p;
}

struct process *process_start_on(const char *const *argv,
                                 const char *const *env, int terminal)
{
    const int fds[3] = {terminal, terminal, terminal};

    return begin(argv, env, fds);
}

struct process *process_start(const char *const *argv, const char *const *env)
{
    return start(argv, env, "/dev/null");
}

struct process *process_start_with(const char *const *argv,
                                   const char *const *env, const char *input)
{
    struct temp_path dir = temp_dir();
    struct temp_path path = temp_write(&dir, "in", input);

    return start(argv, env, path.text);
}

pid_t process_pid(const struct process *p)
{
    return p->pid;
}

void process_signal(struct process *p, int signal)
{
    if (!process_ended(p))
        ck_assert_int_eq(kill(p->pid, signal), 0);
}

static const char *read_again(char **text, const struct temp_path *path)
{
    free(*text);
    *text = path->text[0] ? temp_read(path->text) : strdup("");
    return *text;
}

const char *process_out(struct process *p)
{
    return read_again(&p->out, &p->out_path);
}

const char *process_err(struct process *p)
{
    return read_again(&p->err, &p->err_path);
}

bool process_ended(struct process *p)
{
    int status;

    if (p->ended || waitpid(p->pid, &status, WNOHANG) != p->pid)
        return p->ended;
    p->ended = true;
    p->status = WIFSIGNALED(status) ? ENDED_BY_SIGNAL + WTERMSIG(status)
                                    : WEXITSTATUS(status);
    return true;
}

const char *process_last_words(struct process *p)
{
    const char *all = process_err(p);
    size_t len = strlen(all);

    return len > LAST_WORDS ? all + len - LAST_WORDS : all;
}

int process_wait(struct process *p, int64_t limit_ms)
{
    struct waiter w = waiter_start(limit_ms);

    while (!process_ended(p))
        if (!waiter_pause(&w))
            ck_abort_msg("process %d did not end in %lld ms; stderr:\n%s",
                         (int)p->pid, (long long)w.limit_ms,
                         process_last_words(p));
    return p->status;
}

void process_expect(struct process *p, int status, int64_t limit_ms)
{
    int got = process_wait(p, limit_ms);

    ck_assert_msg(got == status, "exit status %d, not %d; stderr:\n%s", got,
                  status, process_last_words(p));
}

void process_close(struct process **p)
{
    if (!*p)
        return;
    if (!process_ended(*p)) {
        (void)kill((*p)->pid, SIGKILL);
        while (waitpid((*p)->pid, NULL, 0) < 0 && errno == EINTR)
            ;
    }
    free((*p)->out);
    free((*p)->err);
    free(*p);
    *p = NULL;
}

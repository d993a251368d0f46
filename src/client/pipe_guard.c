#include "client/pipe_guard.h"

#include <pthread.h>
#include <stddef.h>
#include <time.h>

static void only_pipe(sigset_t *ret)
{
    (void)sigemptyset(ret);
    (void)sigaddset(ret, SIGPIPE);
}

void pipe_guard_begin(struct pipe_guard *g)
{
    sigset_t pipe, pending;

    only_pipe(&pipe);
    g->pending = false;
    (void)pthread_sigmask(SIG_BLOCK, &pipe, &g->before);
    if (sigismember(&g->before, SIGPIPE) == 1 && sigpending(&pending) == 0)
        g->pending = sigismember(&pending, SIGPIPE) == 1;
}

void pipe_guard_end(const struct pipe_guard *g, enum err e)
{
    const struct timespec at_once = {0, 0};
    sigset_t pipe;

    only_pipe(&pipe);
    if (e && !g->pending)
        (void)sigtimedwait(&pipe, NULL, &at_once);
    (void)pthread_sigmask(SIG_SETMASK, &g->before, NULL);
}

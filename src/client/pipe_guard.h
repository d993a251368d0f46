/* Keeps a SIGPIPE of ours from the program: it is held back on this thread
 * while hiredis writes (without MSG_NOSIGNAL), and taken away when one came. */
#ifndef EXTQ_CLIENT_PIPE_GUARD_H
#define EXTQ_CLIENT_PIPE_GUARD_H

#include "base/err.h"

#include <signal.h>
#include <stdbool.h>

struct pipe_guard {
    sigset_t before; /* this thread's mask */
    bool pending;    /* one was there already, held back by the program */
};

void pipe_guard_begin(struct pipe_guard *g);

/* e is what became of the writing: only a failure can have raised one. */
void pipe_guard_end(const struct pipe_guard *g, enum err e);

#endif

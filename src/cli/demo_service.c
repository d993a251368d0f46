#include "cli/demo_service.h"

#include "base/clock.h"
#include "cli/child.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

enum { DRAIN_MS = 4000, NOW_MS = 12000, KILL_MS = 2000, LOOK_MS = 10 };

enum err demo_service_start(const struct demo_folder *f,
                            struct demo_service *ret, struct why *why)
{
    const char *argv[] = {"extq", "run", "-c", f->config, NULL};
    /* This very program, even when the file was replaced by an upgrade. */
    struct child_start start = {.path = "/proc/self/exe",
                                .argv = argv,
                                .log = f->log,
                                .death_signal = SIGTERM};

    return child_start(&start, &ret->pid, why);
}

bool demo_service_ended(struct demo_service *s)
{
    return child_ended(&s->pid, &s->status);
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

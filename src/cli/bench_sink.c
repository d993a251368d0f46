#include "cli/bench_sink_serve.h"

#include "cli/child.h"

#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HOSTS = 2, BACKLOG = 4096 };

/* Port 0: any; otherwise this one. Returns the socket or -1. */
static int listen_on(uint32_t host, unsigned *port)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    a.sin_addr.s_addr = htonl(host);
    a.sin_port = htons((uint16_t)*port);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&a, len) == 0 &&
        listen(fd, BACKLOG) == 0 &&
        getsockname(fd, (struct sockaddr *)&a, &len) == 0) {
        *port = ntohs(a.sin_port);
        return fd;
    }
    if (fd >= 0)
        (void)close(fd);
    return -1;
}

static enum err share(struct bench_sink *s)
{
    void *memory = mmap(NULL, sizeof *s->counters, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        return ERR_MEMORY;
    s->counters = memory;
    return ERR_OK;
}

static enum err launch(struct bench_sink *s, const int *listeners)
{
    pid_t owner = getpid();

    s->pid = fork();
    if (s->pid == 0) {
        child_detach(owner, SIGKILL);
        sink_serve(listeners, HOSTS, s->counters);
    }
    if (s->pid > 0)
        return ERR_OK;
    s->pid = 0;
    return ERR_IO;
}

enum err bench_sink_start(struct bench_sink *ret, struct why *why)
{
    int listeners[HOSTS] = {-1, -1};
    enum err e = share(ret);

    for (uint32_t i = 0; !e && i < HOSTS; i++) {
        listeners[i] = listen_on(INADDR_LOOPBACK + i, &ret->port);
        e = listeners[i] < 0 ? ERR_IO : ERR_OK;
    }
    if (!e)
        e = launch(ret, listeners);
    if (e)
        (void)why_set(why, e, "the extension server did not start: %s",
                      strerror(errno));
    for (size_t i = 0; i < HOSTS; i++)
        if (listeners[i] >= 0)
            (void)close(listeners[i]);
    return e;
}

void bench_sink_reset(struct bench_sink *s, int64_t main_us, int64_t side_us)
{
    const int64_t delays[SINK_LANES] = {main_us, side_us};

    for (size_t i = 0; i < SINK_LANES; i++) {
        struct sink_lane *lane = &s->counters->lanes[i];

        atomic_store(&lane->served, 0);
        atomic_store(&lane->most, 0);
        atomic_store(&lane->delay_us, delays[i]);
    }
    atomic_store(&s->counters->connections, 0);
}

void bench_sink_stop(struct bench_sink *s)
{
    child_kill(&s->pid);
    if (s->counters)
        (void)munmap(s->counters, sizeof *s->counters);
    s->counters = NULL;
}

#include "base/failpoint.h"

#ifdef EXTQ_FAILPOINTS

#include "base/span.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SEEN_SLOTS = 1024 };

/* Which places were written to the log, by hash: a collision costs a line. */
static atomic_bool seen[SEEN_SLOTS];

static void note(const char *place)
{
    const char *path = getenv("EXTQ_FAILPOINT_LOG");
    uint32_t hash = 2166136261u;
    char line[128];
    int fd, len;

    for (const char *c = place; *c; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    if (!path || atomic_load(&seen[hash % SEEN_SLOTS]))
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    len = snprintf(line, sizeof line, "%s\n", place);
    if (fd >= 0 && write(fd, line, (size_t)len) != len)
        perror("failpoint log");
    if (fd >= 0)
        close(fd);
    /* Not before: another thread would act, and end the process, while the
     * line is still to be written. Two may write it. */
    atomic_store(&seen[hash % SEEN_SLOTS], true);
}

/* True when the rule's left side, "place" or "place@word", is this place. */
static bool is_here(struct span rule, const char *place, const char *word)
{
    struct span name = span_cut(&rule, '@');

    return span_is(name, place) &&
           (rule.len == 0 || (word && strncmp(word, rule.at, rule.len) == 0));
}

static bool act(struct span action)
{
    struct span verb = span_cut(&action, ':');
    uint64_t ms = 0;

    if (span_is(verb, "die"))
        kill(getpid(), SIGKILL);
    else if (span_is(verb, "stop"))
        kill(getpid(), SIGSTOP);
    else if (span_is(verb, "sleep") && span_number(action, &ms))
        poll(NULL, 0, (int)ms);
    return span_is(verb, "error");
}

bool failpoint(const char *place, const char *word)
{
    const char *rules = getenv("EXTQ_FAILPOINT");
    struct span rest = span_of(rules ? rules : "");
    bool fails = false;

    note(place);
    while (rest.len > 0) {
        struct span action = span_cut(&rest, ';');
        struct span rule = span_cut(&action, '=');

        if (is_here(rule, place, word))
            fails = act(action) || fails;
    }
    return fails;
}

#endif

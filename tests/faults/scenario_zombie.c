/* A service stands still past its lease with calls under way; others take its
 * jobs over and finish them; then it wakes up, with answers in its sockets. */
#include "faults/proxy.h"
#include "faults/rig.h"
#include "faults/scenario.h"

#include "support/wait.h"

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

enum { JOBS = 24, LATE_MS = 300, FENCE_MS = 1000, LIMIT_MS = 20000 };

static void expect(struct rig *r, bool (*is_true)(struct rig *),
                   const char *what)
{
    struct waiter w = waiter_start(LIMIT_MS);

    while (!is_true(r)) {
        rig_look(r);
        if (!waiter_pause(&w))
            ck_abort_msg("waited in vain for: %s; ledgers in %s", what,
                         r->folder.text);
    }
}

static char state_of(pid_t pid, const char *thread)
{
    char path[320], text[256] = "";
    const char *end;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/task/%s/stat", (int)pid,
                   thread);
    file = fopen(path, "re");
    if (!file)
        return '?';
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    (void)fclose(file);
    end = strrchr(text, ')');
    return end && end[1] ? end[2] : '?';
}

static bool all_called(struct rig *r)
{
    return receiver_waiting(r->receiver) == JOBS;
}

/* SIGSTOP takes effect a moment later, thread by thread. */
static bool stands_still(struct rig *r)
{
    pid_t pid = process_pid(r->services[0]);
    struct dirent *entry;
    bool all = true;
    char path[64];
    DIR *dir;

    (void)snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    dir = opendir(path);
    if (!dir)
        return false;
    while ((entry = readdir(dir)))
        all = all &&
              (entry->d_name[0] == '.' || state_of(pid, entry->d_name) == 'T');
    (void)closedir(dir);
    return all;
}

static bool is_deposed(struct rig *r)
{
    return watch_is_deposed(r->watch, process_pid(r->services[0]));
}

static bool all_ended(struct rig *r)
{
    return watch_open_jobs(r->watch) == 0;
}

/* The woken one has a lease again: it is through with the old one. */
static bool is_back(struct rig *r)
{
    return !is_deposed(r);
}

/* It had answers to write under a lease that is over: Redis must have refused
 * them, or the fence was not put to the test. */
static void expect_fence(struct rig *r, size_t before)
{
    struct waiter w = waiter_start(FENCE_MS);

    while (rig_rejected(r) == before)
        if (!waiter_pause(&w)) {
            printf("%s: nothing of what woke up was refused\n", r->name);
            r->unproven++;
            return;
        }
}

/* The answers are let go when it stands still already: they wait for it in its
 * sockets. That its lease is over it learns late, so that it tries to write. */
static void one_zombie(struct rig *r, struct proxy *proxy, unsigned turn)
{
    static const struct proxy_rule late = {.command = "tick",
                                           .when = PROXY_AFTER,
                                           .act = PROXY_DELAY,
                                           .ms = LATE_MS};
    size_t held, rejected;
    unsigned heir;

    receiver_hold(r->receiver, true);
    rig_push(r, "h", turn * JOBS, JOBS);
    expect(r, all_called, "all calls under way");
    held = watch_held(r->watch, process_pid(r->services[0]));
    r->exposed += held;
    process_signal(r->services[0], SIGSTOP);
    expect(r, stands_still, "the end of all motion");
    r->faults++;
    receiver_hold(r->receiver, false);
    heir = rig_start(r, NULL);
    expect(r, is_deposed, "the end of the lease of what stands still");
    expect(r, all_ended, "its jobs, taken over");
    proxy_rule(proxy, &late);
    rejected = rig_rejected(r);
    process_signal(r->services[0], SIGCONT);
    expect(r, is_back, "a new lease of what woke up");
    if (held > 0)
        expect_fence(r, rejected);
    proxy_rule(proxy, NULL);
    rig_stop(r, heir);
}

START_TEST(a_service_that_wakes_up_too_late_can_write_nothing)
{
    struct rig *r = rig_open("zombie", rig_seed(), "always");
    unsigned zombies = rig_pick(2, 10, 500);

    struct proxy *proxy = proxy_open(redis_server_socket(r->redis));

    (void)rig_start(r, proxy_url(proxy));
    rig_wait_leases(r, 1);
    for (unsigned n = 0; n < zombies; n++)
        one_zombie(r, proxy, n);
    rig_stop(r, 0);
    proxy_close(&proxy);
    (void)rig_start(r, NULL);
    rig_finish(&r);
}
END_TEST

const TTest *scenario_zombie(void)
{
    return a_service_that_wakes_up_too_late_can_write_nothing;
}

/* Each allocation of the service's own code fails once, from its start to its
 * end, while jobs of every kind come along. It goes on or ends cleanly, and
 * another one finishes what is left. Leaks and broken memory are found where
 * the build has AddressSanitizer. */
#include "faults/binaries.h"
#include "faults/cases.h"
#include "faults/launch.h"
#include "faults/outage.h"
#include "faults/scenario.h"
#include "faults/shortage.h"

#include "base/clock.h"
#include "support/ops_client.h"
#include "support/wait.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Of what: delivered, retried, dead, without an extension, with a discovery
 * that fails, moved, over a limit, and behind a circuit. */
static const char kinds[] = "ordnfmcctt";

enum { JOBS = sizeof kinds - 1, LIMIT_MS = 20000, CLEAN_MAX = 78 };

struct scarce {
    size_t total, stride, offset;
};

/* A service that is short of memory once. */
struct sufferer {
    struct rig *rig;
    struct shortage *shortage;
    unsigned slot;
    int status; /* -1 = it was still there */
};

static struct shortage *shortage_open(const struct temp_path *path)
{
    int fd = open(path->text, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *at;

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(ftruncate(fd, sizeof(struct shortage)), 0);
    at = mmap(NULL, sizeof(struct shortage), PROT_READ | PROT_WRITE, MAP_SHARED,
              fd, 0);
    ck_assert_ptr_ne(at, MAP_FAILED);
    (void)close(fd);
    return at;
}

static void start(struct sufferer *s, size_t fail_at)
{
    static const char key[] = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    struct temp_path file = temp_join(&s->rig->dir, "shortage");
    struct temp_path key_file = temp_write(&s->rig->dir, "cache.key", key);
    char shortage[560], seal[560], port[64];
    const char *const env[] = {shortage, seal, port, NULL};
    const struct launch service = {.binary = ALLOCATIONS_BINARY, .env = env};

    s->shortage = shortage_open(&file);
    s->shortage->fail_at = fail_at;
    (void)snprintf(shortage, sizeof shortage, "EXTQ_SHORTAGE=%s", file.text);
    (void)snprintf(seal, sizeof seal, "EXTQ_CACHE_KEY_FILE=%s", key_file.text);
    (void)snprintf(port, sizeof port, "EXTQ_OPS_LISTEN=127.0.0.1:%d",
                   free_port());
    s->slot = launch(s->rig, &service);
}

/* Until there is nothing to do, or the service has ended. */
static void await(struct sufferer *s)
{
    struct process *p = s->rig->services[s->slot];
    struct waiter w = waiter_start(LIMIT_MS);

    while (!process_ended(p) &&
           (!watch_knows(s->rig->watch, process_pid(p)) ||
            watch_open_jobs(s->rig->watch) != 0) &&
           waiter_pause(&w))
        watch_poll(s->rig->watch);
    if (!process_ended(p) && watch_open_jobs(s->rig->watch) != 0) {
        printf("allocations  it hangs\n");
        s->rig->crashed++;
    }
}

/* It ends, by itself or because it is told to. */
static void bury(struct sufferer *s)
{
    struct process *p = s->rig->services[s->slot];
    size_t held = watch_held(s->rig->watch, process_pid(p));

    if (!process_ended(p)) {
        process_signal(p, SIGTERM);
        s->status = process_wait(p, LIMIT_MS);
        if (s->status != 0)
            s->rig->crashed++;
    } else {
        s->status = process_wait(p, 0);
        if (s->status == 0 || s->status > CLEAN_MAX ||
            strstr(process_err(p), "Sanitizer"))
            s->rig->crashed++;
    }
    if (strstr(process_err(p), "Sanitizer") || s->status > CLEAN_MAX)
        printf("%s\n", process_err(p));
    s->rig->exposed += held;
    s->rig->faults++;
    rig_forget(s->rig, s->slot);
}

static void suffer(struct sufferer *s, size_t fail_at)
{
    s->rig = rig_open("allocations", rig_seed(), "always");
    rig_push(s->rig, kinds, 0, JOBS);
    start(s, fail_at);
    await(s);
    bury(s);
}

/* Redis may have been slow to answer: where the service did not hear of its
 * lease it takes another one, and the first has to run out before it stops. */
static void await_lease(struct process *p)
{
    struct waiter w = waiter_start(LIMIT_MS);

    while (!strstr(process_err(p), "lease taken") && waiter_pause(&w))
        continue;
}

static void finish(struct sufferer *s)
{
    unsigned slot = rig_start(s->rig, NULL);

    await_lease(s->rig->services[slot]);
    (void)rig_drain(s->rig, RIG_BOUND_MS);
    rig_settle(s->rig);
}

static void fail_once(const void *arg, size_t i, struct rig *ret)
{
    const struct scarce *c = arg;
    size_t at = i * c->stride + c->offset + 1;
    struct sufferer s = {.status = -1};

    (void)snprintf(ret->note, sizeof ret->note, "allocation %zu", at);
    if (!case_is_wanted(ret))
        return;
    suffer(&s, at);
    s.rig->missed += s.shortage->caller == 0;
    /* A call whose outcome could not be kept is made again. */
    s.rig->exposed += JOBS;
    finish(&s);
    (void)snprintf(s.rig->note, sizeof s.rig->note,
                   "allocation %zu, called from 0x%llx, exit status %d", at,
                   (unsigned long long)s.shortage->caller, s.status);
    *ret = *s.rig;
    rig_close(&s.rig);
}

/* How many there are when none fails; a few more, since no two runs are the
 * same. */
static size_t count_allocations(void)
{
    struct sufferer s = {.status = -1};
    size_t count;

    suffer(&s, 0);
    count = s.shortage->count;
    finish(&s);
    if (!rig_is_sound(s.rig) || s.status != 0)
        ck_abort_msg("a run without a shortage went wrong");
    rig_close(&s.rig);
    return count + count / 50;
}

START_TEST(a_failed_allocation_loses_nothing)
{
    static struct scarce c;
    struct rig sum;
    size_t count;

    rig_sum_open(&sum, "allocations");
    c.total = count_allocations();
    c.stride = rig_pick(23, 1, 1);
    c.offset = (size_t)(sum.seed % c.stride);
    count = (c.total - c.offset + c.stride - 1) / c.stride;
    cases_run(&sum, fail_once, &c, count);
    printf("allocations  %zu failed, of about %zu\n", count - sum.missed,
           c.total);
    rig_sum_finish(&sum, count);
}
END_TEST

const TTest *scenario_allocations(void)
{
    return a_failed_allocation_loses_nothing;
}

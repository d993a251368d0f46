#include "faults/cases.h"

#include "base/clock.h"

#include <check.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Cases mostly wait: for leases to end, and for retries to be due. */
enum { AT_ONCE_PER_CORE = 4, AT_ONCE_MAX = 16 };

bool case_is_wanted(struct rig *ret)
{
    const char *only = getenv("EXTQ_FAULTS_CASE");

    if (!only || strstr(ret->note, only))
        return true;
    ret->crashed = 0;
    ret->note[0] = '\0';
    return false;
}

static size_t at_once(void)
{
    cpu_set_t mine;
    int count = sched_getaffinity(0, sizeof mine, &mine) == 0
                    ? AT_ONCE_PER_CORE * CPU_COUNT(&mine)
                    : 1;

    return count > AT_ONCE_MAX ? AT_ONCE_MAX : (size_t)count;
}

static pid_t start(case_run *run, const void *arg, size_t i, struct rig *ret)
{
    pid_t parent = getpid(), pid = fork();

    if (pid < 0)
        ck_abort_msg("cannot fork");
    if (pid > 0)
        return pid;
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    ret->crashed = 1;
    ret->start_ms = clock_mono_ms();
    run(arg, i, ret);
    (void)fflush(stdout);
    _exit(0);
}

static void reap(size_t *running)
{
    int status;

    if (*running == 0 || wait(&status) < 0)
        ck_abort_msg("a case got lost");
    --*running;
}

void cases_run(struct rig *sum, case_run *run, const void *arg, size_t count)
{
    size_t running = 0;
    struct rig *results =
        mmap(NULL, (count + 1) * sizeof *results, PROT_READ | PROT_WRITE,
             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (results == MAP_FAILED)
        ck_abort_msg("out of memory");
    for (size_t i = 0; i < count; i++) {
        if (running == at_once())
            reap(&running);
        (void)start(run, arg, i, &results[i]);
        running++;
    }
    while (running > 0)
        reap(&running);
    for (size_t i = 0; i < count; i++) {
        rig_add(sum, &results[i]);
        if (!rig_is_sound(&results[i]) ||
            (results[i].note[0] && getenv("EXTQ_FAULTS_KEEP"))) {
            printf("case %zu: %s\n", i, results[i].note);
            /* One that came to no end has not said which scenario it is. */
            results[i].name = sum->name;
            rig_print(&results[i]);
        }
    }
    (void)munmap(results, (count + 1) * sizeof *results);
}

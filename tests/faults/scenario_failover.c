/* The primary dies, and a replica takes its place that has not got the last
 * writes. What was acknowledged and is gone, `extq reconcile` names, and
 * enqueues again; then nothing is missing. */
#include "faults/cases.h"
#include "faults/failover.h"
#include "faults/missing.h"
#include "faults/outage.h"
#include "faults/scenario.h"

#include "base/clock.h"
#include "support/wait.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    JOBS_MAX = 900,
    BEHIND_MS = 150,
    LIMIT_MS = 20000,
    SETTLE_MS = 300,
    FAILED = 1,
};

/* The acknowledged jobs as whole jobs, as a producer would have kept them. */
static struct temp_path write_ledger(const struct rig *r)
{
    struct temp_path dir = temp_dir(), path = temp_join(&r->folder, "produced");
    struct temp_path ret = temp_join(&dir, "jobs.jsonl");
    FILE *in = fopen(path.text, "re"), *out = fopen(ret.text, "we");
    char line[128], fate[16];
    unsigned job;

    ck_assert(in && out);
    while (fgets(line, sizeof line, in))
        if (sscanf(line, "%u %*s %15s", &job, fate) == 2 &&
            strcmp(fate, "acked") == 0)
            (void)fprintf(out,
                          "{\"id\":\"j-%u\",\"container\":\"acme\","
                          "\"point\":\"on-ok\",\"payload\":{\"n\":%u}}\n",
                          job, job);
    (void)fclose(in);
    (void)fclose(out);
    return ret;
}

/* What extq reconcile calls unknown, rising. */
static struct missing ask_reconcile(struct rig *r, const char *ledger,
                                    bool enqueue)
{
    struct process *p =
        extq_start(NULL, "reconcile", "--redis", redis_server_url(r->redis),
                   "--ledger", ledger, enqueue ? "--enqueue" : NULL);
    struct missing ret = {.jobs = calloc(JOBS_MAX + 1, sizeof *ret.jobs)};
    int status = process_wait(p, LIMIT_MS);
    const char *out = process_out(p);

    for (const char *line = out; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "unknown", 7) == 0 && ret.count < JOBS_MAX)
            ret.jobs[ret.count++] =
                (uint32_t)strtoul(strstr(line, "j-") + 2, NULL, 10);
    }
    if (status != (ret.count > 0 && !enqueue ? FAILED : 0))
        ck_abort_msg("reconcile ended with %d: %s", status, process_err(p));
    process_close(&p);
    return ret;
}

static bool drained(struct rig *r)
{
    bool empty = watch_open_jobs(r->watch) == 0;

    /* Afterwards: this sees the end of the last job, too. */
    rig_look(r);
    return empty;
}

/* What the replica has not got: writes of these milliseconds. The watch does
 * not look meanwhile: what happens now will not have happened. */
static void lose_writes(struct failover *f, struct rig *r)
{
    struct waiter w = {.deadline_ms = clock_mono_ms() + BEHIND_MS};

    rig_look(r);
    failover_catch_up(f, r);
    r->exposed += failover_part(f);
    while (waiter_pause(&w))
        ;
    rig_note_rejected(r);
    failover_move(f, r);
    r->faults++;
}

/* Compares what reconcile says with what the witnesses say; returns how many
 * are gone. */
static size_t reconcile(struct rig *r)
{
    struct temp_path ledger = write_ledger(r);
    struct missing named = ask_reconcile(r, ledger.text, false), again, gone;

    missing_read(&gone, r->folder.text);
    if (named.count != gone.count)
        ck_abort_msg("reconcile names %zu jobs, gone are %zu; ledgers in %s",
                     named.count, gone.count, r->folder.text);
    for (size_t i = 0; i < gone.count; i++)
        if (named.jobs[i] != gone.jobs[i])
            ck_abort_msg("reconcile names j-%u, gone is j-%u", named.jobs[i],
                         gone.jobs[i]);
    missing_clear(&gone);
    missing_clear(&named);
    again = ask_reconcile(r, ledger.text, true);
    named.count = again.count;
    missing_clear(&again);
    return named.count;
}

static void one_failover(const void *arg, size_t i, struct rig *ret)
{
    struct failover f;
    struct outage o;
    size_t gone;

    (void)arg;
    (void)snprintf(ret->note, sizeof ret->note, "failover %zu", i);
    outage_prepare(&o, "failover", "always");
    /* None that is called twice by plan: F counts jobs, not calls. */
    o.kinds = "ssod";
    failover_open(&f, o.rig);
    outage_start(&o, JOBS_MAX / OUTAGE_PER_SECOND);
    rig_pass(o.rig, SETTLE_MS + rig_roll(o.rig, 5 * SETTLE_MS));
    lose_writes(&f, o.rig);
    (void)outage_resume(o.rig);
    outage_sit_out(o.rig);
    wait_until(drained(o.rig), LIMIT_MS, "the queue to be empty");
    gone = reconcile(o.rig);
    o.rig->missed = gone;
    /* They can have been called before they were forgotten. */
    o.rig->exposed += gone;
    outage_settle(&o, ret);
    failover_close(&f);
}

START_TEST(what_a_failover_loses_is_named_and_enqueued_again)
{
    struct rig sum;
    size_t count = rig_pick(2, 2, 20);

    rig_sum_open(&sum, "failover");
    cases_run(&sum, one_failover, NULL, count);
    rig_print(&sum);
    printf("failover     %zu failovers, %d ms behind: %zu acknowledged jobs "
           "were gone; reconcile named each, and enqueued it\n",
           count, BEHIND_MS, sum.missed);
    if (!rig_is_sound(&sum))
        ck_abort_msg("figures that must be zero are not");
}
END_TEST

const TTest *scenario_failover(void)
{
    return what_a_failover_loses_is_named_and_enqueued_again;
}

#include "faults/reconcile.h"

#include "faults/missing.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { RECONCILE_MAX = 100000, LIMIT_MS = 60000, FAILED = 1 };

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
        extq_start(NULL, "reconcile", "--redis", r->url, "--ledger", ledger,
                   enqueue ? "--enqueue" : NULL);
    struct missing ret = {.jobs = calloc(RECONCILE_MAX, sizeof *ret.jobs)};
    int status = process_wait(p, LIMIT_MS);
    const char *out = process_out(p);

    for (const char *line = out; line && *line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, "unknown", 7) == 0 && ret.count < RECONCILE_MAX)
            ret.jobs[ret.count++] =
                (uint32_t)strtoul(strstr(line, "j-") + 2, NULL, 10);
    }
    if (status != (ret.count > 0 && !enqueue ? FAILED : 0))
        ck_abort_msg("reconcile ended with %d: %s", status, process_err(p));
    process_close(&p);
    return ret;
}

size_t reconcile_lost(struct rig *r)
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

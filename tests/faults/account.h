/* What a run comes to: pure arithmetic over what the witnesses wrote down.
 * Jobs are numbered from 0; a number that nobody produced is NO_JOB or beyond.
 *
 * README.md says what each figure means. */
#ifndef EXTQ_FAULTS_ACCOUNT_H
#define EXTQ_FAULTS_ACCOUNT_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NO_JOB = INT32_MAX };

enum fate {
    FATE_NONE, /* never pushed */
    FATE_ACKED,
    FATE_REFUSED,
    FATE_UNANSWERED,
};

/* The producer: one line per job pushed. */
struct produced {
    uint32_t job;
    enum fate fate;
};

/* The extension: one line per request, status 0 when it got no answer. */
struct call {
    uint32_t job, attempt;
    uint64_t epoch; /* of the lease it was made under */
    int64_t at_us;
    int status;
};

/* The outcome stream: one line per entry. */
struct entry {
    uint32_t job, attempt;
    bool terminal;
    int pid;       /* of the service that wrote it */
    int64_t at_ms; /* the server's clock */
    int status;    /* of the answer that it tells of; 0 = there was none */
};

/* A lease, as the rig saw it. */
struct reign {
    uint64_t epoch;
    int pid;
    int64_t over_ms; /* the server's clock, not before its end; 0 = runs */
};

/* All of them. Arrays are owned by whoever filled them. */
struct books {
    struct produced *produced;
    struct call *calls;
    struct entry *entries;
    struct reign *reigns;
    uint32_t *present; /* jobs found in a key in the end, a line each */
    size_t produced_count, call_count, entry_count, reign_count, present_count;
    size_t leaked; /* keys that nobody accounts for */
};

struct figures {
    size_t jobs, acked, refused, unanswered;
    size_t calls, entries;
    size_t lost, unexpected, duplicated, recovered, stuck;
    size_t contradictory, unreported, stale_accepted, leaked_keys;
};

/* ERR_MEMORY. Sorts b->calls. */
enum err account(struct books *b, struct figures *ret) must_check;

/* The sum of what must be zero whatever the fault: all but duplicated and
 * recovered. */
size_t figures_wrong(const struct figures *f);

#endif

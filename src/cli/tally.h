/* Jobs, or what became of them, counted by container, point and class, in
 * bounded memory: what finds no room any more is counted together. */
#ifndef EXTQ_CLI_TALLY_H
#define EXTQ_CLI_TALLY_H

#include "base/err.h"
#include "base/ident.h"
#include "base/span.h"
#include "cli/spread.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#include <uthash.h>

enum { TALLY_ROWS_MAX = 1000, TALLY_WORD_MAX = 48, TALLY_SAMPLE_MAX = 200 };

struct tally_name {
    char container[IDENT_MAX + 1], point[IDENT_MAX + 1];
    char class[TALLY_WORD_MAX];
};

/* Its name is hostile, and so is its sample. */
struct tally_row {
    UT_hash_handle hh;
    struct tally_name name; /* of the row "others": empty */
    uint64_t count;
    int64_t first_ms, last_ms; /* unix ms */
    struct spread times;
    char sample[TALLY_SAMPLE_MAX + 1]; /* an error; the last one seen */
};

struct tally {
    struct tally_row *rows; /* hh.next; owned */
    struct tally_row others;
    uint64_t count; /* of all */
};

/* What is counted. */
struct tally_fact {
    struct span container, point, class;
    struct span error;
    int64_t at_ms; /* unix ms */
    int64_t ms;    /* how long it took; negative: nothing did */
};

/* ERR_MEMORY. */
enum err tally_add(struct tally *t, const struct tally_fact *f) must_check;

/* Adds what the other one has. ERR_MEMORY. */
enum err tally_merge(struct tally *t, const struct tally *from) must_check;

/* Those with most first. */
void tally_sort(struct tally *t);

void tally_clear(struct tally *t);

#endif

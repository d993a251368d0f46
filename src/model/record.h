/* How a job is kept in Redis once it was claimed: a header line that extq
 * owns, then the producer's bytes.
 *
 *   <seq> <claims> <attempts> <flags> <first_ms> <history>\n<job bytes>
 *
 * While it is held for the first time it has no line yet: its field says what
 * would be in it (src/lua/begin.lua). src/lua/claim.lua bumps `claims` at each
 * later claim; everything else is written by the record stage. */
#ifndef EXTQ_MODEL_RECORD_H
#define EXTQ_MODEL_RECORD_H

#include "base/buf.h"
#include "base/err.h"
#include "base/ident.h"
#include "base/span.h"

enum { RECORD_SEQ_MAX = 48, RECORD_HISTORY_MAX = 512 };

enum record_flag {
    RECORD_REDISCOVERED = 1,   /* the last call was refused, and the cached
                                  extension forgotten: a second time is final */
    RECORD_REFUSED = 2,        /* the unit of a number in the seven bits from
                                  here on: resolve_tag of what was forgotten */
    RECORD_REFUSAL = 255,      /* both of them */
    RECORD_UNDISCOVERED = 256, /* the unit of a counter in the bits from here
                                  on: tries in a row that spent no attempt,
                                  because discovery failed or the container was
                                  in quarantine */
};

struct record {
    struct span seq;   /* in the job's fields in held hashes; unique for ever */
    uint32_t claims;   /* times claimed, this one included */
    uint32_t attempts; /* HTTP calls made so far */
    uint32_t flags;
    int64_t first_ms;    /* server time of the first claim, unix ms */
    struct span history; /* "-" or "ms,class,status;..." oldest first; where an
                            operator retried a dead job, "ms,retried,attempts"
                            (src/lua/letters.lua) */
    struct span job;     /* the producer's bytes */
};

/* Splits the text; the spans point into it. ERR_SYNTAX on anything that
 * claim.lua or record_header did not write. */
enum err record_read(struct span text, struct record *ret) must_check;

/* The same of what is held under a field, '<tag>:<seq>' for a job's first time:
 * then the text is the job, whatever is in it, and ret->seq points into the
 * field. */
enum err record_held(struct span field, struct span text,
                     struct record *ret) must_check;

/* Appends the header line, newline included, for the job's next life. With
 * class non-NULL one history entry is added, the oldest falling off when the
 * history would exceed RECORD_HISTORY_MAX, but for the last "retried". */
enum err record_header(const struct record *r, int64_t at_ms,
                       const char *class_name, int status,
                       struct buf *out) must_check;

/* When the last entry of the history was made; 0 = it has none. */
int64_t record_last_ms(const struct record *r);

/* The class of that entry; empty when there is none. */
struct span record_last_class(const struct record *r);

/* Since when, and after how many attempts, the policy's patience counts: since
 * the first claim, or since an operator retried the dead job. */
struct record_start {
    uint32_t attempts;
    int64_t first_ms;
};

struct record_start record_start(const struct record *r);

/* The id of a job whose producer gave none: "extq-<seq>", the same at every
 * claim. */
void record_id(const struct record *r, char dst[IDENT_MAX + 1]);

#endif

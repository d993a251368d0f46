/* One resolver on one loop, in front of a name server that obeys, and many who
 * ask. One per process. */
#ifndef EXTQ_SUPPORT_DNS_BED_H
#define EXTQ_SUPPORT_DNS_BED_H

#include "link/dns.h"
#include "support/dns_stub.h"
#include "support/wait.h"

enum { DNS_BED_LIMIT_MS = 20000, DNS_BED_ASKERS = 600 };

/* One who asks, and what was said. */
struct asker {
    struct dns_waiter waiter;
    unsigned done;
    struct dns_answer *answer; /* held; NULL = none in time */
};

struct dns_bed {
    uv_loop_t loop;
    struct dns_stub *stub;
    struct dns_options options; /* set before dns_bed_start */
    struct dns *dns;
    struct asker askers[DNS_BED_ASKERS];
};

extern struct dns_bed bed;

/* The stub's address is in the options, and times to live may be 1 ms. */
void dns_bed_open(void);
void dns_bed_start(void);

/* Cancels what waits, and fails the test when the loop keeps anything. */
void dns_bed_close(void);

/* One turn; always true. */
bool dns_bed_step(void);

#define until(condition, sentence)                                             \
    wait_until(dns_bed_step() && (condition), DNS_BED_LIMIT_MS, (sentence))

void ask(struct asker *a, const char *name, const char *tenant,
         int64_t limit_ms);

/* Asks as the operator, with the first of the askers; lives until the next. */
const struct dns_answer *ask_one(const char *name);

/* True when the address is among the answer's. */
bool answer_has(const struct dns_answer *a, const char *text);

#endif

/* What the files of link/dns share; nobody else includes it.
 *
 *   dns.c          who waits for what, and until when
 *   dns_name.c     names, and whose turn it is to have one asked for
 *   dns_answer.c   c-ares' results -> struct dns_answer
 *   dns_channel.c  c-ares on the event loop */
#ifndef EXTQ_LINK_DNS_INTERNAL_H
#define EXTQ_LINK_DNS_INTERNAL_H

#include "link/dns.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#include <ares.h>
#include <uthash.h>

enum { DNS_NAMES_MAX = 4096 };

enum name_state {
    NAME_IDLE,     /* in dns->idle */
    NAME_WAITING,  /* in tenant->waiting */
    NAME_RUNNING,  /* c-ares has it */
    NAME_ANSWERED, /* in dns->answered: those who wait are to be told */
};

struct dns_name {
    UT_hash_handle hh;
    TAILQ_ENTRY(dns_name) link;
    enum name_state state;
    struct dns *dns;
    struct dns_tenant *tenant;   /* charged while waiting and running */
    struct dns_channel *channel; /* while running */
    struct dns_answer *answer;   /* the last one; NULL = none yet */
    TAILQ_HEAD(, dns_waiter) waiters;
    char text[];
};

TAILQ_HEAD(dns_names, dns_name);

/* There while any of its names waits or runs. */
struct dns_tenant {
    UT_hash_handle hh;
    TAILQ_ENTRY(dns_tenant) link;
    struct dns_names waiting;
    unsigned names, running;
    bool queued; /* in dns->runnable */
    char text[];
};

/* One c-ares channel: its settings are those of when it was opened. */
struct dns_channel {
    LIST_ENTRY(dns_channel) link;
    struct dns *dns;
    ares_channel ares;
    LIST_HEAD(, dns_socket) sockets;
    unsigned running;
    bool retired; /* a newer one took its place: closed when idle */
};

/* What resolv.conf looked like. */
struct dns_stamp {
    int64_t mtime_ns, size;
    uint64_t inode;
};

struct dns {
    uv_loop_t *loop;
    struct dns_options options;
    uv_timer_t timer;
    struct dns_name *table;
    struct dns_tenant *tenants;
    struct dns_names idle, answered;
    TAILQ_HEAD(, dns_tenant) runnable;
    TAILQ_HEAD(dns_waiters, dns_waiter) deadlines; /* soonest first */
    LIST_HEAD(, dns_channel) channels;
    struct dns_channel *current[2]; /* with and without a search list */
    struct dns_stamp stamp;
    int64_t opened_ms; /* loop time of the last opening of a channel */
    unsigned running;
};

/* dns.c */

/* After c-ares ran: tells those who wait, starts the next, sets the timer.
 * Only from the loop's callbacks. */
void dns_settle(struct dns *d);

/* dns_name.c */

struct dns_name *name_find(struct dns *d, const char *text);

/* Idle, so that it may have to make room for another; NULL = out of memory. */
struct dns_name *name_make(struct dns *d, const char *text);
void name_free(struct dns_name *n);

/* Has it asked for, charged to this tenant, unless that is under way. One that
 * waits for its tenant's turn begins in another's. ERR_MEMORY. */
enum err name_want(struct dns_name *n, const char *tenant) must_check;

/* Nobody waits for it any more, and it has not begun. */
void name_give_up(struct dns_name *n);

/* Asks for as many as may run, tenant by tenant. */
void names_start(struct dns *d);

/* c-ares is through with a running name. answer may be NULL: out of memory. */
void name_answered(struct dns_name *n, struct dns_answer *answer);

/* dns_answer.c */

/* NULL when out of memory. result may be NULL. */
struct dns_answer *answer_make(const struct dns *d, int status,
                               const struct ares_addrinfo *result);

/* The same addresses, in whatever order. */
bool answer_same(const struct dns_answer *a, const struct dns_answer *b);

/* dns_channel.c */

/* Asks for the name; name_answered may come before this returns. */
void channel_ask(struct dns *d, struct dns_name *n);

/* What is due by time. */
void channel_tick(struct dns *d);

/* Closes those that are retired and idle. */
void channel_sweep(struct dns *d);
void channel_close_all(struct dns *d);

/* Milliseconds until a channel wants to be ticked, at most limit_ms. */
int64_t channel_wait_ms(struct dns *d, int64_t limit_ms);

#endif

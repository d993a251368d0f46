/* Names to addresses on an event loop, without ever blocking it.
 *
 * One per loop, on c-ares: A and AAAA together, /etc/hosts first. Questions
 * for the same name are one; answers are kept for their TTL, within bounds. No
 * tenant may have more than its share of questions under way, so that one with
 * a dead name server stalls nobody else. Addresses never come here. */
#ifndef EXTQ_LINK_DNS_H
#define EXTQ_LINK_DNS_H

#include "base/err.h"

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>
#include <uv.h>

enum { DNS_NAME_MAX = 254, DNS_SERVERS_MAX = 256, DNS_ADDRESSES_MAX = 256 };

/* 0 = what stands behind it. */
struct dns_options {
    char servers[DNS_SERVERS_MAX]; /* "192.0.2.1,[2001:db8::1]:5353"; empty =
                                      those of /etc/resolv.conf, read again
                                      when it changes or they fail */
    int64_t ttl_min_ms;            /* 1 s */
    int64_t ttl_max_ms;            /* 60 s */
    unsigned running_max;          /* questions under way: 256 */
    unsigned tenant_max;           /* of one tenant: 8 */
};

union dns_address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

/* What a name came to. Reference-counted within one loop; a newer answer that
 * says the same is the same answer, with a later end. */
struct dns_answer {
    unsigned refs;
    int64_t until_ms; /* loop time */
    const char *why;  /* static text, when count is 0 */
    size_t count;
    union dns_address at[]; /* all of them, ports 0, best first */
};

struct dns_answer *dns_hold(struct dns_answer *answer);

/* Gives one reference back and sets the pointer to NULL; NULL is fine. */
void dns_drop(struct dns_answer **answer);

struct dns;
struct dns_name;

/* One who waits for an answer: the caller's memory, zero at first. */
struct dns_waiter {
    void *arg;
    /* Once, from the loop, never from inside dns_ask. answer is borrowed for
     * the call; NULL = none came in time. */
    void (*done)(void *arg, struct dns_answer *answer);

    TAILQ_ENTRY(dns_waiter) same_name, by_deadline; /* dns.c's from here on */
    struct dns *dns;
    struct dns_name *name; /* NULL = not waiting */
    int64_t deadline_ms;
};

struct dns_question {
    const char *name;   /* in lower case, at most DNS_NAME_MAX bytes; a name
                           with a dot in it is complete as it is */
    const char *tenant; /* who is charged; NULL = the operator */
    int64_t limit_ms;
};

/* Once per process, before any thread and after all of them. */
enum err dns_global_open(void) must_check;
void dns_global_close(void);

/* options is copied. ERR_MEMORY, ERR_IO. */
enum err dns_open(uv_loop_t *loop, const struct dns_options *options,
                  struct dns **ret) must_check;

/* Nobody waits any more (dns_cancel). Memory goes when the loop has run its
 * close callbacks. Sets *d to NULL; NULL is fine. */
void dns_close(struct dns **d);

/* What is known now, or NULL; borrowed. */
struct dns_answer *dns_known(struct dns *d, const char *name);

/* Waits for an answer. ERR_MEMORY, ERR_LIMIT (the name is too long). */
enum err dns_ask(struct dns *d, const struct dns_question *question,
                 struct dns_waiter *w) must_check;

/* done is not called any more; nothing happens when w does not wait. */
void dns_cancel(struct dns_waiter *w);

#endif

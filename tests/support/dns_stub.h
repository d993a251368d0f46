/* A name server on 127.0.0.1, UDP and TCP, in a thread of its own: it answers
 * by rules, lies and keeps silent when told to, and counts what it was asked.
 */
#ifndef EXTQ_SUPPORT_DNS_STUB_H
#define EXTQ_SUPPORT_DNS_STUB_H

#include <stdbool.h>
#include <stdint.h>

enum dns_stub_act {
    STUB_ANSWER,
    STUB_SILENT,   /* no answer at all */
    STUB_TRUNCATE, /* an empty, truncated answer over UDP; all of it by TCP */
    STUB_GARBAGE,  /* bytes that are no answer */
};

/* Zero is the default of each field: an empty answer. Texts are borrowed.
 * Answers that do not fit into 512 bytes are truncated over UDP. */
struct dns_stub_rule {
    const char *name; /* "a.test"; "*.test" = what ends so; NULL = every name */
    enum dns_stub_act act;
    unsigned rcode;                   /* 2 = SERVFAIL, 3 = NXDOMAIN */
    uint32_t ttl;                     /* seconds */
    const char *a, *aaaa;             /* "192.0.2.1,192.0.2.2" */
    const char *other_a, *other_aaaa; /* instead, each second time */
    const char *cname;                /* stands between */
    bool loop;                        /* the cname points back */
    bool silent_cname;                /* it is not said that it does */
    unsigned many;                    /* so many A records, 52.0.0.1 and on */
};

struct dns_stub;

/* Fails the test when it cannot. Names without a rule get NXDOMAIN. */
struct dns_stub *dns_stub_open(void);

/* Sets *s to NULL; NULL is fine. */
void dns_stub_close(struct dns_stub **s);

/* Of several that match, the last added counts. At most 64. */
void dns_stub_add(struct dns_stub *s, const struct dns_stub_rule *rule);
#define dns_stub_on(s, ...)                                                    \
    dns_stub_add((s), &(struct dns_stub_rule){__VA_ARGS__})

/* "127.0.0.1:port"; lives as long as the stub. */
const char *dns_stub_server(const struct dns_stub *s);

/* How often it was asked for A (or AAAA) of the name; NULL = of all names. */
unsigned dns_stub_count(struct dns_stub *s, const char *name, bool aaaa);

/* Questions that came by TCP. */
unsigned dns_stub_tcp_count(struct dns_stub *s);

#endif

/* A proxy between services and Redis that understands what passes: it counts
 * commands, and at the one that a rule names it breaks something. A thread of
 * its own; TCP on 127.0.0.1 in, a unix socket out. */
#ifndef EXTQ_FAULTS_PROXY_H
#define EXTQ_FAULTS_PROXY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum proxy_act {
    PROXY_KILL,      /* SIGKILL of .pid; the connection ends */
    PROXY_REPLACE,   /* .text instead of the reply */
    PROXY_SWALLOW,   /* no reply, nor any other on this connection */
    PROXY_DELAY,     /* the reply, and all behind it, .ms late */
    PROXY_TRUNCATE,  /* half of the reply, then an orderly end */
    PROXY_DRIP,      /* the reply byte by byte, one each .ms; until a rule
                        changes */
    PROXY_RESET,     /* RST */
    PROXY_HALF_OPEN, /* reads nothing and writes nothing any more */
    PROXY_CUT_UP,    /* nothing passes to Redis any more, replies still do */
};

/* Where it strikes. */
enum proxy_when {
    PROXY_BEFORE,  /* instead of passing the command on */
    PROXY_AFTER,   /* when Redis has carried it out: instead of its reply */
    PROXY_REPLIED, /* right after the reply was passed on */
};

struct proxy_rule {
    const char *command; /* as resp_name says; NULL = every command */
    unsigned connection; /* 1 = the first that was accepted; 0 = any */
    unsigned nth;        /* 1 = the first that matches; 0 = every one */
    enum proxy_when when;
    enum proxy_act act;
    const char *text; /* borrowed */
    int64_t ms;
    pid_t pid;
};

struct proxy;

/* Fails the test when it cannot. The path is copied. */
struct proxy *proxy_open(const char *redis_socket);
void proxy_close(struct proxy **p);

/* "redis://127.0.0.1:<port>"; lives as long as the proxy. */
const char *proxy_url(const struct proxy *p);

/* What to break; replaces an earlier rule. NULL: nothing. Counting for .nth
 * begins here. */
void proxy_rule(struct proxy *p, const struct proxy_rule *rule);

/* A second rule beside it, for what has to go wrong first; NULL: none. */
void proxy_also(struct proxy *p, const struct proxy_rule *rule);

/* How often the rule of proxy_rule struck. */
unsigned proxy_struck(struct proxy *p);

/* Commands of that name so far (NULL = of any name). */
unsigned proxy_count(struct proxy *p, const char *name);

/* The i-th name that passed, from 0; NULL when there are fewer. */
const char *proxy_name(struct proxy *p, size_t i);

/* Connections accepted so far. */
unsigned proxy_connections(struct proxy *p);

/* Commands and new connections in the busiest second since proxy_rule. */
unsigned proxy_busiest(struct proxy *p);

/* Prints it: each connection, with its commands and their times in ms. */
void proxy_print_busiest(struct proxy *p);

#endif

/* A Redis reply as extq sees it: read-only, borrowed, whatever its shape. */
#ifndef EXTQ_LINK_REPLY_H
#define EXTQ_LINK_REPLY_H

#include "base/span.h"

struct reply; /* hiredis's redisReply behind a name of ours */

enum reply_kind {
    REPLY_NIL,
    REPLY_TEXT,
    REPLY_NUMBER,
    REPLY_LIST,
    REPLY_ERROR
};

/* What an error reply asks of us (Redis source: server.c, script.c). */
enum reply_fault {
    FAULT_NONE,        /* not an error reply */
    FAULT_NO_FUNCTION, /* our library is not loaded there */
    FAULT_LEASE,       /* our own function: this epoch owns nothing */
    FAULT_MEMORY,      /* OOM: over maxmemory */
    FAULT_AWAY,        /* LOADING, READONLY, MASTERDOWN, UNBLOCKED,
                          CLUSTERDOWN, MISCONF, NOREPLICAS, BUSY, TRYAGAIN,
                          MOVED, ASK, max clients: not executed, try later */
    FAULT_DENIED,      /* NOAUTH, WRONGPASS, NOPERM, DENIED: configuration */
    FAULT_OTHER,
};

enum reply_kind reply_kind(const struct reply *r);
enum reply_fault reply_fault(const struct reply *r);

/* READONLY, MASTERDOWN or CLUSTERDOWN: whoever says so is no primary, or lost
 * its cluster. */
bool reply_is_of_replica(const struct reply *r);

/* MOVED: another node of the cluster has the slot. */
bool reply_is_moved(const struct reply *r);

/* The bytes of a text, status or error reply; an empty span otherwise. */
struct span reply_span(const struct reply *r);

/* An error reply in words for a log: without what Redis repeats of the
 * command, and with what to do about it where that is known. Cut to size. */
void reply_explain(const struct reply *r, char *dst, size_t size);

/* The value of a number, or of a text that is one; otherwise 0. */
int64_t reply_number(const struct reply *r);

/* A list's length (0 for other kinds) and its elements; NULL past the end.
 * NULL reads as REPLY_NIL everywhere here. */
size_t reply_count(const struct reply *r);
const struct reply *reply_at(const struct reply *r, size_t i);

/* Of a reply to HELLO: whether it comes from a primary, or from a node of a
 * cluster. */
bool reply_is_primary(const struct reply *hello);
bool reply_is_node(const struct reply *hello);

/* "1.2.0": the hiredis this was compiled with; it has no runtime version. */
const char *reply_hiredis_version(void);

#endif

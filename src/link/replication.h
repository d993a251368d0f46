/* What a Redis server says of its place among others: a primary with its
 * replicas, or a replica; read from the answer to INFO replication. */
#ifndef EXTQ_LINK_REPLICATION_H
#define EXTQ_LINK_REPLICATION_H

#include "base/span.h"

struct replication {
    bool known;
    bool replica;       /* of another server: it takes no writes */
    bool linked;        /* to its primary, just now; of a replica */
    char primary[320];  /* "host:port"; of a replica */
    unsigned replicas;  /* that are connected */
    unsigned online;    /* of them, those that have all but the last writes */
    uint64_t silent_s;  /* since the quietest one last told what it has */
    bool guarded;       /* writes want replicas (min-replicas-to-write) */
    uint64_t guardians; /* of which so many are well */
};

/* Reads INFO's text; what is missing stays 0. */
struct replication replication_read(struct span info);

#endif

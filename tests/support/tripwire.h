/* A listener that nobody may ever reach. It counts connections and ends
 * them. */
#ifndef EXTQ_SUPPORT_TRIPWIRE_H
#define EXTQ_SUPPORT_TRIPWIRE_H

#include <stdbool.h>

struct tripwire {
    int fd, port;
    unsigned connections;
};

/* Moves the test into a network of its own, where this host also is
 * 169.254.169.254, 10.99.0.1 and, as if it were public, 52.99.0.1; before any
 * thread is started. False, and said aloud, where that is not permitted. */
bool tripwire_isolate(void);

/* On every address of this host, IPv4 and IPv6. */
void tripwire_open(struct tripwire *t);

/* On one IPv4 address and port only. */
void tripwire_open_at(struct tripwire *t, const char *address, int port);

/* Takes what came meanwhile; returns the count so far. */
unsigned tripwire_count(struct tripwire *t);
void tripwire_close(struct tripwire *t);

#endif

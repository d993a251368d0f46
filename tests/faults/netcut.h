/* Faults of the network itself: a network namespace of the test's own, in
 * which packets of one port are dropped, or answered with RST. */
#ifndef EXTQ_FAULTS_NETCUT_H
#define EXTQ_FAULTS_NETCUT_H

#include <stdbool.h>

enum netcut {
    NETCUT_BOTH,  /* nothing passes, and nothing says so */
    NETCUT_TO,    /* nothing reaches the port */
    NETCUT_FROM,  /* nothing comes from it */
    NETCUT_RESET, /* everything that is sent to it is refused */
    NETCUTS,
};

extern const char *const netcut_names[NETCUTS];

/* Moves this process, which has no other threads yet, into a namespace with
 * nothing but a loopback. False, and says so, where that is not allowed. */
bool netcut_open(void);

/* Breaks or mends what goes to and from the TCP port. Fails the test when it
 * cannot. */
void netcut_break(enum netcut how, int port);
void netcut_mend(void);

#endif

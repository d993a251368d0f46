/* Ports of 127.0.0.1 for servers that cannot choose one themselves. */
#ifndef EXTQ_SUPPORT_PORT_H
#define EXTQ_SUPPORT_PORT_H

#include <stdbool.h>

/* One that is free just now; nobody else is likely to take it. */
int port_free(void);

/* Whether a server listens there by now. */
bool port_listens(int port);

/* A port at which connections are never taken, and the system's queue of them
 * is full. */
int port_full(void);

#endif

/* Ports of 127.0.0.1 for servers that cannot choose one themselves. */
#ifndef EXTQ_SUPPORT_PORT_H
#define EXTQ_SUPPORT_PORT_H

/* One that is free just now; nobody else is likely to take it. */
int port_free(void);

#endif

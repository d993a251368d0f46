/* Where the ops port is, for the service that listens there and for those who
 * ask it. */
#ifndef EXTQ_SERVICE_OPS_ADDRESS_H
#define EXTQ_SERVICE_OPS_ADDRESS_H

#include "base/err.h"

#include <netdb.h>

/* Looks up "host:port" or "[host]:port", as ops.listen has it, of which the
 * configuration has made sure. *ret is for freeaddrinfo. ERR_CONFIG with a
 * sentence that names the key. */
enum err ops_address_find(const char *listen, struct addrinfo **ret,
                          struct why *why) must_check;

#endif

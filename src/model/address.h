/* Which addresses extq may connect to: pure, on the real sockaddr.
 *
 * IPv4: everything but the deny list below. IPv6: only 2000::/3 minus the
 * list; an IPv4 address inside an IPv6 one is judged as IPv4. Sources: the
 * IANA special-purpose registries (iana-ipv4/ipv6-special-registry), plus
 * cloud metadata addresses. */
#ifndef EXTQ_MODEL_ADDRESS_H
#define EXTQ_MODEL_ADDRESS_H

#include "base/err.h"
#include "base/span.h"

#include <sys/socket.h>

enum { ADDRESS_RANGES_MAX = 64 };

/* A CIDR block; IPv4 in the last 4 bytes behind ::ffff:0:0. */
struct address_range {
    unsigned char bytes[16];
    unsigned bits; /* of 128 */
};

/* Operator's exceptions: "10.1.2.0/24", "127.0.0.1", "fd00::/8". */
struct address_policy {
    struct address_range allow[ADDRESS_RANGES_MAX];
    size_t allow_count;
};

/* Reads one CIDR or address. ERR_SYNTAX. */
enum err address_range_read(struct span text,
                            struct address_range *ret) must_check;

/* True when connecting is permitted. Families other than IPv4 and IPv6, and
 * scoped IPv6 addresses, are refused. */
bool address_allowed(const struct address_policy *policy,
                     const struct sockaddr *addr);

#endif

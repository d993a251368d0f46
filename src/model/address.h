/* Which addresses extq may connect to: pure, on the real sockaddr.
 *
 * IPv4: everything but the list in address.c. IPv6: only 2000::/3 minus the
 * list, so IPv4 inside IPv6 (mapped, NAT64, 6to4, Teredo) is refused. Sources:
 * the IANA special-purpose registries (iana-ipv4/ipv6-special-registry), plus
 * a cloud's host address that is in none. */
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

/* Operator's exceptions: "10.1.2.0/24", "127.0.0.1", "fd00::/8". A mapped
 * address is excepted as the IPv4 address inside; "::/0" excepts no IPv4; NAT64
 * (64:ff9b::/96) opens only what is permitted as IPv4. */
struct address_policy {
    struct address_range allow[ADDRESS_RANGES_MAX];
    size_t allow_count;
};

/* Reads one CIDR or address; bits behind the prefix are cleared. ERR_SYNTAX,
 * with *ret unchanged. */
enum err address_range_read(struct span text,
                            struct address_range *ret) must_check;

/* True when connecting is permitted. Families other than IPv4 and IPv6, and
 * scoped IPv6 addresses, are refused. */
bool address_allowed(const struct address_policy *policy,
                     const struct sockaddr *addr);

/* True when one of the exceptions names the address, given as 16 bytes. */
bool address_excepted(const struct address_policy *policy,
                      const unsigned char at[16]);

enum { PORT_RANGES_MAX = 32 };

/* Which ports URLs may name; none listed = every port. */
struct port_policy {
    struct port_range {
        uint16_t first, last;
    } allow[PORT_RANGES_MAX];
    size_t allow_count;
};

/* Reads "443" or "1024-65535". ERR_SYNTAX, with *ret unchanged. */
enum err port_range_read(struct span text, struct port_range *ret) must_check;

bool port_allowed(const struct port_policy *policy, uint16_t port);

#endif

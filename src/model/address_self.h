/* Which of the addresses that the policy permits are this host's, or extq's
 * own doors: Redis and the ops port. Pure. */
#ifndef EXTQ_MODEL_ADDRESS_SELF_H
#define EXTQ_MODEL_ADDRESS_SELF_H

#include "model/address.h"

#include <stdint.h>

enum { ADDRESS_DOORS_MAX = 32 };

/* IPv4 in the last 4 bytes behind ::ffff:0:0. */
struct address_door {
    unsigned char bytes[16];
    uint16_t port;
    uint16_t anywhere; /* 1 = nobody knows its address: it may be any */
};

struct address_self {
    unsigned char (*own)[16]; /* of the interfaces; borrowed */
    size_t own_count;
    struct address_door doors[ADDRESS_DOORS_MAX];
    size_t door_count;
};

/* The address as 16 bytes, an IPv4 address inside NAT64 or a mapped one as that
 * address. False for families other than IPv4 and IPv6. */
bool address_flatten(const struct sockaddr *addr, unsigned char ret[16]);

/* Adds the address and port; no more than fit. */
void address_add_door(struct address_self *self, const struct sockaddr *addr,
                      uint16_t port);

/* The same where the address is not known: the port is closed everywhere. */
void address_add_hidden_door(struct address_self *self, uint16_t port);

/* True when connecting is permitted: the policy permits it, it is no door, and
 * it is no interface's unless the policy's exceptions name it. A door on this
 * host is one under every address of this host. */
bool address_is_open(const struct address_policy *policy,
                     const struct address_self *self,
                     const struct sockaddr *addr);

#endif

#include "model/address_self.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

static const unsigned char v4_front[12] = {[10] = 0xff, [11] = 0xff};
static const unsigned char nat64_front[12] = {0, 0x64, 0xff, 0x9b};
static const unsigned char zeros[15];

bool address_flatten(const struct sockaddr *addr, unsigned char ret[16])
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (addr->sa_family == AF_INET) {
        memcpy(&v4, addr, sizeof v4);
        memcpy(ret, v4_front, sizeof v4_front);
        memcpy(ret + sizeof v4_front, &v4.sin_addr, 4);
        return true;
    }
    if (addr->sa_family != AF_INET6)
        return false;
    memcpy(&v6, addr, sizeof v6);
    memcpy(ret, v6.sin6_addr.s6_addr, 16);
    if (memcmp(ret, nat64_front, sizeof nat64_front) == 0)
        memcpy(ret, v4_front, sizeof v4_front);
    return true;
}

static uint16_t port_of(const struct sockaddr *addr)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (addr->sa_family == AF_INET) {
        memcpy(&v4, addr, sizeof v4);
        return ntohs(v4.sin_port);
    }
    memcpy(&v6, addr, sizeof v6);
    return ntohs(v6.sin6_port);
}

void address_add_door(struct address_self *self, const struct sockaddr *addr,
                      uint16_t port)
{
    struct address_door *door = &self->doors[self->door_count];

    if (self->door_count < ADDRESS_DOORS_MAX &&
        address_flatten(addr, door->bytes)) {
        door->port = port;
        self->door_count++;
    }
}

void address_add_hidden_door(struct address_self *self, uint16_t port)
{
    if (self->door_count < ADDRESS_DOORS_MAX)
        self->doors[self->door_count++] =
            (struct address_door){.port = port, .anywhere = 1};
}

static bool is_interface(const struct address_self *self,
                         const unsigned char at[16])
{
    for (size_t i = 0; i < self->own_count; i++)
        if (memcmp(self->own[i], at, 16) == 0)
            return true;
    return false;
}

/* Loopback, "any", or an interface's. */
static bool is_here(const struct address_self *self, const unsigned char at[16])
{
    if (memcmp(at, v4_front, sizeof v4_front) == 0)
        return at[12] == 127 || at[12] == 0 || is_interface(self, at);
    return (memcmp(at, zeros, 15) == 0 && at[15] <= 1) ||
           is_interface(self, at);
}

static bool is_door(const struct address_self *self, const unsigned char at[16],
                    uint16_t port)
{
    for (size_t i = 0; i < self->door_count; i++) {
        const struct address_door *door = &self->doors[i];

        if (door->port == port &&
            (door->anywhere || memcmp(door->bytes, at, 16) == 0 ||
             (is_here(self, door->bytes) && is_here(self, at))))
            return true;
    }
    return false;
}

bool address_is_open(const struct address_policy *policy,
                     const struct address_self *self,
                     const struct sockaddr *addr)
{
    unsigned char at[16];

    if (!address_allowed(policy, addr) || !address_flatten(addr, at))
        return false;
    if (is_door(self, at, port_of(addr)))
        return false;
    return !is_interface(self, at) || address_excepted(policy, at);
}

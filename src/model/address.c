#include "model/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { V4_BITS = 96 }; /* what stands in front of an IPv4 address */

#define V4(a, b, c, d, n)                                                      \
    {                                                                          \
        {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, a, b, c, d}, V4_BITS + (n)  \
    }
#define V6(a, b, c, n)                                                         \
    {                                                                          \
        {(a) >> 8, (a)&0xff, (b) >> 8, (b)&0xff, (c) >> 8, (c)&0xff}, n        \
    }

static const struct address_range denied[] = {
    V4(0, 0, 0, 0, 8),            /* this network */
    V4(10, 0, 0, 0, 8),           /* private */
    V4(100, 64, 0, 0, 10),        /* shared (carrier NAT) */
    V4(127, 0, 0, 0, 8),          /* loopback */
    V4(168, 63, 129, 16, 32),     /* Azure's host; in no registry */
    V4(169, 254, 0, 0, 16),       /* link-local, cloud metadata */
    V4(172, 16, 0, 0, 12),        /* private */
    V4(192, 0, 0, 0, 24),         /* protocol assignments */
    V4(192, 0, 2, 0, 24),         /* documentation */
    V4(192, 31, 196, 0, 24),      /* AS112 */
    V4(192, 52, 193, 0, 24),      /* AMT */
    V4(192, 88, 99, 0, 24),       /* 6to4 relays */
    V4(192, 168, 0, 0, 16),       /* private */
    V4(192, 175, 48, 0, 24),      /* AS112 */
    V4(198, 18, 0, 0, 15),        /* benchmarks */
    V4(198, 51, 100, 0, 24),      /* documentation */
    V4(203, 0, 113, 0, 24),       /* documentation */
    V4(224, 0, 0, 0, 4),          /* multicast */
    V4(240, 0, 0, 0, 4),          /* reserved, broadcast */
    V6(0x2001, 0, 0, 23),         /* Teredo and other assignments */
    V6(0x2001, 0x0db8, 0, 32),    /* documentation */
    V6(0x2002, 0, 0, 16),         /* 6to4 */
    V6(0x2620, 0x4f, 0x8000, 48), /* AS112 */
    V6(0x3ffe, 0, 0, 16),         /* the former 6bone */
    V6(0x3fff, 0, 0, 20),         /* documentation */
};

static const struct address_range global_v6 = V6(0x2000, 0, 0, 3);
static const struct address_range all_v4 = V4(0, 0, 0, 0, 0);
static const struct address_range nat64 = V6(0x0064, 0xff9b, 0, 96);

static bool in_range(const unsigned char at[16], const struct address_range *r)
{
    unsigned bytes = r->bits / 8, bits = r->bits % 8;

    if (memcmp(at, r->bytes, bytes) != 0)
        return false;
    return bits == 0 || (at[bytes] ^ r->bytes[bytes]) >> (8 - bits) == 0;
}

static bool is_denied(const unsigned char at[16])
{
    for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++)
        if (in_range(at, &denied[i]))
            return true;
    return false;
}

/* "::/0" is about IPv6: only a range written as IPv4 opens IPv4. */
bool address_excepted(const struct address_policy *policy,
                      const unsigned char at[16])
{
    bool v4 = in_range(at, &all_v4);

    for (size_t i = 0; i < policy->allow_count; i++) {
        const struct address_range *r = &policy->allow[i];
        if (in_range(at, r) && (!v4 || r->bits >= V4_BITS))
            return true;
    }
    return false;
}

static bool v4_allowed(const struct address_policy *policy,
                       const unsigned char v4[4])
{
    unsigned char at[16];

    memcpy(at, all_v4.bytes, V4_BITS / 8);
    memcpy(at + V4_BITS / 8, v4, 4);
    return address_excepted(policy, at) || !is_denied(at);
}

static bool v6_allowed(const struct address_policy *policy,
                       const unsigned char at[16])
{
    if (!address_excepted(policy, at))
        return in_range(at, &global_v6) && !is_denied(at);
    /* A site that opens NAT64 has not opened the private IPv4 behind it. */
    return !in_range(at, &nat64) || v4_allowed(policy, at + V4_BITS / 8);
}

bool address_allowed(const struct address_policy *policy,
                     const struct sockaddr *addr)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;

    if (addr->sa_family == AF_INET) {
        memcpy(&v4, addr, sizeof(v4));
        return v4_allowed(policy, (const unsigned char *)&v4.sin_addr);
    }
    if (addr->sa_family != AF_INET6)
        return false;
    memcpy(&v6, addr, sizeof(v6));
    return v6.sin6_scope_id == 0 && v6_allowed(policy, v6.sin6_addr.s6_addr);
}

enum err port_range_read(struct span text, struct port_range *ret)
{
    struct span last_text = text, first_text = span_cut(&last_text, '-');
    uint64_t first, last;

    if (!span_number(first_text, &first))
        return ERR_SYNTAX;
    last = first;
    if (first_text.len < text.len && !span_number(last_text, &last))
        return ERR_SYNTAX;
    if (first < 1 || last > 65535 || first > last)
        return ERR_SYNTAX;
    *ret = (struct port_range){(uint16_t)first, (uint16_t)last};
    return ERR_OK;
}

bool port_allowed(const struct port_policy *policy, uint16_t port)
{
    for (size_t i = 0; i < policy->allow_count; i++)
        if (port >= policy->allow[i].first && port <= policy->allow[i].last)
            return true;
    return policy->allow_count == 0;
}

/* Writes the address as 16 bytes; *ret_bits is the width of its kind. */
static bool read_address(struct span text, struct address_range *ret,
                         unsigned *ret_bits)
{
    char copy[INET6_ADDRSTRLEN];

    if (!span_copy(text, copy, sizeof(copy)) || strlen(copy) != text.len)
        return false;
    *ret = all_v4;
    *ret_bits = 32;
    if (inet_pton(AF_INET, copy, ret->bytes + V4_BITS / 8) == 1)
        return true;
    *ret_bits = 128;
    return inet_pton(AF_INET6, copy, ret->bytes) == 1;
}

static void mask(struct address_range *r)
{
    for (unsigned i = 0; i < 16; i++) {
        unsigned keep = r->bits > i * 8 ? r->bits - i * 8 : 0;
        if (keep < 8)
            r->bytes[i] &= (unsigned char)(0xff00u >> keep);
    }
}

enum err address_range_read(struct span text, struct address_range *ret)
{
    struct span bits_text = text, address;
    struct address_range range;
    unsigned width;
    uint64_t bits;

    if (text.len == 0)
        return ERR_SYNTAX;
    address = span_cut(&bits_text, '/');
    if (!read_address(address, &range, &width))
        return ERR_SYNTAX;
    bits = width;
    if (address.len < text.len &&
        (!span_number(bits_text, &bits) || bits > width))
        return ERR_SYNTAX;
    range.bits = 128 - width + (unsigned)bits;
    mask(&range);
    *ret = range;
    return ERR_OK;
}

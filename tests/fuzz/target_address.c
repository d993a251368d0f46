/* Where extq may connect to: ranges, ports, the URLs of extensions and of
 * Redis. The first sixteen bytes are an address. */
#include "fuzz/fuzz.h"
#include "link/discovery_backend.h"
#include "link/http_internal.h"
#include "link/redis.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

static struct sockaddr_in6 six(const unsigned char at[16])
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6};

    memcpy(&a.sin6_addr, at, 16);
    return a;
}

/* No address that holds an IPv4 address, and none of this host's, passes. */
static void check_default(const unsigned char at[16])
{
    static const struct address_policy none;
    struct sockaddr_in6 a = six(at);
    struct sockaddr_in v4 = {.sin_family = AF_INET};

    if (address_allowed(&none, (const struct sockaddr *)&a)) {
        check((at[0] & 0xe0) == 0x20);
        check(!IN6_IS_ADDR_V4MAPPED(&a.sin6_addr));
        check(!(at[0] == 0x20 && at[1] == 0x02)); /* 6to4 */
        a.sin6_scope_id = 1;
        check(!address_allowed(&none, (const struct sockaddr *)&a));
    }
    memcpy(&v4.sin_addr, at + 12, 4);
    if (address_allowed(&none, (const struct sockaddr *)&v4))
        check(at[12] != 0 && at[12] != 10 && at[12] != 127 && at[12] < 224 &&
              !(at[12] == 192 && at[13] == 168) &&
              !(at[12] == 169 && at[13] == 254) &&
              !(at[12] == 172 && at[13] >> 4 == 1));
}

/* Mapped, or behind NAT64: these are judged as the IPv4 address inside. */
static bool holds_v4(const unsigned char at[16])
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};

    return memcmp(at, mapped, 12) == 0 || memcmp(at, nat64, 12) == 0;
}

static void check_range(struct span text, const unsigned char at[16])
{
    struct address_policy policy = {.allow_count = 1};
    struct address_range *range = &policy.allow[0];
    struct port_policy ports = {.allow_count = 1};
    struct sockaddr_in6 a = six(at);

    if (address_range_read(text, range) == ERR_OK) {
        check(range->bits <= 128);
        for (unsigned bit = range->bits; bit < 128; bit++)
            check(!(range->bytes[bit / 8] >> (7 - bit % 8) & 1));
        check(address_excepted(&policy, range->bytes));
        if (address_excepted(&policy, at) && !holds_v4(at))
            check(address_allowed(&policy, (const struct sockaddr *)&a));
    }
    if (port_range_read(text, &ports.allow[0]) == ERR_OK)
        check(ports.allow[0].first <= ports.allow[0].last &&
              port_allowed(&ports, ports.allow[0].last));
}

static bool is_lower(const char *host)
{
    for (; *host; host++)
        if (*host >= 'A' && *host <= 'Z')
            return false;
    return true;
}

static void check_host(const char *host)
{
    static const char deployment[] = "sandbox.example.com";
    size_t len = strlen(host), end = strlen(deployment);

    if (host_is_ours(host, deployment, ""))
        check(len >= end && strcmp(host + len - end, deployment) == 0 &&
              (len == end || host[len - end - 1] == '.'));
}

/* Of what is accepted nothing is left that could lead elsewhere, and it is
 * accepted again, as the same. */
static void check_target(const char *url)
{
    static const struct http_options options = {.allow_http = true};
    struct http_target *t, *again;
    struct why why = {""};

    if (http_target_open(&options, url, NULL, &t, &why)) {
        check(why.text[0]);
        check(fuzz_is_shown(why.text));
        return;
    }
    check(fuzz_is_shown(t->url));
    check(!strchr(t->url, '#') && !strchr(t->url, ' '));
    check(is_lower(http_target_host(t)));
    check(!http_target_open(&options, t->url, NULL, &again, &why));
    check(strcmp(t->url, again->url) == 0);
    check(strcmp(http_target_host(t), http_target_host(again)) == 0);
    check(t->port == again->port && t->host_hash == again->host_hash);
    check_host(http_target_host(t));
    http_target_close(&again);
    http_target_close(&t);
}

static void check_redis(const char *url)
{
    struct redis_address address;
    struct why why = {""};
    char text[512];

    if (redis_address_read(url, &address, &why)) {
        check(why.text[0]);
        check(fuzz_is_shown(why.text));
        return;
    }
    check(1 == (address.place.host[0] != '\0') + (address.socket[0] != '\0') +
                   (address.primary[0] != '\0') + address.cluster);
    check((address.primary[0] || address.cluster) == (address.guide_count > 0));
    check(!address.cluster || address.db == 0);
    check(!address.place.host[0] ||
          (address.place.port > 0 && address.place.port < 65536));
    check(address.db >= 0);
    redis_address_text(&address, text, sizeof text);
    check(fuzz_is_shown(text));
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    static const unsigned char zero[16];
    const unsigned char *at = len >= 16 ? bytes : zero;
    struct span rest = fuzz_span(bytes, len);
    char *text;

    if (len >= 16)
        rest = (struct span){rest.at + 16, rest.len - 16};
    text = fuzz_text(rest);
    check_default(at);
    check_range(rest, at);
    check_target(text);
    check_redis(text);
    free(text);
    return 0;
}

#include "link/dns_internal.h"

#include <stdlib.h>
#include <string.h>

/* A name that is not there may be there soon; trouble on the way may pass
 * sooner. */
enum { NO_NAME_MS = 5000, TROUBLE_MS = 1000 };

struct dns_answer *dns_hold(struct dns_answer *answer)
{
    answer->refs++;
    return answer;
}

void dns_drop(struct dns_answer **ret)
{
    struct dns_answer *answer = *ret;

    *ret = NULL;
    if (answer && --answer->refs == 0)
        free(answer);
}

static const char *explain(int status)
{
    switch (status) {
    case ARES_ENOTFOUND:
        return "there is no such name";
    case ARES_SUCCESS:
    case ARES_ENODATA:
        return "the name has no address";
    case ARES_ETIMEOUT:
        return "the name server does not answer";
    case ARES_ECONNREFUSED:
        return "the name server fails or is unreachable";
    case ARES_ESERVFAIL:
        return "the name server failed";
    case ARES_EREFUSED:
        return "the name server refuses";
    case ARES_EBADNAME:
        return "it is not a name";
    default:
        return ares_strerror(status);
    }
}

static bool is_definite(int status)
{
    return status == ARES_ENOTFOUND || status == ARES_ENODATA ||
           status == ARES_SUCCESS || status == ARES_EBADNAME;
}

static bool is_address(const struct ares_addrinfo_node *node)
{
    return (node->ai_family == AF_INET &&
            node->ai_addrlen >= sizeof(struct sockaddr_in)) ||
           (node->ai_family == AF_INET6 &&
            node->ai_addrlen >= sizeof(struct sockaddr_in6));
}

static size_t count_addresses(const struct ares_addrinfo *result)
{
    size_t count = 0;

    if (!result)
        return 0;
    for (const struct ares_addrinfo_node *n = result->nodes; n; n = n->ai_next)
        count += is_address(n);
    return count;
}

static int64_t ttl_ms(const struct dns *d, const struct ares_addrinfo *result)
{
    int64_t ms = d->options.ttl_max_ms;

    for (const struct ares_addrinfo_node *n = result->nodes; n; n = n->ai_next)
        if (n->ai_ttl * (int64_t)1000 < ms)
            ms = n->ai_ttl * (int64_t)1000;
    for (const struct ares_addrinfo_cname *c = result->cnames; c; c = c->next)
        if (c->ttl * (int64_t)1000 < ms)
            ms = c->ttl * (int64_t)1000;
    return ms > d->options.ttl_min_ms ? ms : d->options.ttl_min_ms;
}

static void copy_address(union dns_address *to,
                         const struct ares_addrinfo_node *node)
{
    union dns_address from = {.any = {.sa_family = AF_UNSPEC}};

    memset(to, 0, sizeof *to);
    if (node->ai_family == AF_INET) {
        memcpy(&from.v4, node->ai_addr, sizeof from.v4);
        to->v4.sin_family = AF_INET;
        to->v4.sin_addr = from.v4.sin_addr;
        return;
    }
    memcpy(&from.v6, node->ai_addr, sizeof from.v6);
    to->v6.sin6_family = AF_INET6;
    to->v6.sin6_addr = from.v6.sin6_addr;
    to->v6.sin6_scope_id = from.v6.sin6_scope_id;
}

static struct dns_answer *answer_alloc(const struct dns *d, size_t count)
{
    struct dns_answer *a = calloc(1, sizeof *a + count * sizeof a->at[0]);

    if (!a)
        return NULL;
    a->refs = 1;
    a->until_ms = (int64_t)uv_now(d->loop);
    return a;
}

struct dns_answer *answer_make(const struct dns *d, int status,
                               const struct ares_addrinfo *result)
{
    size_t count = count_addresses(result);
    /* What cannot be looked at whole is not looked at. */
    bool crowd = count > DNS_ADDRESSES_MAX;
    struct dns_answer *a = answer_alloc(d, crowd ? 0 : count);

    if (!a)
        return NULL;
    if (count == 0 || crowd) {
        a->why = crowd ? "the name has too many addresses" : explain(status);
        a->until_ms += is_definite(status) ? NO_NAME_MS : TROUBLE_MS;
        return a;
    }
    for (const struct ares_addrinfo_node *n = result->nodes; n; n = n->ai_next)
        if (is_address(n))
            copy_address(&a->at[a->count++], n);
    a->until_ms += ttl_ms(d, result);
    return a;
}

static bool is_same(const union dns_address *a, const union dns_address *b)
{
    if (a->any.sa_family != b->any.sa_family)
        return false;
    if (a->any.sa_family == AF_INET)
        return a->v4.sin_addr.s_addr == b->v4.sin_addr.s_addr;
    return a->v6.sin6_scope_id == b->v6.sin6_scope_id &&
           memcmp(&a->v6.sin6_addr, &b->v6.sin6_addr, sizeof a->v6.sin6_addr) ==
               0;
}

static bool has(const struct dns_answer *a, const union dns_address *x)
{
    for (size_t i = 0; i < a->count; i++)
        if (is_same(&a->at[i], x))
            return true;
    return false;
}

bool answer_same(const struct dns_answer *a, const struct dns_answer *b)
{
    if (a->count != b->count || a->count == 0)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!has(a, &b->at[i]) || !has(b, &a->at[i]))
            return false;
    return true;
}

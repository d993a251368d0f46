#include "link/http_internal.h"

#include "link/redis_nodes.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <string.h>

enum { READ_AGAIN_MS = 60000 };

static size_t count_interfaces(const struct ifaddrs *all)
{
    size_t count = 0;

    for (; all; all = all->ifa_next)
        count++;
    return count;
}

/* Loopback is the policy's business. */
static bool is_loopback(const unsigned char at[16])
{
    static const unsigned char v6[16] = {[15] = 1};
    static const unsigned char v4[13] = {[10] = 0xff, 0xff, 127};

    return memcmp(at, v6, sizeof v6) == 0 || memcmp(at, v4, sizeof v4) == 0;
}

static void read_interfaces(struct address_self *places)
{
    struct ifaddrs *all = NULL;

    if (getifaddrs(&all) != 0)
        return;
    places->own = calloc(count_interfaces(all) + 1, sizeof places->own[0]);
    for (const struct ifaddrs *i = all; i && places->own; i = i->ifa_next) {
        unsigned char *at = places->own[places->own_count];

        if (i->ifa_addr && address_flatten(i->ifa_addr, at) && !is_loopback(at))
            places->own_count++;
    }
    freeifaddrs(all);
}

static bool same(const struct address_self *a, const struct address_self *b)
{
    return a->own_count == b->own_count && a->door_count == b->door_count &&
           (a->own_count == 0 ||
            memcmp(a->own, b->own, a->own_count * sizeof a->own[0]) == 0) &&
           memcmp(a->doors, b->doors, a->door_count * sizeof a->doors[0]) == 0;
}

/* False when it is a name. */
static bool add_numeric(struct address_self *places, const char *host,
                        uint16_t port)
{
    union dns_address at = {.v4 = {.sin_family = AF_INET}};

    if (inet_pton(AF_INET, host, &at.v4.sin_addr) != 1) {
        at = (union dns_address){.v6 = {.sin6_family = AF_INET6}};
        if (inet_pton(AF_INET6, host, &at.v6.sin6_addr) != 1)
            return false;
    }
    address_add_door(places, &at.any, port);
    return true;
}

static void add_door(struct address_self *places, const struct http_door *door,
                     const struct door_watch *watch)
{
    const struct dns_answer *answer = watch->answer;

    for (size_t i = 0; answer && i < answer->count; i++)
        address_add_door(places, &answer->at[i].any, door->port);
    if (watch->hidden)
        address_add_hidden_door(places, door->port);
    if (!answer && !watch->hidden)
        (void)add_numeric(places, door->host, door->port);
}

/* By what the cluster calls them. Names are its own: nobody says that ours are
 * the same. */
static void add_nodes(struct address_self *places, struct http *h)
{
    struct redis_place known[REDIS_NODES_MAX];
    unsigned count;

    h->self.version = redis_nodes_version(h->options.nodes);
    count = redis_nodes_known(h->options.nodes, known);
    for (unsigned i = 0; i < count; i++)
        if (!add_numeric(places, known[i].host, (uint16_t)known[i].port))
            address_add_hidden_door(places, (uint16_t)known[i].port);
}

/* What was vetted by the old state is vetted again. */
static void rebuild(struct http *h)
{
    struct http_self *self = &h->self;
    struct address_self places;

    memset(&places, 0, sizeof places);
    read_interfaces(&places);
    for (size_t i = 0; i < HTTP_DOORS; i++)
        add_door(&places, &h->options.doors[i], &self->doors[i]);
    add_nodes(&places, h);
    if (!places.own || same(&places, &self->places)) {
        free(places.own);
        return;
    }
    free(self->places.own);
    self->places = places;
    self->generation++;
}

static void door_found(void *arg, struct dns_answer *answer)
{
    struct door_watch *door = arg;

    bool found = answer && answer->count > 0;

    /* What was known still holds while names cannot be looked up. Where nothing
     * was, the client of Redis may know more names than we do: a tenant's URL
     * must not lead there by another one. */
    door->hidden = !found && !door->answer;
    if (found) {
        dns_drop(&door->answer);
        door->answer = dns_hold(answer);
    }
    rebuild(door->http);
}

static bool is_name(const char *host)
{
    unsigned char at[16];

    return host[0] && inet_pton(AF_INET, host, at) != 1 &&
           inet_pton(AF_INET6, host, at) != 1;
}

static void look_up_doors(struct http *h)
{
    for (size_t i = 0; i < HTTP_DOORS; i++) {
        struct door_watch *door = &h->self.doors[i];
        const struct dns_question question = {.name = h->options.doors[i].host,
                                              .limit_ms = READ_AGAIN_MS / 2};

        if (!is_name(question.name) || door->waiter.name)
            continue;
        door->http = h;
        door->waiter.arg = door;
        door->waiter.done = door_found;
        /* Without memory: in a minute. */
        if (dns_ask(h->dns, &question, &door->waiter) != ERR_OK)
            continue;
    }
}

void self_refresh(struct http *h)
{
    int64_t now = (int64_t)uv_now(h->loop);

    if (h->self.read && now - h->self.read_ms < READ_AGAIN_MS &&
        h->self.version == redis_nodes_version(h->options.nodes))
        return;
    h->self.read = true;
    h->self.read_ms = now;
    rebuild(h);
    look_up_doors(h);
}

void self_close(struct http *h)
{
    for (size_t i = 0; i < HTTP_DOORS; i++) {
        dns_cancel(&h->self.doors[i].waiter);
        dns_drop(&h->self.doors[i].answer);
    }
    free(h->self.places.own);
    h->self.places.own = NULL;
    h->self.places.own_count = 0;
}

#include "link/http_share.h"

#include <stdlib.h>

static struct hosts *slot_of(struct http *h, uint32_t hash)
{
    return &h->hosts[hash & (HOST_SLOTS - 1)];
}

struct host *host_hold(struct http *h, uint32_t hash)
{
    struct host *host;

    SLIST_FOREACH(host, slot_of(h, hash), next)
    if (host->hash == hash) {
        host->refs++;
        return host;
    }
    host = calloc(1, sizeof *host);
    if (!host)
        return NULL;
    host->http = h;
    host->hash = hash;
    host->refs = 1;
    SLIST_INSERT_HEAD(slot_of(h, hash), host, next);
    return host;
}

struct host *host_ref(struct host *host)
{
    host->refs++;
    return host;
}

void host_drop(struct host **ret)
{
    struct host *host = *ret;

    *ret = NULL;
    if (!host || --host->refs > 0)
        return;
    SLIST_REMOVE(slot_of(host->http, host->hash), host, host, next);
    free(host);
}

/* A host's shares are in the order in which it takes lanes. */
static struct lane *lane_at(const struct host *host, unsigned place)
{
    return &host->http->lanes[(host->hash + place) & (LANES - 1)];
}

static unsigned place_of(const struct host *host, const struct lane *lane)
{
    return ((unsigned)(lane - host->http->lanes) - host->hash) & (LANES - 1);
}

/* Those of an earlier turn of the lane have their connections. */
static unsigned claims(const struct host *host, unsigned place)
{
    const struct share *share = &host->shares[place];

    return share->turn == lane_at(host, place)->turn ? share->claimed : 0;
}

/* Where nothing is idle a connection is opened: on the first lane with room,
 * or the least busy one. */
static unsigned roomiest(const struct host *host)
{
    unsigned best = 0;

    for (unsigned place = 0; place < LANES; place++) {
        if (host->shares[place].busy < LANE_HOST_BUSY)
            return place;
        if (host->shares[place].busy < host->shares[best].busy)
            best = place;
    }
    return best;
}

struct lane *host_lane(const struct host *host)
{
    for (uint64_t left = host->idle; left; left &= left - 1) {
        unsigned place = (unsigned)__builtin_ctzll(left);

        if (host->shares[place].idle > claims(host, place))
            return lane_at(host, place);
    }
    return lane_at(host, roomiest(host));
}

void host_begin(struct host *host, const struct lane *lane)
{
    unsigned place = place_of(host, lane);
    struct share *share = &host->shares[place];

    if (lane_multiplexes(lane))
        return;
    share->claimed = (uint16_t)(claims(host, place) + 1);
    share->turn = lane->turn;
    share->busy++;
}

void host_end(struct host *host, const struct lane *lane)
{
    if (!lane_multiplexes(lane))
        host->shares[place_of(host, lane)].busy--;
}

void host_offer(struct host *host, const struct lane *lane)
{
    unsigned place = place_of(host, lane);

    if (lane_multiplexes(lane))
        return;
    host->shares[place].idle++;
    host->idle |= UINT64_C(1) << place;
}

void host_withdraw(struct host *host, const struct lane *lane)
{
    unsigned place = place_of(host, lane);

    if (lane_multiplexes(lane))
        return;
    if (--host->shares[place].idle == 0)
        host->idle &= ~(UINT64_C(1) << place);
}

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

void host_drop(struct host **ret)
{
    struct host *host = *ret;

    *ret = NULL;
    if (!host || --host->refs > 0)
        return;
    SLIST_REMOVE(slot_of(host->http, host->hash), host, host, next);
    free(host);
}

/* Connections for HTTP/2 are libcurl's to find. */
static void note_free(struct berth *b)
{
    bool is_free = b->idle > b->claimed && b->lane->kind != LANE_SHARED;

    if (is_free && !b->is_free)
        LIST_INSERT_HEAD(&b->host->free, b, of_host);
    else if (!is_free && b->is_free)
        LIST_REMOVE(b, of_host);
    b->is_free = is_free;
}

static struct berth *berth_make(struct host *host, struct lane *lane)
{
    struct berth *b = calloc(1, sizeof *b);

    if (!b)
        return NULL;
    b->host = host;
    b->lane = lane;
    b->refs = 1;
    host->refs++;
    LIST_INSERT_HEAD(&lane->berths, b, of_lane);
    return b;
}

struct berth *berth_ref(struct berth *b)
{
    b->refs++;
    return b;
}

struct berth *berth_hold(struct host *host, struct lane *lane)
{
    struct berth *b;

    LIST_FOREACH(b, &lane->berths, of_lane)
    if (b->host == host)
        return berth_ref(b);
    return berth_make(host, lane);
}

struct berth *berth_choose(struct host *host, bool secure)
{
    struct berth *b = LIST_FIRST(&host->free);
    struct lane *lane;

    if (b)
        return berth_ref(b);
    lane = lane_roomy(host->http, secure);
    return lane ? berth_hold(host, lane) : NULL;
}

/* No socket holds it, so that none of its connections is idle. */
static void berth_free(struct berth *b)
{
    if (b->claimed)
        LIST_REMOVE(b, claims);
    LIST_REMOVE(b, of_lane);
    host_drop(&b->host);
    free(b);
}

void berth_drop(struct berth **ret)
{
    struct berth *b = *ret;

    *ret = NULL;
    if (b && --b->refs == 0)
        berth_free(b);
}

void berth_begin(struct berth *b)
{
    lane_count(b->lane, 1, 0);
    if (!b->is_free)
        return;
    if (b->claimed++ == 0)
        LIST_INSERT_HEAD(&b->lane->claimed, b, claims);
    note_free(b);
}

void berth_end(struct berth *b)
{
    lane_count(b->lane, -1, 0);
}

void berth_offer(struct berth *b)
{
    b->idle++;
    lane_count(b->lane, 0, 1);
    note_free(b);
}

void berth_withdraw(struct berth *b)
{
    b->idle--;
    lane_count(b->lane, 0, -1);
    note_free(b);
}

void berths_settle(struct lane *lane)
{
    struct berth *b;

    while ((b = LIST_FIRST(&lane->claimed))) {
        LIST_REMOVE(b, claims);
        b->claimed = 0;
        note_free(b);
    }
}

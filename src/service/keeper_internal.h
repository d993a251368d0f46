/* What the files of the keeper share; nobody else includes it.
 *
 *   keeper.c       the thread, its timers, coming and going
 *   keeper_link.c  one connection, and whether the Redis there is fit
 *   keeping.c      one queue: join, tick, giving back what others left */
#ifndef EXTQ_SERVICE_KEEPER_INTERNAL_H
#define EXTQ_SERVICE_KEEPER_INTERNAL_H

#include "model/meter.h"
#include "model/patience.h"
#include "model/sweep.h"
#include "service/keeper.h"
#include "service/rewriting.h"

enum { ENDED_MAX = 16 };

/* To the one server; in a cluster, for one queue. */
struct keeper_link {
    struct keeper *keeper;
    struct redis *redis;
    struct queue *queue; /* the only one, or the first of all */
    uv_timer_t recheck;  /* while this Redis is not fit */
    struct rewriting rewriting;
    bool in_touch;
    bool refused, risk_told, library_told; /* each is said once */
    bool replica_told; /* until a primary is there, nothing more is said */
};

struct keeping {
    struct keeper *keeper;
    struct keeper_link *link;
    struct queue *queue;
    struct sweep sweep;
    uv_timer_t timer; /* the next tick */
    struct patience_turn turn;
    char epoch[EPOCH_MAX]; /* "" = not joined */
    bool asked;            /* a join, tick or release is under way */
    bool missing;          /* the library was, when asked last */
    bool refusal_told[2];  /* was logged since Redis last agreed to give: [0]
                              the lease, [1] jobs back */
    bool mine;             /* the release under way is of our own epoch */
    bool left;             /* our epoch is given back, for good */
    int64_t sent_ms;       /* clock_boot_ms when what is asked was sent */
    int64_t ticked_ms;     /* clock_boot_ms when the last tick was sent */
    int64_t trim_ms;       /* monotonic: the dead are looked at again then */
    int64_t server_ms;     /* the server's clock at the last tick, unix ms */
    char ended[ENDED_MAX][EPOCH_MAX]; /* epochs to give back */
    size_t ended_count;
};

struct keeper {
    struct shared *shared;
    const struct config *config;
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    struct pulse pulse;
    struct meter redis_ups;
    atomic_bool in_touch; /* on each link */
    struct keeper_link *links;
    size_t link_count;
    struct patience patience; /* with them */
    struct keeping *keepings; /* one per queue */
    char about[512];          /* who we are, JSON, for the services hash */
    atomic_bool leaving, ended;
    int64_t leave_by_ms; /* monotonic */
};

/* keeper_link.c: q is the queue that it leads to, or one of all. ERR_MEMORY,
 * ERR_IO. */
enum err keeper_link_open(struct keeper_link *l, struct keeper *k,
                          struct queue *q) must_check;

/* Its handles go when the loop has run. */
void keeper_link_close(struct keeper_link *l);

/* It carries writes out: it is a primary (again). */
void keeper_link_obeyed(struct keeper_link *l);

/* Does what is next for the queue: join, give back, tick. */
void keeping_go_on(struct keeping *q);

/* Gives our epoch back; looks again at the latest after within_ms. */
void keeping_leave(struct keeping *q, int64_t within_ms);

/* Plans the next tick; a retry noted meanwhile brings it forward. */
void keeping_plan(struct keeping *q);

/* The connection is up (uptime of the server, 0 = unknown) or gone. */
void keeping_up(struct keeping *q, int64_t uptime_ms);
void keeping_down(struct keeping *q);

#endif

/* Shuts and opens gates in Redis, for all services at once, and learns what
 * others did to them. What a gate means for a job at hand is not decided
 * here. */
#ifndef EXTQ_STAGES_GATE_H
#define EXTQ_STAGES_GATE_H

#include "link/gate_news.h"
#include "link/keys.h"
#include "link/redis.h"

enum gate_end {
    GATE_TOLD,
    GATE_AGAIN,   /* refused without effect: try again soon */
    GATE_UNKNOWN, /* no reply, or one that says nothing. A change may have been
                     made: making it again, or reading, does no harm */
};

struct gate_told {
    enum gate_end end;
    int64_t now_ms;  /* unix ms by the server's clock */
    int64_t version; /* of a read: changes up to this one were told; of a shut
                        or open: of the last change, to anything */
    bool changed;    /* of a shut or open: it had an effect */
    bool whole;      /* of a read: forget what is not in here; all other gates
                        follow with this and later versions */
    size_t count;    /* rows: of a shut or open one, as the gate is now */
    const struct reply *reply; /* gate_told_row reads it; lives for the call */
};

/* One call under way; the caller's memory, untouched until done. */
struct gate_call {
    struct redis *redis;
    const struct queue_keys *keys;
    size_t outcomes_max; /* entries kept in the outcome stream */
    const char *by;      /* the outcome's `worker` field */
    void *arg;
    void (*done)(void *arg, const struct gate_told *told);
};

/* What a gate becomes. */
struct gate_shutting {
    enum gate_kind kind; /* CIRCUIT, WAIT, GONE or PAUSED */
    int64_t wait_ms;     /* until the first probe; -1 = until somebody says */
    uint32_t step;       /* failed probes in a row, this one included */
    const char *mark;    /* one word, see struct gate_state; NULL = none */
    const char *why;     /* for people; cleaned and cut here */
    int64_t probe_ms;    /* a probe's end: the gate's until_ms as claim_parked
                            told it with the probe; otherwise 0 */
};

/* Shuts it. Without effect (changed = false, the row tells why): on a paused
 * one, unless by PAUSED; on a gone one, unless by GONE or PAUSED; where it is
 * shut longer already, and no probe has failed since. The end of the probe
 * that the gate waits for decides over all but a pause. Each call here calls
 * done exactly once unless it fails: ERR_REDIS when Redis is down,
 * ERR_MEMORY. */
enum err gate_shut(struct gate_call *call, const char *gate,
                   const struct gate_shutting *what) must_check;

/* Opens it: what is parked may go, as far as limits allow. `only` names the
 * kind that it must have; GATE_NONE = any. */
enum err gate_open(struct gate_call *call, const char *gate,
                   enum gate_kind only, const char *why) must_check;

/* Opens one that was shut for a while, unless that was changed meanwhile:
 * ends_ms is its until_ms. */
enum err gate_end(struct gate_call *call, const char *gate, enum gate_kind only,
                  int64_t ends_ms) must_check;

/* What changed after that version, up to `limit` gates; 0 = tell all. Ask
 * again with told.version while others name a higher one. After a reconnection
 * ask from 0: another Redis may answer. */
enum err gates_read(struct gate_call *call, int64_t since,
                    unsigned limit) must_check;

/* The i-th row (i < count). */
void gate_told_row(const struct gate_told *told, size_t i,
                   struct gate_news *ret);

enum { GATE_WORDS = 17 };

/* One of these commands, for a connection that waits for its replies. */
struct gate_words {
    const char *at[GATE_WORDS];
    char number[4][24];
    char why[GATE_WHY_MAX + 1];
};

/* op is "shut" or "open"; for the latter `what` has `only` as its kind, and
 * why. The words borrow from all that is given here. */
void gate_words(struct gate_words *ret, const struct gate_call *call,
                const char *op, const char *gate,
                const struct gate_shutting *what);

/* Reads what a shut or open, or a read, was answered with. */
void gate_told_read(const struct reply *reply, struct gate_told *ret);

#endif

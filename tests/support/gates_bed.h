/* Gates without a Redis behind them: what it would have told is written here,
 * and time is a number. */
#ifndef EXTQ_SUPPORT_GATES_BED_H
#define EXTQ_SUPPORT_GATES_BED_H

#include "service/gates.h"

struct gates_bed {
    struct config *config;
    struct gates *gates;
    int64_t now_us;
    int version;    /* that answers have: of the last news, unless set */
    unsigned queue; /* that Redis tells of; 0 unless set */
};

/* With that configuration, one service alone, and nothing in Redis. */
struct gates_bed gates_bed_open(const char *yaml);
void gates_bed_close(struct gates_bed *b);

/* A job of queue 0 enters: true when it may be called. */
bool gates_bed_enter(struct gates_bed *b, struct gate_pass *pass,
                     const char *container, const char *point);

/* It leaves, and no change follows. */
void gates_bed_leave(struct gates_bed *b, struct gate_pass *pass);

/* Its call ended so; returns how many changes follow. */
unsigned gates_bed_judge(struct gates_bed *b, struct gate_pass *pass,
                         const struct outcome *outcome,
                         struct gate_change ret[GATE_CHANGES_MAX]);

/* Redis agrees with the change: the gate has that state and so many parked
 * jobs. until_ms in states counts from now. */
void gates_bed_agree(struct gates_bed *b, struct gate_change *change,
                     const char *state, int parked);

/* Redis tells of one gate, as news after version `since` that were asked for;
 * whole: and of no other one. */
void gates_bed_tell(struct gates_bed *b, int version, bool whole,
                    const char *rows);

/* Takes up to room; with gate NULL nothing is expected, otherwise one take of
 * that gate. Returns how many jobs. */
unsigned gates_bed_take(struct gates_bed *b, unsigned room, const char *gate,
                        struct gate_take *ret);

/* The answer to the take: the gate's state afterwards. True when a change
 * follows. */
bool gates_bed_took(struct gates_bed *b, struct gate_take *take,
                    const char *state, int parked, struct gate_change *ret);

#endif

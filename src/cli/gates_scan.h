/* The gates of a queue as they are in Redis. Read by HSCAN, a page at a time:
 * nobody waits for it, and it takes no more than reading, and no function
 * library. */
#ifndef EXTQ_CLI_GATES_SCAN_H
#define EXTQ_CLI_GATES_SCAN_H

#include "cli/connect.h"
#include "link/keys.h"
#include "model/gate_state.h"

enum { GATE_MARK_MAX = 63 };

/* Everything in it may be hostile: who has Redis can write it. */
struct gate_row {
    const char *queue; /* borrowed */
    char name[GATE_NAME_SIZE];
    enum gate_kind kind;
    int64_t since_ms, until_ms; /* as in struct gate_state */
    uint32_t step;
    uint64_t parked;   /* jobs that wait there */
    int64_t oldest_ms; /* first claim of the foremost of them; 0 = not known */
    char mark[GATE_MARK_MAX + 1];
    char why[GATE_WHY_MAX + 1];
};

struct gate_rows {
    struct gate_row *at; /* owned */
    size_t count, room;
};

/* NULL = any. */
struct gates_wanted {
    const char *container, *point;
};

/* Appends the queue's gates that are shut or hold jobs, each once. What cannot
 * be read as a state is GATE_PAUSED. ERR_REDIS, ERR_MEMORY, ERR_REPLY with the
 * refusal in *ret_reply; the rows are for gate_rows_clear in every case. */
enum err gates_scan(struct connection *c, const char *queue,
                    const struct gates_wanted *wanted, struct gate_rows *rows,
                    const struct reply **ret_reply) must_check;

/* Fills in oldest_ms of `count` rows. Errors as above. */
enum err gates_oldest(struct connection *c, struct gate_row *rows, size_t count,
                      const struct reply **ret_reply) must_check;

/* Reads a state as Redis has it into all but queue, name and parked. */
void gate_row_read(struct gate_row *row, struct span state);

/* Its container and point, "" for all points. False when the name is no
 * gate's: all of it is then the container. */
bool gate_row_split(const struct gate_row *row, struct span *ret_container,
                    struct span *ret_point);

/* Those that came last first. */
void gate_rows_newest_first(struct gate_rows *rows);

/* Those with most jobs first. */
void gate_rows_longest_first(struct gate_rows *rows);

void gate_rows_clear(struct gate_rows *rows);

#endif

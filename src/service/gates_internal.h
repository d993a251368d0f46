/* What the files of the gates share; nobody else includes it. The lock is held
 * wherever these are called.
 *
 *   gates.c        the table; jobs enter and leave
 *   gates_limit.c  how many may run
 *   gates_line.c   what waits for what
 *   gates_times.c  lines by the time at which they go on
 *   gates_take.c   parked jobs are taken up
 *   gates_judge.c  what calls say about a gate
 *   gates_news.c   what Redis says
 *   gates_pause.c  whole queues wait */
#ifndef EXTQ_SERVICE_GATES_INTERNAL_H
#define EXTQ_SERVICE_GATES_INTERNAL_H

#include "service/gates.h"
#include "service/gates_figures.h"

#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#define HASH_NONFATAL_OOM 1
#include <stdatomic.h>
#include <sys/queue.h>
#include <uthash.h>
#include <uv.h>

enum { GATES_IDLE_MAX = 8192 };

enum place { NOWHERE, READY, TIMED, BLOCKED };

struct gate_line {
    LIST_ENTRY(gate_line) of_gate, of_queue;
    struct gate *gate;
    unsigned queue;
    enum gate_kind kind; /* as Redis has it, or as we asked for */
    int64_t until_us;    /* while shut; INT64_MAX = until somebody says */
    uint32_t step;
    char mark[GATE_MARK_SIZE], why[GATE_WHY_MAX + 1];
    bool waiting;     /* jobs are parked there, as far as we know */
    bool asked;       /* a take is under way */
    bool joined;      /* by a job meanwhile, which its answer may not know of */
    bool changing;    /* a change is under way */
    bool stale;       /* not told yet while everything is told anew */
    int64_t heard;    /* version of the last news while an answer was awaited */
    unsigned parking; /* jobs on their way there */
    int64_t busy_us;  /* the last of them was told to wait; 0 = none was */
    TAILQ_ENTRY(gate_line) busy;
    unsigned probing; /* jobs whose end it waits for */

    enum place place;
    TAILQ_ENTRY(gate_line) link; /* READY, BLOCKED */
    struct gate *blocker;        /* BLOCKED */
    int64_t when_us;             /* TIMED */
    size_t index;                /* TIMED */
};

TAILQ_HEAD(gate_lines, gate_line);
LIST_HEAD(line_list, gate_line);

struct gate {
    UT_hash_handle hh;
    struct gate *container;      /* NULL: it is a container's */
    const struct policy *policy; /* NULL: likewise */
    uint32_t running;            /* jobs let in, and places reserved */
    uint32_t allowance;          /* see GATE_START */
    uint32_t extensions;         /* gates that have it as their container */
    struct gate_pace pace;
    struct gate_window window;
    struct line_list lines;
    struct gate_lines blocked; /* wait until it lets another job in */
    bool idle;
    TAILQ_ENTRY(gate) rest; /* while idle */
    char name[];
};

/* Lines in the order of their when_us. */
struct times {
    struct gate_line **heap; /* owned; when_us of n <= of 2n+1 and 2n+2 */
    size_t count, size;
};

struct gate_peers {
    uint32_t services, rank;
};

/* What operators want of the queue as a whole. */
struct queue_pause {
    struct gate_pause is;
    atomic_llong until_us; /* monotonic; 0 = not paused, INT64_MAX = until
                              somebody says */
    int64_t again_us;      /* that it is over is told again then */
    bool stale;            /* as in struct gate_line */
    bool untold;           /* changed since gates_pause_changed */
};

/* What a service took for its peers until lately: others may go by it yet. */
struct former_peers {
    struct gate_peers peers;
    int64_t until_us;
};

enum { FORMER_MAX = 8 };

struct gates_queue {
    struct queue_pause pause;
    struct line_list lines;
    atomic_uint line_count;
    struct gate_lines ready;
    struct gate_lines busy; /* jobs were parked there, the last one first */
    struct times times;
    struct gate_peers peers;
    struct former_peers former[FORMER_MAX]; /* the oldest first */
    unsigned former_count;
    int64_t version, seen; /* what we know of, what there is */
    int64_t since;         /* of the question under way */
    int64_t ask_us;        /* no question before */
    bool asking, loading;
    atomic_bool news; /* there may be something to ask for */
    atomic_bool known;
    struct gate_turns turns;
};

TAILQ_HEAD(gate_rest, gate);

struct gates {
    const struct config *config;
    uv_mutex_t lock;
    struct gate *table;
    struct gate_rest rest; /* idle ones, the oldest first */
    size_t idle_count;
    struct gates_queue queues[QUEUES_MAX];
};

static inline bool gate_is_shut(enum gate_kind kind)
{
    return kind > GATE_FULL;
}

/* gates.c */

/* The gate, made if need be; point "" = the container's. NULL when out of
 * memory. */
struct gate *gate_find(struct gates *g, const char *container,
                       const char *point);

/* It rests when nothing refers to it, and is forgotten when many rest. */
void gate_rest(struct gates *g, struct gate *gate);

/* Counts jobs in, and out, which lets others in. */
void gate_count_in(struct gates *g, struct gate *gate, uint32_t count);
void gate_count_out(struct gates *g, struct gate *gate, uint32_t count);

/* gates_limit.c */

/* How many more jobs of the queue it lets in, whether shut or not. */
uint32_t gate_space(const struct gates *g, const struct gate *gate,
                    unsigned queue);

/* The most that the start's allowance is of use for. */
uint32_t gate_limit(const struct gates *g, const struct gate *gate,
                    unsigned queue);

/* Between two of its calls; 0 = no rate. */
int64_t gate_interval(const struct gates *g, const struct gate *gate,
                      unsigned queue);

/* gates_line.c */

/* The queue's line at the gate; made if need be, NULL when out of memory. */
struct gate_line *line_find(const struct gate *gate, unsigned queue);
struct gate_line *line_make(struct gates *g, struct gate *gate, unsigned queue);

/* Puts it where it belongs by what it is now; frees it when it is nothing, and
 * returns false. */
bool line_place(struct gates *g, struct gate_line *line, int64_t now_us);

/* A job is to wait there. */
void line_park(struct gates *g, struct gate_line *line, int64_t now_us);

/* Out of every list, for the time being. */
void line_detach(struct gates *g, struct gate_line *line);

/* It goes on at that time, or when that gate lets another job in. */
void line_wait(struct gates *g, struct gate_line *line, int64_t when_us);
void line_block(struct gates *g, struct gate_line *line, struct gate *blocker);

/* Any line but this one (NULL = any) keeps the gate shut. */
bool gate_is_closed(const struct gate *gate, const struct gate_line *but);

/* The gate lets a job of the queue in, whatever the line `but` says. */
bool gate_lets_in(const struct gates *g, const struct gate *gate,
                  unsigned queue, const struct gate_line *but);

/* If it does, the first of those that it blocked goes on. */
void gate_wake(struct gates *g, struct gate *gate);

/* gates_limit.c */

/* The peers are others now; until then the former ones count as well. */
void peers_become(struct gates_queue *q, struct gate_peers peers,
                  int64_t until_us);

/* Forgets former ones whose time is over; true when there were some. */
bool peers_settle(struct gates_queue *q, int64_t now_us);

/* All lines of the queue look again. */
void lines_wake(struct gates *g, unsigned queue, int64_t now_us);

/* What the line is from now on; a gate that opens by it starts slowly. */
void line_become(struct gates *g, struct gate_line *line, enum gate_kind kind);

/* The same by what Redis told. */
void line_learn(struct gates *g, struct gate_line *line,
                const struct gate_report *report);

/* The same for an answer about the line alone. News that came before it, and
 * are of a later time, are asked for again. */
void line_answered(struct gates *g, struct gate_line *line,
                   const struct gate_report *report);

/* gates_judge.c */

/* The job that the line waits for ended without a verdict: the next one may go
 * at once. True when Redis is to be told. */
bool gate_probe_over(struct gates *g, struct gate_pass *pass, int64_t now_us,
                     struct gate_change *ret);

/* The line opens if it is of its present kind. */
void gate_open_change(struct gates *g, struct gate_line *line, const char *why,
                      struct gate_change *ret);

/* Until when a gate is shut, monotonic; INT64_MAX = until somebody says. */
int64_t gate_until_us(const struct gate_report *report);

/* gates_pause.c */

/* What Redis has of the queue's own gate. */
void pause_learn(struct queue_pause *p, const struct gate_report *report);

/* gates_times.c */

/* Room for so many; false when out of memory. */
bool times_reserve(struct times *t, size_t count);
void times_add(struct times *t, struct gate_line *line);
void times_remove(struct times *t, struct gate_line *line);
void times_close(struct times *t);

#endif

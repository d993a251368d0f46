/* The gates of one pool: which extensions and containers may be called now, by
 * what this process has under way and by what all services agreed on in Redis.
 * One table for all threads; every function may be called from any of them.
 *
 * A job enters, is called, is judged and leaves; or it is parked. Parked jobs
 * are taken up again by whichever worker has room:
 *
 *   gates_enter -> pass   -> gates_judge -> gates_leave
 *              `-> parked ----------------> gates_leave
 *   gates_take -> claim_parked -> gates_pass -> gates_took
 *
 * Times are the monotonic clock's, in us. A queue is its index in the
 * configuration. */
#ifndef EXTQ_SERVICE_GATES_H
#define EXTQ_SERVICE_GATES_H

#include "model/extension.h"
#include "model/outcome.h"
#include "service/config.h"
#include "stages/gate.h"

struct gates;
struct gate;
struct gate_line; /* a gate as one queue has it: its state, its parked jobs */

/* config outlives it. ERR_MEMORY. */
enum err gates_open(const struct config *config, struct gates **ret) must_check;

/* Once nothing uses it any more; what is in flight need not have left. NULL is
 * fine; sets *g to NULL. */
void gates_close(struct gates **g);

/* One job's dealings with its gates, from its claim to its end; begins as
 * zeros, or by gates_pass, with the queue. */
struct gate_pass {
    unsigned queue;
    struct gate *container, *extension; /* where it counts; NULL = nowhere */
    struct gate_line *probe;   /* which waits for what comes of this job */
    struct gate_line *parked;  /* where it is on its way to */
    int64_t probe_ms;          /* see struct gate_shutting */
    char mark[GATE_MARK_SIZE]; /* of a probe of an extension that was gone:
                                  what it was then; otherwise empty */
};

/* Whether the job may be called. If not, pass->parked is set: it is to be
 * parked at gates_parked_at, behind those that wait there. ERR_MEMORY: neither.
 */
enum err gates_enter(struct gates *g, struct gate_pass *pass,
                     const struct extension_key *key,
                     int64_t now_us) must_check;

/* The name of that gate; lives until the pass has left. */
const char *gates_parked_at(const struct gate_pass *pass);

/* Where jobs of the queue were parked just now, the last one first: who claims
 * more of them may have Redis park them at once. Returns how many. */
enum { GATES_BUSY_MAX = 8 };
unsigned gates_busy(struct gates *g, unsigned queue, int64_t now_us,
                    char ret[GATES_BUSY_MAX][GATE_NAME_SIZE]);

/* A job that has entered goes back to its extension's line after all, behind
 * the others; pass->parked is set. ERR_MEMORY: it is not. */
enum err gates_send_back(struct gates *g, struct gate_pass *pass) must_check;

/* What is to be told to Redis, with gate_shut or gate_open; it holds here
 * already. gates_changed takes it back. */
struct gate_change {
    struct gate_line *line;
    const char *gate; /* its name; lives until gates_changed */
    enum gate_kind kind;
    bool opens; /* if it is of that kind; otherwise it shuts with the rest */
    bool fresh; /* it was not shut before */
    int64_t wait_ms, probe_ms;
    uint32_t step;
    char mark[GATE_MARK_SIZE], why[GATE_WHY_MAX + 1];
};

struct gate_verdict {
    const struct outcome *outcome;
    const char *mark; /* of the URL that was called; NULL = of none */
    uint32_t dice;    /* uniform over all 32-bit values */
};

enum { GATE_CHANGES_MAX = 2 };

/* What came of the job's call, or of the lack of an extension. Returns how many
 * changes follow from it. */
unsigned gates_judge(struct gates *g, struct gate_pass *pass,
                     const struct gate_verdict *verdict, int64_t now_us,
                     struct gate_change ret[GATE_CHANGES_MAX]);

/* The job is settled, or forgotten. True when a change follows: a probe ended
 * without a verdict. */
bool gates_leave(struct gates *g, struct gate_pass *pass, int64_t now_us,
                 struct gate_change *ret);

/* Redis's answer to the change; NULL = there was none. Afterwards the change is
 * of no use any more. */
void gates_changed(struct gates *g, struct gate_change *change,
                   const struct gate_told *told, int64_t now_us);

/* What to ask claim_parked for. */
struct gate_take {
    struct gate_line *line;
    const char *gate; /* its name; lives until gates_took */
    unsigned count;
    unsigned passed;
};

enum { GATE_TAKES_MAX = 32 };

/* The parked jobs that may go now, up to `room`. Returns the number of gates;
 * gates_took is called for each of them. Costs one comparison while no job of
 * the queue is parked. */
unsigned gates_take(struct gates *g, unsigned queue, unsigned room,
                    int64_t now_us, struct gate_take ret[GATE_TAKES_MAX]);

/* A pass for a job that came of it; probe: it is one, and the gate will wait
 * until_ms, which is in the news of it. At most take->count times. */
void gates_pass(struct gates *g, struct gate_take *take,
                const struct gate_news *probe, struct gate_pass *ret);

/* A gate as Redis told it at server_ms, unix time, when its gates had that
 * version. */
struct gate_report {
    struct gate_news news;
    int64_t version;
    int64_t server_ms, now_us;
};

/* That was all; report is of the gate, NULL = there was no answer. True when a
 * change follows: nobody waits at a gate that was shut for a while. */
bool gates_took(struct gates *g, struct gate_take *take,
                const struct gate_report *report, int64_t now_us,
                struct gate_change *ret);

/* What operators want of a queue as a whole. */
struct gate_pause {
    bool paused;
    int64_t since_ms, until_ms; /* as in struct gate_state */
    char why[GATE_WHY_MAX + 1];
};

/* Until when nothing is to be claimed, nor taken, because of it; monotonic,
 * INT64_MAX = until somebody says, 0 = that is not so. */
int64_t gates_paused_until_us(const struct gates *g, unsigned queue);

/* True until then. */
bool gates_paused(const struct gates *g, unsigned queue, int64_t now_us);

/* True once after each change that Redis told, with what there is now. */
bool gates_pause_changed(struct gates *g, unsigned queue,
                         struct gate_pause *ret);

/* True, once in a while, when the pause's time is over and Redis still has it:
 * it is to be told, by gate_end. */
bool gates_pause_over(struct gates *g, unsigned queue, int64_t now_us,
                      int64_t *ret_until_ms);

/* When the next parked job of the queue may go, or the next probe be made;
 * INT64_MAX = that depends on others. */
int64_t gates_next_us(struct gates *g, unsigned queue);

/* A version of the queue's gates that Redis named; negative: none. */
void gates_see(struct gates *g, unsigned queue, int64_t version);

/* Nothing is known any more: Redis was away, or is another one. */
void gates_reset(struct gates *g, unsigned queue);

/* False until gates were read after gates_reset, and at first: nothing is to be
 * claimed, nor taken, meanwhile. */
bool gates_known(const struct gates *g, unsigned queue);

/* True when the caller is to read what changed after *ret_since, at most
 * GATES_READ_MAX; gates_learn gets the answer, NULL = there was none. */
enum { GATES_READ_MAX = 1000 };
bool gates_ask(struct gates *g, unsigned queue, int64_t now_us,
               int64_t *ret_since);
void gates_learn(struct gates *g, unsigned queue, const struct gate_told *told,
                 int64_t now_us);

bool gates_has_news(const struct gates *g, unsigned queue);

/* How many services share the limits, and which of them this one is. */
void gates_share(struct gates *g, unsigned queue, uint32_t services,
                 uint32_t rank, int64_t now_us);

/* Gates in memory. */
size_t gates_count(struct gates *g);

#endif

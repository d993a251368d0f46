/* What the files of the worker share; nobody else includes it.
 *
 *   worker.c     the thread
 *   turn.c       what each pass of its loop ends with
 *   intake.c     one queue as this worker sees it: claims, leases
 *   claimer.c    which of its questions is under way
 *   slots.c      what is free, and what was claimed ahead of it
 *   flight*.c    one job's way from claimed to settled
 *   parked.c     the intake's and the flights' dealings with gates
 *   paused.c     a queue that operators paused
 *   bell.c       learns of new jobs without polling
 *   recovery.c   gives back what a lost reply may have named
 *   isolation.c  runs suspects with nothing beside them */
#ifndef EXTQ_SERVICE_WORKER_INTERNAL_H
#define EXTQ_SERVICE_WORKER_INTERNAL_H

#include "model/otlp.h"
#include "model/patience.h"
#include "service/worker.h"
#include "stages/claim.h"
#include "stages/decide.h"
#include "stages/invoke.h"
#include "stages/record.h"
#include "stages/resolve.h"

#include <sys/queue.h>

struct bell;
struct telling;

/* Asks for jobs, one claim at a time; and after one whose reply was lost, what
 * it may have brought is given back first. Redis knows it by its tag. */
struct claimer {
    struct intake *intake;
    struct holder holder;
    struct claim_call call;
    unsigned lease;    /* the intake's at the claim or recover under way */
    unsigned asked;    /* jobs asked for in the claim under way; 0 = none */
    unsigned most;     /* jobs to ask for: fewer after a lost reply */
    bool recalled;     /* the claim under way: we broke its connection off */
    bool must_recover; /* a claim's reply was lost */
    bool recovering;   /* a recover is under way */
    struct patience_turn turn; /* while Redis refuses */
};

struct intake {
    struct worker *worker;
    struct queue *queue;
    struct redis *redis;   /* the worker's that leads to it */
    struct claimer now;    /* its claims are carried out at once */
    struct claimer behind; /* when the bell rings; on worker 0 alone */
    struct recorder *recorder;
    unsigned lease;        /* the queue's lease count that the epoch is of */
    bool owns;             /* the claimers' epoch is in force */
    int64_t not_before_ms; /* monotonic: no claim before, for lack of memory */
    struct patience_turn taking, reading; /* while Redis refuses */
    struct claim_call parked_call;
    struct gate_take takes[GATE_TAKES_MAX];
    unsigned take_count;  /* gates asked for parked jobs; 0 = none */
    unsigned take_jobs;   /* jobs asked for there */
    unsigned taken_lease; /* lease at that time */
    struct gate_call read_call, end_call;
    bool ending;                 /* end_call is under way */
    LIST_HEAD(, telling) untold; /* changes that Redis did not answer */
    bool refusal_told; /* Redis's refusal was logged since it last agreed */
    bool claim_told;   /* the same for claims */
};

enum { AHEAD_MAX = 128 }; /* jobs of a worker that wait for slots */

enum flight_state {
    FLIGHT_AHEAD, /* waits for a slot, unread */
    FLIGHT_READY, /* waits for the lease to run again */
    FLIGHT_RESOLVING,
    FLIGHT_CALLING,
    FLIGHT_UNWRITTEN, /* out of memory for its entry: tried again */
    FLIGHT_FINISHING,
};

struct flight {
    LIST_ENTRY(flight) next;
    TAILQ_ENTRY(flight) ahead; /* in that state */
    struct intake *intake;
    enum flight_state state;
    bool dropped;   /* the lease was lost: forget it at the next callback */
    bool hand_back; /* goes back to the queue instead of on */
    bool was_parked;
    char field[96];
    struct buf text; /* the record as claimed */
    size_t bytes;    /* of the record in Redis */
    struct record record;
    struct job job;
    struct gate_pass pass;
    char mark[GATE_MARK_SIZE]; /* of the URL called; empty = none was */
    const struct policy *policy;
    bool envelope;   /* the extension's */
    char stamp[32];  /* of the cache entry used */
    int64_t made_ms; /* when discovery was asked for it */
    struct invocation call;
    struct trace trace;     /* of the call */
    struct otlp_span *span; /* owned; NULL = nobody is told of the call */
    int64_t claimed_ms;     /* unix ms, server's clock; so is the next */
    int64_t started_ms;     /* of the call; 0 = none was made */
    struct figure figure;   /* what counts when its outcome is written */
};

LIST_HEAD(flights, flight);

struct worker {
    struct shared *shared;
    const struct config *config;
    unsigned index;
    char name[96]; /* the outcome's `worker` field */
    uv_thread_t thread;
    uv_loop_t loop;
    uv_async_t wake;
    struct pulse pulse;
    struct figures *figures;
    uv_timer_t claim_timer; /* when more jobs, or parked ones, may go */
    struct redis_links *links;
    struct patience patience; /* with them */
    struct http *http;
    struct discovery *discovery;
    struct resolver *resolver;
    struct intake *intakes; /* one per queue */
    struct bell **bells;    /* one per queue on worker 0, otherwise NULL */
    struct flight *flights;
    unsigned flight_count;
    struct flights free, busy;
    atomic_uint room; /* free slots, for the others to see */
    unsigned busy_count;
    unsigned finishing;       /* of the busy ones: those that are over but for
                                 Redis's word */
    unsigned parked_count;    /* of the busy ones: those that were parked */
    atomic_uint quiet;        /* see worker_quiet */
    int64_t isolate_until_ms; /* monotonic: suspects are run until then; 0 =
                                 none was in this isolation */
    bool isolation_told;
    unsigned promised;          /* jobs that claims under way may bring */
    TAILQ_HEAD(, flight) ahead; /* oldest first */
    unsigned ahead_count;
    unsigned ahead_most;     /* jobs to be claimed without a slot for them */
    uint64_t ends;           /* counts flights that left their slots */
    uint64_t ends_before;    /* at looked_us */
    int64_t looked_us;       /* monotonic: when ahead_most was set */
    int64_t claimed_us;      /* monotonic: the last claim */
    int64_t claim_due_us;    /* when to look again; INT64_MAX = no need */
    int64_t clock_offset_ms; /* server's unix time minus clock_boot_ms */
    uint64_t dice;
    int64_t give_up_ms; /* monotonic, while handing back */
    bool stalled;       /* a flight waits for what no event announces */
    atomic_bool ended;
};

/* worker.c */
int64_t worker_server_ms(const struct worker *w);

/* slots.c */

/* Slots that are neither busy nor promised: of in_flight, and those whose
 * outcome is being written count no more. */
unsigned worker_slots(const struct worker *w);

/* How many jobs may be claimed: for those slots, and ahead of others. */
unsigned worker_claimable(const struct worker *w);

/* Once in a turn: by how fast slots come free now, how many jobs may be claimed
 * ahead of them. */
void slots_look(struct worker *w, int64_t now_us);

/* True when the flight taken last has no slot, or others come before it. */
bool slots_exceeded(const struct worker *w);

/* Lets the flight wait for a slot, and takes it out of those that do. */
void slots_wait(struct flight *f);
void slots_leave(struct flight *f);

/* Begins with those that waited, as slots allow; true when any did. */
bool slots_fill(struct worker *w);

/* Gives back those that this worker should not have claimed: they waited too
 * long. */
void slots_give_back(struct worker *w);

/* Busy or finishing flights have changed. */
void worker_note_room(struct worker *w);

/* flight.c */

/* Begins with a claimed job; takes a free flight (there is one). pass: of one
 * that was parked, otherwise NULL. */
void flight_begin(struct intake *i, struct span field, struct span record,
                  const struct gate_pass *pass);

/* The lease is gone: nothing more is sent or written for the job. */
void flight_drop(struct flight *f);

/* Back to the queue as soon as its state allows. */
void flight_hand_back(struct flight *f);

/* Those that wait for what may have come go on. */
void flights_nudge(struct worker *w);

/* Redis has its outcome, or never will. */
void flight_settled(struct flight *f, enum settled how);

/* intake.c */

/* Wakes another worker when this one is too full to take what waits. */
void worker_call_others(const struct worker *w);

enum err intake_open(struct intake *i, struct worker *w,
                     struct queue *q) must_check;
void intake_close(struct intake *i);

/* Follows the queue's lease; drops what an older one held. */
void intake_follow_lease(struct intake *i);

/* The connection to Redis is up, for the first time or again. */
void intake_reconnected(struct intake *i);

/* Claims up to `share` jobs if there may be any and nothing speaks against. */
void intake_claim(struct intake *i, unsigned share);

/* Sends a claim behind a command that waits for jobs, on that one's connection;
 * nothing if anything speaks against it. */
void intake_claim_behind(struct intake *i, struct redis *bell);

/* Nothing speaks against a claim of a queue that has work: Redis would hear of
 * it, under a lease that runs. */
bool intake_is_in_touch(const struct intake *i);

/* Under a lease that runs, and Redis would hear of it; a recovery comes first.
 */
bool intake_may_take(const struct intake *i);

/* Few free slots are left for a moment, in which there may be more: they cost
 * Redis as much as many. Then claim_due_us is set. */
bool intake_is_worth_it(struct worker *w, unsigned room);

/* A claim, of any kind, that did not end well, made under that lease; `turn`
 * is when the next one of its kind may be made. */
void intake_claim_failed(struct claimer *k, enum claim_end end, unsigned lease,
                         struct patience_turn *turn);

/* The epoch is over, says Redis or the keeper. */
void intake_lease_lost(void *intake, const char *epoch);

/* Logs why a claim was refused, once until one works again. */
void intake_note_refusal(struct intake *i, const struct claimed *c);

/* Redis refused, or has answered; whether it may be asked again. */
void intake_refused(struct intake *i, struct patience_turn *turn);
void intake_answered(struct intake *i, struct patience_turn *turn);
bool intake_may_ask(const struct intake *i, const struct patience_turn *turn);

/* claimer.c */

/* tail: of its tag, which begins with the worker's number. */
void claimer_open(struct claimer *k, struct intake *i, const char *tail);

/* It is to ask on that connection: one thing at a time, or the answer to one
 * would be taken for another's. */
void claimer_call(struct claimer *k, struct redis *redis,
                  void (*done)(void *arg, const struct claimed *claimed));

/* A claim of so many jobs was sent; it is over: true when the lease that it was
 * made under is in force. */
void claimer_asked(struct claimer *k, unsigned count);
bool claimer_answered(struct claimer *k);

/* recovery.c */

/* Something may be held for us that we do not know of. */
void intake_doubt(struct intake *i);

/* Gives back what a claim without reply may have taken, while its claimer asks
 * for nothing more. */
void intake_recover(struct intake *i);

/* Whether recoveries are to be made or under way, and whether all that are to
 * be made are. */
bool intake_doubts(const struct intake *i);
bool intake_recovers(const struct intake *i);

/* parked.c */

/* The queue's number in the gates. */
unsigned intake_queue(const struct intake *i);

/* Reads what others did to the queue's gates, if something changed. */
void intake_read_gates(struct intake *i);

/* Claims; jobs of extensions of which some were parked just now are parked
 * behind those without coming here. As claim. */
enum err intake_claim_past(struct claimer *k,
                           struct claim_share *share) must_check;

/* Takes parked jobs up, up to `share`, if any may go. */
void intake_take_parked(struct intake *i, unsigned share);

/* Tells Redis of a change to a gate. */
void intake_tell(struct intake *i, const struct gate_change *change);

/* What was not answered, once in a while. */
void intake_tell_again(struct intake *i);
void intake_forget_untold(struct intake *i);

/* When this worker, which looked last at looked_us, is to look at the gates
 * again; monotonic us, INT64_MAX = when something happens: what was due before
 * had a reason to wait. */
int64_t worker_gates_next_us(const struct worker *w, int64_t looked_us);

/* Fills in all but what is called when it is done. */
void intake_prepare(struct intake *i, struct gate_call *call);

/* paused.c */

/* Operators want nothing of it to be claimed. */
bool intake_is_paused(const struct intake *i);

/* Jobs may wait that may be claimed. */
bool intake_has_work(const struct intake *i);

/* After gates were read: says what became of the queue, and goes on. */
void intake_note_pause(struct intake *i);

/* Once a turn: a pause that was for a while is ended. */
void intake_end_pause(struct intake *i);

/* isolation.c */

/* In each turn of each worker: true while an isolation is on, when no ordinary
 * claims may be made. */
bool isolation_turn(struct worker *w);

/* One is on: nothing may be asked for that could come beside a suspect. */
bool isolation_is_on(const struct worker *w);

/* turn.c */

/* After each pass of the loop: what its callbacks produced goes out, in few
 * sends. */
void worker_turn(struct worker *w, enum phase phase);

/* bell.c */

/* Rings when a job was pushed while `queue->waiting` was false. */
enum err bell_open(struct intake *i, struct bell **ret) must_check;

/* Listens again if the queue is known to be empty; once a turn. */
void bell_arm(struct bell *b);

/* What it would claim when it rings it does not claim any more. */
void bell_recall(struct bell *b);
void bell_close(struct bell **b);

#endif

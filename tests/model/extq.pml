/* The life of jobs between Redis and two services, for Spin; tests/model/run
 * checks it, and that each of its broken variants is found out.
 *
 * What stands for what:
 *
 *   serve_join, serve_tick, serve_release, serve_recover
 *                     the functions join, tick, release and recover in
 *                     src/lua/lease.lua; release moves one job a call
 *   serve_claim, serve_isolate
 *                     claim and isolate in src/lua/claim.lua
 *   serve_finish      finish in src/lua/finish.lua; done and dead are one move
 *                     here, and parked, with unpark, is like later, with claim
 *   keeper_*, told    src/service/keeping.c
 *   worker_*, claimed src/service/intake.c, with one worker a service
 *   job[]             src/service/flight*.c and src/stages/record.c: a call of
 *                     an extension lasts until its finish is answered
 *
 * Every one of the functions is one step, as in Redis. Replies that a service
 * can do harm with by getting them late (of join, tick, claim) are a step of
 * their own. A claim of the first service is carried out any time after it was
 * sent, as one is that waits behind a bell; other requests that arrive late are what faults leave
 * behind, in `stray`. The claimer behind a bell is like another worker, with a
 * tag of its own; calling a claim off is a connection that breaks.
 *
 * Time is what may happen next. A lease runs out whenever its owner is gone, or
 * pauses; a job in `later` may be due at any time. Faults are counted: a crash;
 * a pause, longer than a lease; an orderly restart; a broken connection, of
 * which the replies are lost, and one request may still be read by Redis at any
 * time later. Ticks and claims that would change nothing are left out, so every
 * run comes to an end, and there every job must have ended.
 *
 * Configurations, beside the plain one:
 *   TAIL        Redis falls back to any earlier state of its own, once
 *   KILLER      job 0 kills whoever calls it; claims are counted, suspects run
 *               alone; of the faults, broken connections only
 *   NOBODY_YET  no service has joined */

#ifndef FAULTS
#define FAULTS 2
#endif
/* Jobs that may come again once. */
#ifndef RETRIES
#define RETRIES 1
#endif
#ifndef EPOCHS
#define EPOCHS 7
#endif
#define MAX_CLAIMS 2

#define ALL 3
#define bit_of(n) (1 << (n))
#define has(set, n) (((set) >> (n)) & 1)
#define add(set, n) set = set | bit_of(n)
#define drop(set, n) set = set & ~bit_of(n)

/* Requests; states of a lease; ends of a request; states of a flight. 0 is none
 * of them. */
mtype = {
    JOIN, TICK, RELEASE, LEAVE, CLAIM, ISOLATE, RECOVER, FINISH,
    RUNS, OVERDUE, TAKEN,
    OK, LOST, OLD,
    READY, CALLED
};

/* Sets have a bit for each job, or epoch. */
typedef redis_state {
    byte jobs;
    byte later;
    byte ended;
    byte again;                 /* jobs that came again */
    mtype lease[EPOCHS];        /* by epoch, from 1 */
    byte generation[EPOCHS];    /* of the one worker of that epoch */
    byte held[EPOCHS * 2];      /* by epoch and job: the field, or 0 */
    byte taken;                 /* epochs that are over, however their lease
                                   looks */
#ifdef KILLER
    byte suspects;
    byte claims[2];
#endif
#ifdef EPOCH_COUNTER
    byte count;
#endif
};

typedef flight {
    mtype state;
    byte epoch;
    byte field;
};

typedef service_state {
    byte epoch;                 /* the keeper's; 0: not joined */
    bool runs;                  /* the lease, by the own clock */
    bool owns;                  /* the worker's view */
    bool must_recover;
    byte generation;
    byte ended;                 /* epochs to give back */
    bool leaving;
    mtype told;                 /* what a reply to the keeper is to */
    byte told_what;             /* JOIN: the epoch; TICK: those that ended */
    byte asked_by;              /* the epoch of a claim that Redis has not
                                   carried out; 0: there is none */
    byte asked_generation;
    byte claimed[2];            /* fields in a reply to a claim */
    byte claimed_by;            /* its epoch; 0: there is no reply */
    flight job[2];
#ifdef KILLER
    bool alone;                 /* an isolation is on */
#endif
};

typedef stray_request {
    mtype op;
    byte by;
    byte generation;
    byte field[2];
    byte job;
};

redis_state r;
service_state s[2];
stray_request stray;            /* of a connection that is no more */
byte faults = FAULTS;
byte epochs;                    /* how many were given; Redis does not forget,
                                   for its time is part of them */
#ifdef TAIL
redis_state kept;               /* what Redis falls back to */
byte fell;                      /* 0: kept is not set, 1: it is, 2: done */
#define HAS_FALLEN (fell == 2)
#define is_kept(id, j) is_in(kept, id, j)
#else
#define HAS_FALLEN false
#define is_kept(id, j) false
#endif

/* Never true: they name what a failed assertion has shown. */
bool NoLoss, SingleHolder, Fenced, NoBlame, EveryJobEnds;

/* The request that Redis is serving, and its answer. */
hidden mtype result;
hidden byte by, want, generation, answer;
hidden byte field[2];
hidden byte comes_again;
hidden byte i, n, e;

#define held_by(epoch, j) r.held[2 * (epoch) + (j)]
#define is_owned(epoch) (r.lease[epoch] == RUNS || r.lease[epoch] == OVERDUE)
#define CLAIMABLE (r.jobs | r.later)
#ifdef KILLER
#define is_suspect(j) has(r.suspects, j)
#else
#define is_suspect(j) 0
#endif

/* After each step of Redis: a job is in exactly one place, and in none where
 * nobody would look for it. */
inline look()
{
    i = 0;
    do
    :: i < 2 ->
        n = has(r.jobs, i) + has(r.later, i) + has(r.ended, i) + is_suspect(i);
        e = 1;
        do
        :: e < EPOCHS ->
            n = n + (held_by(e, i) && r.lease[e]);
            e++
        :: else -> break
        od;
        assert(NoLoss || n >= 1);
        assert(SingleHolder || n <= 1);
        i++
    :: else -> break
    od;
    skip
}

/* Redis accepted a write of that epoch. */
#define accepted(epoch) assert(Fenced || !has(r.taken, epoch))

inline serve_join()
{
    epochs++;
    answer = epochs;
#ifdef EPOCH_COUNTER
    r.count++;
    answer = r.count;
#endif
    r.lease[answer] = RUNS
}

inline serve_tick()
{
    answer = 0;
    if
#ifdef ZOMBIE_RENEWS
    :: r.lease[by] ->
#else
    :: is_owned(by) ->
#endif
        accepted(by);
        n = (r.lease[by] == RUNS);
        r.lease[by] = RUNS;
        result = OK;
        e = 1;
        do
        :: e < EPOCHS ->
            if
            :: n && (r.lease[e] == TAKEN || r.lease[e] == OVERDUE) ->
#ifndef NEVER_SWEPT
                r.lease[e] = TAKEN;
                add(r.taken, e);
                add(answer, e)
#else
                skip
#endif
            :: else
            fi;
            e++
        :: else -> break
        od
    :: else -> result = LOST
    fi
}

/* answer: how many jobs stay behind. */
inline serve_release(mine)
{
    answer = 1;
    if
    :: mine ->
        r.lease[by] = TAKEN;
        add(r.taken, by)
    :: else
    fi;
    if
    :: is_owned(by)
    :: else ->
        i = (held_by(by, 0) -> 0 : 1);
        if
        :: held_by(by, i) ->
            add(r.later, i);
#ifndef RELEASE_KEEPS
            held_by(by, i) = 0
#endif
        :: else
        fi;
        answer = (held_by(by, 0) != 0) + (held_by(by, 1) != 0);
#ifdef RELEASE_FORGETS
        answer = 0;
#endif
        if
        :: answer == 0 ->
            r.lease[by] = 0;
            r.generation[by] = 0
        :: else
        fi
    fi
}

#define is_in(where, id, j) (where.held[2 + (j)] == id || \
    where.held[4 + (j)] == id || where.held[6 + (j)] == id || \
    where.held[8 + (j)] == id || where.held[10 + (j)] == id || \
    where.held[12 + (j)] == id)
#define is_known(me, id, j) \
    (s[me].job[j].field == id || s[me].claimed[j] == id)
#define is_used(id, j) (is_in(r, id, j) || is_kept(id, j) || \
    is_known(0, id, j) || is_known(1, id, j) || stray.field[j] == id)

/* To held, under a field that no claim of the job has that anybody could still
 * speak of. */
inline hold(j)
{
    n = 1;
#ifndef SAME_FIELD
    do
    :: is_used(n, j) -> n++
    :: else -> break
    od;
#endif
    field[j] = n;
    held_by(by, j) = n
}

inline may_claim_by()
{
    result = OK;
    if
#ifndef NO_FENCE_CLAIM
    :: !is_owned(by) -> result = LOST
#endif
#ifndef NO_GENERATION
    :: is_owned(by) && r.generation[by] != generation -> result = OLD
#endif
    :: else -> accepted(by)
    fi
}

inline claim_one(j)
{
#ifdef KILLER
    if
    :: has(r.jobs, j) -> r.claims[j] = 0
    :: else
    fi;
#endif
    drop(r.jobs, j);
    drop(r.later, j);
#ifdef KILLER
    if
#ifndef TOGETHER
    :: r.claims[j] + 1 >= MAX_CLAIMS -> add(r.suspects, j)
#endif
    :: else ->
#ifndef CLAIM_UNCOUNTED
        r.claims[j]++;
#endif
        hold(j)
    fi
#else
    hold(j)
#endif
}

inline serve_claim()
{
    field[0] = 0;
    field[1] = 0;
    may_claim_by();
    i = 0;
    do
    :: result == OK && i < 2 ->
        if
        :: has(want & CLAIMABLE, i) -> claim_one(i)
        :: else
        fi;
        i++
    :: else -> break
    od
}

#ifdef KILLER
inline serve_isolate()
{
    field[0] = 0;
    field[1] = 0;
    may_claim_by();
    if
    :: result == OK && r.suspects ->
        i = (has(r.suspects, 0) -> 0 : 1);
        drop(r.suspects, i);
        r.claims[i]++;
        hold(i)
    :: else
    fi
}
#endif

/* field[]: those that the worker knows. */
inline serve_recover()
{
    answer = r.generation[by];
    if
    :: !is_owned(by) -> result = LOST
#ifndef LATE_RECOVER
    :: is_owned(by) && answer != generation -> result = OLD
#endif
    :: else ->
        accepted(by);
        i = 0;
        do
        :: i < 2 ->
            if
#ifdef RECOVER_ALL
            :: held_by(by, i) ->
#else
            :: held_by(by, i) && held_by(by, i) != field[i] ->
#endif
                held_by(by, i) = 0;
#if defined(KILLER) && !defined(RECOVER_COUNTS)
                r.claims[i] = r.claims[i] - (r.claims[i] > 0);
#endif
                add(r.later, i)
            :: else
            fi;
            i++
        :: else -> break
        od;
        r.generation[by]++;
        answer = r.generation[by];
        result = OK
    fi
}

inline serve_finish(j)
{
    if
#ifndef NO_FENCE_FINISH
    :: !is_owned(by) -> result = LOST
#endif
    :: else ->
        result = OK;
        if
#ifdef FINISH_UNHELD
        :: true ->
#else
        :: held_by(by, j) == field[j] ->
#endif
            accepted(by);
            held_by(by, j) = 0;
#ifdef KILLER
            r.claims[j] = 0;
#endif
            if
            :: comes_again ->
                add(r.again, j);
                add(r.later, j)
            :: else -> add(r.ended, j)
            fi
        :: else
        fi
    fi
}

/* What is over leaves nothing behind to tell states apart by. */

inline forget_flight(me, j)
{
    s[me].job[j].state = 0;
    s[me].job[j].epoch = 0;
    s[me].job[j].field = 0
}

inline forget_claimed(me)
{
    s[me].asked_by = 0;
    s[me].asked_generation = 0;
    s[me].claimed[0] = 0;
    s[me].claimed[1] = 0;
    s[me].claimed_by = 0
}

inline drop_ready(me, j)
{
    if
    :: s[me].job[j].state == READY -> forget_flight(me, j)
    :: else
    fi
}

#ifdef KILLER
#define end_isolation(me) s[me].alone = false
#else
#define end_isolation(me) skip
#endif

/* lease_lost: jobs whose finish is under way are left to its reply. */
inline worker_loses(me, which)
{
    if
    :: s[me].owns && s[me].epoch == which ->
        s[me].owns = false;
        s[me].must_recover = false;
        drop_ready(me, 0);
        drop_ready(me, 1)
    :: else
    fi
}

/* By the own clock a lease ends no later than by that of Redis, for it counts
 * from when the request was sent. */
#ifdef LEASE_FROM_REPLY
#define still_runs(epoch) true
#else
#define still_runs(epoch) (r.lease[epoch] == RUNS)
#endif

inline keeper_joins(me)
{
    serve_join();
    s[me].told = JOIN;
    s[me].told_what = answer
}

inline keeper_ticks(me)
{
    by = s[me].epoch;
    serve_tick();
    if
    :: result == OK ->
        s[me].told = TICK;
        s[me].told_what = answer
    :: else ->
        worker_loses(me, by);
        s[me].epoch = 0;
        s[me].runs = false
    fi
}

inline keeper_releases(me)
{
    by = 1;
    do
    :: !has(s[me].ended, by) -> by++
    :: else -> break
    od;
    serve_release(false);
    if
    :: answer == 0 -> drop(s[me].ended, by)
    :: else
    fi
}

inline keeper_leaves(me)
{
    by = s[me].epoch;
    serve_release(true);
    if
    :: answer == 0 ->
        s[me].epoch = 0;
        s[me].leaving = false
    :: else
    fi
}

inline keeper_is_told(me)
{
    if
    :: s[me].told == JOIN ->
        assert(SingleHolder || s[me].told_what != s[1 - (me)].epoch);
        s[me].epoch = s[me].told_what;
        s[me].owns = true;
        s[me].generation = 0
    :: else -> s[me].ended = s[me].ended | s[me].told_what
    fi;
    s[me].runs = still_runs(s[me].epoch);
    s[me].told = 0;
    s[me].told_what = 0
}

inline ask_worker(me)
{
    by = s[me].epoch;
    generation = s[me].generation
}

/* What a claim that was refused tells; one that brought jobs tells it later. */
inline worker_hears(me)
{
    if
    :: result == LOST -> worker_loses(me, by)
    :: result == OLD -> s[me].must_recover = true
    :: result == OK && (field[0] || field[1]) ->
        s[me].claimed[0] = field[0];
        s[me].claimed[1] = field[1];
        s[me].claimed_by = by
    :: else
    fi
}

inline worker_sends_claim(me)
{
    s[me].asked_by = s[me].epoch;
    s[me].asked_generation = s[me].generation
}

inline worker_claims(me)
{
    by = s[me].asked_by;
    generation = s[me].asked_generation;
    s[me].asked_by = 0;
    s[me].asked_generation = 0;
    serve_claim();
    worker_hears(me)
}

#ifdef KILLER
inline worker_isolates(me)
{
    ask_worker(me);
    serve_isolate();
    worker_hears(me);
    s[me].alone = s[me].claimed_by != 0
}
#endif

inline worker_recovers(me)
{
    ask_worker(me);
    field[0] = s[me].job[0].field;
    field[1] = s[me].job[1].field;
    serve_recover();
    if
    :: result == OK ->
        s[me].must_recover = false;
        s[me].generation = answer
    :: result == OLD -> s[me].generation = answer
    :: else -> worker_loses(me, by)
    fi
}

/* The claim's lease must be the one that is in force. */
#ifdef OLD_REPLIES
#define is_current(me) s[me].owns
#else
#define is_current(me) (s[me].owns && s[me].claimed_by == s[me].epoch)
#endif

inline take_in(me, j)
{
    if
    :: is_current(me) && s[me].claimed[j] ->
        s[me].job[j].state = READY;
        s[me].job[j].field = s[me].claimed[j];
        s[me].job[j].epoch = s[me].claimed_by
    :: else
    fi
}

/* While an older flight of the job waits for its reply, a new one waits for
 * that: a simplification. */
#define has_room(me, j) (s[me].claimed[j] == 0 || s[me].job[j].state == 0)

inline worker_is_told(me)
{
    take_in(me, 0);
    take_in(me, 1);
    forget_claimed(me);
    if
    :: s[me].job[0].state || s[me].job[1].state
    :: else -> end_isolation(me)
    fi
}

inline finish(me, j)
{
    by = s[me].job[j].epoch;
    field[j] = s[me].job[j].field;
    serve_finish(j);
    if
    :: result == LOST -> worker_loses(me, by)
    :: else
    fi;
    forget_flight(me, j);
    end_isolation(me)
}

inline end_worker(me)
{
    forget_claimed(me);
    forget_flight(me, 0);
    forget_flight(me, 1);
    s[me].runs = false;
    s[me].owns = false;
    s[me].must_recover = false;
    s[me].generation = 0;
    end_isolation(me)
}

inline break_keeper(me)
{
    s[me].told = 0;
    s[me].told_what = 0;
    s[me].ended = 0
}

inline end_service(me)
{
    end_worker(me);
    break_keeper(me);
    s[me].epoch = 0;
    s[me].leaving = false
}

/* A finish without a reply is sent again, under its own epoch. */
inline break_worker(me)
{
    if
    :: s[me].claimed_by -> end_isolation(me)
    :: else
    fi;
    forget_claimed(me);
#ifndef STAYS_LOST
    s[me].owns = s[me].epoch && !s[me].leaving;
#endif
#ifndef NO_RECOVER
    s[me].must_recover = s[me].must_recover || s[me].owns
#endif
}

/* The moment in which a job must be ours alone. When Redis has forgotten who
 * holds it, no fence can help. */
inline call(me, j)
{
    assert(SingleHolder || HAS_FALLEN ||
           held_by(s[me].epoch, j) == s[me].job[j].field);
#ifdef KILLER
    assert(NoBlame || r.claims[j] <= MAX_CLAIMS || j == 0);
    if
    :: j == 0 && r.claims[j] <= MAX_CLAIMS -> end_service(me)
    :: else -> s[me].job[j].state = CALLED
    fi
#else
    s[me].job[j].state = CALLED
#endif
}

#define is_over(me, e) (e != s[me].epoch && !has(s[me].ended, e) && \
                        (r.lease[e] == OVERDUE || r.lease[e] == TAKEN))
#ifndef NEVER_SWEPT
#define is_any_over(me) (is_over(me, 1) || is_over(me, 2) || is_over(me, 3) || \
    is_over(me, 4) || is_over(me, 5) || is_over(me, 6))
#else
#define is_any_over(me) false
#endif

#define is_idle(me) (s[me].told == 0 && s[me].epoch && !s[me].leaving)
#define may_join(me) (s[me].told == 0 && s[me].epoch == 0 && \
                      epochs + 1 < EPOCHS)
#define may_tick(me) (is_idle(me) && (r.lease[s[me].epoch] != RUNS || \
                                      !s[me].runs || is_any_over(me)))
#define may_release(me) (is_idle(me) && s[me].ended)
#define may_leave(me) (s[me].told == 0 && s[me].leaving)

/* Whether the own lease runs is looked at when a claim is sent, which may come
 * late: here that goes for nothing. */
#define may_ask(me) (s[me].claimed_by == 0 && s[me].asked_by == 0 && \
                     s[me].epoch && s[me].owns && !s[me].leaving)
#define may_recover(me) (may_ask(me) && s[me].must_recover)
#ifdef KILLER
#define may_claim(me) (may_ask(me) && !s[me].must_recover && !s[me].alone)
#define is_quiet(me) (s[me].job[0].state == 0 && s[me].job[1].state == 0)
#else
#define may_claim(me) (may_ask(me) && !s[me].must_recover)
#endif
#define may_call(me, j) (s[me].job[j].state == READY && s[me].runs)

inline choose_end(j)
{
    if
    :: has(RETRIES, j) && !has(r.again, j) -> comes_again = true
    :: comes_again = false
    fi
}

inline choose_jobs()
{
    if
    :: has(CLAIMABLE, 0) -> want = 1
    :: has(CLAIMABLE, 1) -> want = 2
    :: CLAIMABLE == ALL -> want = 3
    fi
}

#define say(what) printf(what, me)

proctype service(byte me)
{
end:
    do
    :: d_step { may_join(me) ->
                say("service %d joins\n"); keeper_joins(me); look() }
    :: d_step { may_tick(me) ->
                say("service %d ticks\n"); keeper_ticks(me); look() }
    :: d_step { may_release(me) ->
                say("service %d releases\n"); keeper_releases(me); look() }
    :: d_step { may_leave(me) ->
                say("service %d leaves\n"); keeper_leaves(me); look() }
    :: d_step { s[me].told ->
                say("service %d is told of its lease\n"); keeper_is_told(me) }

    :: d_step { may_recover(me) ->
                say("service %d recovers\n"); worker_recovers(me); look() }
    :: d_step { me == 0 && may_claim(me) && CLAIMABLE ->
                say("service %d sends a claim\n"); worker_sends_claim(me) }
    :: atomic { s[me].asked_by || (me == 1 && may_claim(me) && CLAIMABLE) ->
                if
                :: s[me].asked_by == 0 -> worker_sends_claim(me)
                :: else
                fi;
                want = 0;
                if
                :: CLAIMABLE -> choose_jobs()
                :: else
                fi;
                d_step {
                    say("service %d claims\n"); worker_claims(me); look() } }
#ifdef KILLER
    :: d_step { may_claim(me) && is_quiet(me) && r.suspects ->
                say("service %d isolates\n"); worker_isolates(me); look() }
#endif
    :: d_step { s[me].claimed_by && has_room(me, 0) && has_room(me, 1) ->
                say("service %d takes in what it claimed\n");
                worker_is_told(me); skip }

    :: d_step { may_call(me, 0) ->
                say("service %d calls 0\n"); call(me, 0); skip }
    :: d_step { may_call(me, 1) ->
                say("service %d calls 1\n"); call(me, 1); skip }
    :: atomic { s[me].job[0].state == CALLED -> choose_end(0);
                d_step {
                    say("service %d finishes 0\n"); finish(me, 0); look() } }
    :: atomic { s[me].job[1].state == CALLED -> choose_end(1);
                d_step {
                    say("service %d finishes 1\n"); finish(me, 1); look() } }
    od
}

inline stray_by(what, whose)
{
    stray.op = what;
    stray.by = whose
}

inline stray_finish(me, j)
{
    stray_by(FINISH, s[me].job[j].epoch);
    stray.field[j] = s[me].job[j].field;
    stray.job = j
}

/* What Redis may still read of the worker's broken connection. */
inline leave_worker(me)
{
    if
    :: true
    :: stray.op == 0 && s[me].asked_by ->
        stray_by(CLAIM, s[me].asked_by);
        stray.generation = s[me].asked_generation
    :: stray.op == 0 && me == 1 && may_claim(me) ->
        stray_by(CLAIM, s[me].epoch);
        stray.generation = s[me].generation
    :: stray.op == 0 && may_recover(me) ->
        stray_by(RECOVER, s[me].epoch);
        stray.generation = s[me].generation;
        stray.field[0] = s[me].job[0].field;
        stray.field[1] = s[me].job[1].field
    :: stray.op == 0 && s[me].job[0].state == CALLED -> stray_finish(me, 0)
    :: stray.op == 0 && s[me].job[1].state == CALLED -> stray_finish(me, 1)
    fi
}

inline leave_keeper(me)
{
    if
    :: true
    :: stray.op == 0 && may_join(me) -> stray_by(JOIN, 0)
    :: stray.op == 0 && is_idle(me) -> stray_by(TICK, s[me].epoch)
    :: stray.op == 0 && may_leave(me) -> stray_by(LEAVE, s[me].epoch)
    fi
}

inline serve_stray()
{
    by = stray.by;
    generation = stray.generation;
    field[0] = stray.field[0];
    field[1] = stray.field[1];
    if
    :: stray.op == JOIN -> serve_join()
    :: stray.op == TICK -> serve_tick()
    :: stray.op == LEAVE -> serve_release(true)
    :: stray.op == CLAIM -> serve_claim()
    :: stray.op == RECOVER -> serve_recover()
    :: stray.op == FINISH && stray.job == 0 -> serve_finish(0)
    :: stray.op == FINISH && stray.job == 1 -> serve_finish(1)
    fi
}

inline forget_stray()
{
    stray.op = 0;
    stray.by = 0;
    stray.generation = 0;
    stray.field[0] = 0;
    stray.field[1] = 0;
    stray.job = 0
}

proctype late()
{
end:
    do
    :: atomic {
        stray.op && (stray.op != JOIN || epochs + 1 < EPOCHS) ->
        want = 0;
        comes_again = false;
        if
        :: stray.op == CLAIM && CLAIMABLE -> choose_jobs()
        :: stray.op == FINISH && stray.job == 0 -> choose_end(0)
        :: stray.op == FINISH && stray.job == 1 -> choose_end(1)
        :: else
        fi;
        d_step {
            printf("late request of epoch %d: %e\n", stray.by, stray.op);
            serve_stray(); forget_stray(); look() } }
    od
}

#define is_of(me, e) \
    (s[me].epoch == e || (s[me].told == JOIN && s[me].told_what == e))
#define has_owner(e) (is_of(0, e) || is_of(1, e))

inline run_out(e)
{
    r.lease[e] = OVERDUE;
    s[0].runs = s[0].runs && s[0].epoch != e;
    s[1].runs = s[1].runs && s[1].epoch != e
}

#ifdef KILLER
#define PAUSES 0
#else
#define PAUSES faults
#endif

#define LEASE(e) \
    :: d_step { r.lease[e] == RUNS && !has_owner(e) -> \
                printf("lease %d runs out, its owner is gone\n", e); \
                run_out(e) } \
    :: d_step { r.lease[e] == RUNS && has_owner(e) && PAUSES -> \
                printf("lease %d runs out, its owner pauses\n", e); \
                faults--; run_out(e) }

proctype time()
{
end:
    do
    LEASE(1)
    LEASE(2)
    LEASE(3)
    LEASE(4)
    LEASE(5)
    LEASE(6)
    od
}

/* What befalls one service and its connections. */
proctype trouble(byte me)
{
end:
    do
#ifndef KILLER
    :: atomic { faults && s[me].epoch ->
        faults--;
        if
        :: leave_worker(me)
        :: leave_keeper(me)
        fi;
        d_step { say("service %d crashes\n"); end_service(me) } }
    :: atomic { faults && is_idle(me) ->
        faults--;
        leave_worker(me);
        d_step { say("service %d is told to leave\n");
            end_worker(me); break_keeper(me); s[me].leaving = true } }
#endif
    :: atomic { faults && s[me].epoch ->
        faults--;
        leave_worker(me);
        d_step { say("service %d's worker loses its connection\n");
            break_worker(me); skip } }
    :: atomic { faults ->
        faults--;
        leave_keeper(me);
        d_step { say("service %d's keeper loses its connection\n");
            break_keeper(me) } }
    od
}

#ifdef TAIL
inline copy_state(from, to)
{
    to.jobs = from.jobs;
    to.later = from.later;
    to.ended = from.ended;
    to.again = from.again;
    to.taken = from.taken;
#ifdef EPOCH_COUNTER
    to.count = from.count;
#endif
    e = 0;
    do
    :: e < EPOCHS ->
        to.lease[e] = from.lease[e];
        to.generation[e] = from.generation[e];
        to.held[2 * e] = from.held[2 * e];
        to.held[2 * e + 1] = from.held[2 * e + 1];
        e++
    :: else -> break
    od
}

inline forget_kept()
{
    kept.jobs = 0;
    kept.later = 0;
    kept.ended = 0;
    kept.again = 0;
    kept.taken = 0;
#ifdef EPOCH_COUNTER
    kept.count = 0;
#endif
    e = 0;
    do
    :: e < EPOCHS ->
        kept.lease[e] = 0;
        kept.generation[e] = 0;
        kept.held[2 * e] = 0;
        kept.held[2 * e + 1] = 0;
        e++
    :: else -> break
    od
}

/* Redis ends and comes back, or its replica does, without what was written
 * since `kept`; every connection breaks, and nothing of them arrives. */
proctype tail()
{
    d_step { printf("what Redis keeps\n"); copy_state(r, kept); fell = 1 };
    d_step {
        printf("Redis falls back\n");
        copy_state(kept, r);
        forget_kept();
        fell = 2;
        forget_stray();
#ifndef RECONNECTED
        break_worker(0);
        break_worker(1);
#else
        forget_claimed(0);
        forget_claimed(1);
#endif
        break_keeper(0);
        break_keeper(1);
        look()
    }
}
#endif

/* Nothing can happen any more. */
proctype rest()
{
end:
    timeout -> assert(EveryJobEnds || r.ended == ALL)
}

init
{
    atomic {
        r.jobs = ALL;
#ifndef NOBODY_YET
        epochs = 2;
        r.lease[1] = RUNS;
        r.lease[2] = RUNS;
        s[0].epoch = 1;
        s[0].runs = true;
        s[0].owns = true;
        s[1].epoch = 2;
        s[1].runs = true;
        s[1].owns = true;
#endif
        run service(0);
        run service(1);
        run late();
        run trouble(0);
        run trouble(1);
        run time();
#ifdef TAIL
        run tail();
#endif
        run rest()
    }
}

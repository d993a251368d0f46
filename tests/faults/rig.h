/* One run: a Redis of its own, the extension, services (the real binary),
 * ledgers; and what it came to, in one line. */
#ifndef EXTQ_FAULTS_RIG_H
#define EXTQ_FAULTS_RIG_H

#include "faults/account.h"
#include "faults/producer.h"
#include "faults/receiver.h"
#include "faults/watch.h"
#include "support/process.h"
#include "support/redis_server.h"
#include "support/temp.h"

enum {
    RIG_SERVICES = 16,
    RIG_LEASE_MS = 1000,
    /* Lease, two sweeps, the longest retry and what a busy machine needs. */
    RIG_BOUND_MS = 15000,
};

enum rig_size { SIZE_SMALL, SIZE_FULL, SIZE_RECORD };

struct rig {
    const char *name; /* the scenario's */
    char note[120];   /* which case of it */
    enum rig_size size;
    uint64_t seed, dice;
    struct temp_path folder; /* the ledgers' */
    struct temp_path dir;    /* of the configuration */
    struct temp_path config;
    const char *words[3];       /* settings of Redis */
    struct redis_server *redis; /* NULL when it is not the rig's own */
    struct redis_address address;
    const char *url; /* borrowed */
    struct receiver *receiver;
    struct watch *watch;
    struct producer *producer; /* NULL unless load is on */
    unsigned replicas; /* that must have a push before it counts as acked */
    struct process *services[RIG_SERVICES];
    size_t born[RIG_SERVICES]; /* faults before each was started */
    size_t faults;             /* injected so far */
    size_t exposed;            /* F: jobs in flight at them */
    size_t crashed;            /* services that ended without being told to */
    size_t rejected;           /* writes refused under a lease that was over */
    size_t busy;     /* times a service asked Redis too often, or said too
                        much about one fault */
    size_t exceeded; /* caps that more calls at once were seen of */
    size_t late;     /* times it took more than 5 s to go on after a fault */
    size_t missed;   /* faults planned that did not happen */
    size_t unproven; /* times what a fault is for was not seen */
    int64_t start_ms, drain_ms;
    struct figures figures;
};

/* The size of the run and its seed, from the environment that main() set. */
enum rig_size rig_size(void);
uint64_t rig_seed(void);

/* a, b or c by the size of the run. */
unsigned rig_pick(unsigned small, unsigned full, unsigned record);

/* Opens it for the scenario of that name; appendfsync "always" or
 * "everysec". seed makes its dice. */
struct rig *rig_open(const char *name, uint64_t seed, const char *appendfsync);

/* The same with a Redis that the caller has started, of that redis.url, which
 * outlives the rig. */
struct rig *rig_open_at(const char *name, uint64_t seed, const char *url);

/* A number below `below`, from the dice. */
unsigned rig_roll(struct rig *r, unsigned below);

/* A free slot, for the service that the caller starts now. */
unsigned rig_slot(struct rig *r);

/* Starts one more service, on another address of Redis if url is given;
 * returns its slot. */
unsigned rig_start(struct rig *r, const char *url);

/* Waits until so many leases are in force. */
void rig_wait_leases(struct rig *r, unsigned count);

/* SIGKILL; what it held counts as exposed, as one fault. */
void rig_kill(struct rig *r, unsigned slot);

/* The same for a service that something else has killed. */
void rig_bury(struct rig *r, unsigned slot);

/* Of one that has ended, and is accounted for: its log is kept. */
void rig_forget(struct rig *r, unsigned slot);

/* SIGTERM, and waits for exit status 0 (else it counts as crashed). */
void rig_stop(struct rig *r, unsigned slot);

/* Puts jobs j-<first> on: at once, or as load at a rate. */
void rig_push(struct rig *r, const char *kinds, unsigned first, unsigned count);
void rig_load(struct rig *r, const char *kinds, unsigned count,
              unsigned per_second);

/* True while there is load; looks after everything else meanwhile. */
bool rig_loading(struct rig *r);

/* Lets about so long pass, and looks after everything meanwhile. */
void rig_pass(struct rig *r, int64_t ms);

/* Reads what is new, and notices services that ended. */
void rig_look(struct rig *r);

/* Writes that the rig's own Redis refused since it started; adds them, before
 * it is killed.
 */
size_t rig_rejected(struct rig *r);
void rig_note_rejected(struct rig *r);

/* SIGKILL of Redis, and a start on the same data; what services held counts as
 * exposed, as one fault. */
void rig_kill_redis(struct rig *r);

/* Waits until no job is waiting, due later or held, and the leases in force are
 * those of the services that run; false when no job has ended for limit_ms.
 * The time it took is the run's drain_ms. */
bool rig_drain(struct rig *r, int64_t limit_ms);

/* Stops all services, reads the ledgers, and does the sums. */
void rig_settle(struct rig *r);

/* True when what must be zero is, and no more was duplicated than exposed. */
bool rig_is_sound(const struct rig *r);

/* Adds what `one` came to into `sum`, which is not open. */
void rig_add(struct rig *sum, const struct rig *one);

/* A rig that only sums up cases; its end prints the line, and fails the test
 * unless sound. */
void rig_sum_open(struct rig *sum, const char *name);
void rig_sum_finish(const struct rig *sum, size_t cases);

/* Prints its line of the table. */
void rig_print(const struct rig *r);
void rig_print_head(void);

/* Removes the ledgers of a sound run (unless they are to be kept), and frees;
 * of any other it says where they are. */
void rig_close(struct rig **r);

/* drain, settle, print, close; fails the test unless sound. */
void rig_finish(struct rig **r);

#endif

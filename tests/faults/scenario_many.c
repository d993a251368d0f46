/* Up to sixteen services on four queues, each on two of them, that come and go
 * at random: killed, told to stop, joined by others. Nothing is lost, no cap is
 * exceeded, and what an idle one asks of Redis does not grow with their
 * number. */
#include "faults/rig.h"
#include "faults/scenario.h"

#include "base/clock.h"
#include "support/wait.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    QUEUES = RECEIVER_GROUPS,
    FEWEST = 4, /* so many serve each queue */
    FIRST = 8,
    PER_SECOND = 150, /* into each queue */
    CAPPED_MOST = 1,  /* calls at once, for each queue */
    BUSY_MOST = 5,
    IDLE_MS = 4000,
    IDLE_FEW = 2,
    IDLE_MOST = 10, /* commands a second and process */
};

/* As long as what it replaces. */
#define BUSY_CAP "in_flight: 5 "

static const char *const queues[QUEUES] = {"default", "mail", "bulk", "night"};

/* Few enough of those that have caps: their calls take 100 ms, and who has lost
 * or got its share of a cap waits for a lease. */
static const char kinds[] = "bossorosodobossorosoosbossorosodobossorososc";

struct many {
    struct rig *rig;
    struct temp_path configs[QUEUES]; /* each for two queues */
    struct producer *producers[QUEUES];
    unsigned running;
};

static void write_configs(struct many *m)
{
    char *text = temp_read(m->rig->config.text), name[32], whole[4096];
    char *cap = strstr(text, "in_flight: 28");

    ck_assert_ptr_nonnull(cap);
    memcpy(cap, BUSY_CAP, strlen(BUSY_CAP));
    for (unsigned n = 0; n < QUEUES; n++) {
        (void)snprintf(name, sizeof name, "extq-%u.yaml", n);
        (void)snprintf(whole, sizeof whole, "%squeues: {%s: {}, %s: {}}\n",
                       text, queues[n], queues[(n + 1) % QUEUES]);
        m->configs[n] = temp_write(&m->rig->dir, name, whole);
    }
    free(text);
}

static void join(struct many *m)
{
    /* A busy machine must not depose one that works. */
    static const char *const env[] = {"EXTQ_LEASE=4s", NULL};
    unsigned slot = rig_slot(m->rig);

    m->rig->services[slot] =
        extq_start(env, "run", "-c", m->configs[slot % QUEUES].text);
    m->running++;
}

/* The slot of one that runs. */
static unsigned pick(struct many *m)
{
    unsigned slot;

    do
        slot = rig_roll(m->rig, RIG_SERVICES);
    while (!m->rig->services[slot]);
    return slot;
}

static void leave(struct many *m, bool killed)
{
    unsigned slot = pick(m);

    m->running--;
    if (killed) {
        rig_kill(m->rig, slot);
        return;
    }
    rig_stop(m->rig, slot);
    m->rig->faults++;
}

static void come_or_go(struct many *m)
{
    unsigned die = rig_roll(m->rig, 4);

    if (m->running == RIG_SERVICES || (die < 2 && m->running > FEWEST))
        leave(m, die == 0);
    else
        join(m);
}

static void load(struct many *m, unsigned jobs)
{
    for (unsigned n = 0; n < QUEUES; n++)
        m->producers[n] = producer_start(&(struct producer_options){
            .address = redis_server_address(m->rig->redis),
            .folder = m->rig->folder.text,
            .queue = queues[n],
            .first = n * RECEIVER_GROUP_JOBS,
            .count = jobs,
            .per_second = PER_SECOND,
            .kinds = kinds,
        });
}

static bool loading(struct many *m)
{
    for (unsigned n = 0; n < QUEUES; n++)
        if (!producer_ended(m->producers[n]))
            return true;
    return false;
}

/* One that nothing came near to is no proof. */
static void judge_caps(struct rig *r)
{
    for (unsigned n = 0; n < QUEUES; n++) {
        size_t capped = receiver_most_capped(r->receiver, n);
        size_t busy = receiver_most_busy(r->receiver, n);

        printf("many         queue %s: at most %zu of %d and %zu of %d calls "
               "at once\n",
               queues[n], capped, CAPPED_MOST, busy, BUSY_MOST);
        if (capped > CAPPED_MOST || busy > BUSY_MOST)
            r->exceeded++;
        if (capped == 0 || busy < 2)
            r->unproven++;
    }
}

/* In what redis-cli monitor wrote; those within functions are marked. */
static unsigned count_commands(const char *lines)
{
    unsigned all = 0, inner = 0;

    for (const char *at = lines; (at = strstr(at, "] \"")); at++)
        all++;
    for (const char *at = lines; (at = strstr(at, " lua] \"")); at++)
        inner++;
    return all - inner;
}

/* Commands a second and process while there is nothing to do. */
static double idle(struct many *m)
{
    const char *argv[] = {"redis-cli", "-s", redis_server_socket(m->rig->redis),
                          "monitor", NULL};
    struct process *p = process_start(argv, NULL);
    int64_t from_ms = clock_mono_ms();
    struct waiter w = {.deadline_ms = from_ms + IDLE_MS};
    double ret;

    while (waiter_pause(&w))
        ;
    ret = count_commands(process_out(p)) * 1000.0 /
          (double)(clock_mono_ms() - from_ms) / m->running;
    process_close(&p);
    return ret;
}

static void judge_idle(struct many *m)
{
    const double most = IDLE_MOST;
    double all = idle(m), few;

    while (m->running > IDLE_FEW)
        leave(m, false);
    few = idle(m);
    printf("many         idle: %.1f commands a second and process of %d, %.1f "
           "of %d\n",
           all, RIG_SERVICES, few, IDLE_FEW);
    if (all > most || few > most || all > 2 * few + 1)
        m->rig->busy++;
}

static void run_load(struct many *m, unsigned events)
{
    load(m, rig_pick(600, 3000, 100000));
    while (loading(m) || m->rig->faults < events) {
        rig_pass(m->rig, 100 + rig_roll(m->rig, 300));
        come_or_go(m);
    }
    for (unsigned n = 0; n < QUEUES; n++)
        producer_close(&m->producers[n]);
    while (m->running < RIG_SERVICES)
        join(m);
    if (!rig_drain(m->rig, RIG_BOUND_MS))
        printf("many         not drained\n");
}

START_TEST(many_services_come_and_go_and_nothing_is_lost)
{
    struct many m = {.rig = rig_open("many", rig_seed(), "always")};

    for (unsigned n = 1; n < QUEUES; n++)
        watch_add_queue(m.rig->watch, queues[n]);
    write_configs(&m);
    while (m.running < FIRST)
        join(&m);
    run_load(&m, rig_pick(6, 30, 1000));
    judge_caps(m.rig);
    judge_idle(&m);
    rig_finish(&m.rig);
}
END_TEST

const TTest *scenario_many(void)
{
    return many_services_come_and_go_and_nothing_is_lost;
}

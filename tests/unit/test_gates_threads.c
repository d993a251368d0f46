/* Many threads at one table: limits hold, nobody is forgotten. The parked list
 * is a counter here. */
#include "support/gates_bed.h"
#include "support/main.h"

#include <stdatomic.h>
#include <uv.h>

enum { THREADS = 4, JOBS = 4000, LIMIT = 3, ROOM = 8 };

struct crowd {
    struct gates_bed bed;
    atomic_uint left;    /* jobs not done */
    atomic_uint fresh;   /* jobs not claimed yet */
    atomic_uint parked;  /* in Redis */
    atomic_uint running; /* those that passed */
    atomic_uint most;
    atomic_llong now_us;
};

static void run(struct crowd *c, struct gate_pass *pass)
{
    struct gate_change changes[GATE_CHANGES_MAX];
    static const struct outcome good = {.verdict = VERDICT_DELIVERED,
                                        .reason = "delivered"};
    unsigned running = atomic_fetch_add(&c->running, 1) + 1;
    unsigned most = atomic_load(&c->most);

    while (running > most &&
           !atomic_compare_exchange_weak(&c->most, &most, running))
        continue;
    ck_assert_uint_eq(gates_judge(c->bed.gates, pass,
                                  &(struct gate_verdict){&good, NULL, 0},
                                  atomic_load(&c->now_us), changes),
                      0);
    atomic_fetch_sub(&c->running, 1);
    atomic_fetch_sub(&c->left, 1);
}

static void leave(struct crowd *c, struct gate_pass *pass)
{
    struct gate_change change;

    ck_assert(
        !gates_leave(c->bed.gates, pass, atomic_load(&c->now_us), &change));
}

/* One job from the queue. */
static void claim_one(struct crowd *c)
{
    static const struct extension_key key = {"acme", "three"};
    struct gate_pass pass = {0};
    unsigned fresh = atomic_load(&c->fresh);

    while (fresh > 0 &&
           !atomic_compare_exchange_weak(&c->fresh, &fresh, fresh - 1))
        continue;
    if (fresh == 0)
        return;
    ck_assert_int_eq(
        gates_enter(c->bed.gates, &pass, &key, atomic_load(&c->now_us)),
        ERR_OK);
    if (pass.parked)
        atomic_fetch_add(&c->parked, 1);
    else
        run(c, &pass);
    leave(c, &pass);
}

/* How many of `count` there are, taken out of the list. */
static unsigned unpark(struct crowd *c, unsigned count)
{
    unsigned there = atomic_load(&c->parked), taken;

    do
        taken = there < count ? there : count;
    while (!atomic_compare_exchange_weak(&c->parked, &there, there - taken));
    return taken;
}

static void take_some(struct crowd *c)
{
    struct gate_take takes[GATE_TAKES_MAX];
    struct gate_pass passes[ROOM];
    struct gate_change change;
    unsigned count =
        gates_take(c->bed.gates, 0, ROOM, atomic_load(&c->now_us), takes);

    for (unsigned n = 0; n < count; n++) {
        struct gate_report report = {.now_us = atomic_load(&c->now_us)};
        unsigned taken = unpark(c, takes[n].count);

        report.news.state.kind = GATE_FULL;
        report.news.state.mark = report.news.state.why = span_of("-");
        report.news.parked = atomic_load(&c->parked);
        if (report.news.parked == 0)
            report.news.state.kind = GATE_NONE;
        for (unsigned at = 0; at < taken; at++)
            gates_pass(c->bed.gates, &takes[n], NULL, &passes[at]);
        (void)gates_took(c->bed.gates, &takes[n], &report, report.now_us,
                         &change);
        for (unsigned at = 0; at < taken; at++) {
            run(c, &passes[at]);
            leave(c, &passes[at]);
        }
    }
}

static void work(void *arg)
{
    struct crowd *c = arg;

    while (atomic_load(&c->left) > 0) {
        atomic_fetch_add(&c->now_us, 1000);
        claim_one(c);
        take_some(c);
    }
}

START_TEST(threads_keep_to_the_limit_and_no_job_is_left)
{
    static struct crowd c;
    uv_thread_t threads[THREADS];

    c.bed = gates_bed_open("workers: 4\nin_flight: 64\n"
                           "points: {three: {in_flight: 3}}\n");
    atomic_store(&c.now_us, c.bed.now_us);
    atomic_store(&c.left, JOBS);
    atomic_store(&c.fresh, JOBS);
    for (int n = 0; n < THREADS; n++)
        ck_assert_int_eq(uv_thread_create(&threads[n], work, &c), 0);
    for (int n = 0; n < THREADS; n++)
        ck_assert_int_eq(uv_thread_join(&threads[n]), 0);
    ck_assert_uint_le(atomic_load(&c.most), LIMIT);
    ck_assert_uint_eq(atomic_load(&c.parked), 0);
    gates_bed_close(&c.bed);
}
END_TEST

int main(void)
{
    return run_tests("service.gates_threads", 30,
                     threads_keep_to_the_limit_and_no_job_is_left);
}

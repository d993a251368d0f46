/* Each command that the service sends gets each wrong answer once; and all of
 * them get it for a while. The service goes on by itself, and loses nothing. */
#include "faults/answers.h"
#include "faults/cases.h"
#include "faults/paths.h"
#include "faults/scenario.h"

#include "support/wait.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum {
    STRIKE_MS = 8000,
    BROKEN_MS = 2500,
    RESUME_MS = 5000,
    JOBS = 24,
    /* 20 a second for each thread: two workers and the keeper. */
    CALM_PER_S = 60,
};

/* Where the answer is wrong: a command on a path that needs it. */
static const struct {
    const char *path, *command;
    unsigned nth;
} targets[] = {
    {"several", "INFO", 1},         {"several", "FUNCTION", 1},
    {"several", "join", 1},         {"several", "join", 2},
    {"several", "tick", 1},         {"several", "tick", 2},
    {"waiting", "claim", 1},        {"waiting", "claim", 2},
    {"several", "BLMOVE", 1},       {"several", "bell", 1},
    {"several", "bell", 2},         {"several", "find", 1},
    {"several", "keep", 1},         {"no extension", "keep", 1},
    {"discovery fails", "fail", 1}, {"discovery fails", "find", 2},
    {"several", "finish", 1},       {"retry", "finish", 1},
    {"dead", "finish", 1},          {"moved", "forget", 1},
    {"recover", "recover", 1},      {"recover", "claim", 2},
    {"drain", "finish", 1},         {"drain", "release", 1},
    {"reclaim", "release", 1},      {"reclaim", "tick", 1},
    {"several", "gates", 1},        {"parked", "finish", 1},
    {"parked", "gates", 2},         {"parked", "unpark", 1},
    {"parked", "unpark", 2},        {"circuit", "gate", 1},
    {"circuit", "gate", 2},         {"circuit", "unpark", 1},
    {"suspect", "isolate", 1},      {"slow discovery", "renew", 1},
    {"several", "BGREWRITEAOF", 1},
};

enum { TARGETS = sizeof targets / sizeof *targets };

struct plan {
    unsigned stride, offset; /* every stride-th case */
};

static struct proxy_rule rule_of(const struct wrong_answer *w)
{
    return (struct proxy_rule){
        .when = w->when, .act = w->act, .text = w->text, .ms = w->ms};
}

static void await_strike(struct passage *p, const char *note)
{
    struct waiter w = waiter_start(STRIKE_MS);

    while (proxy_struck(p->proxy) == 0 && waiter_pause(&w))
        watch_poll(p->rig->watch);
    p->rig->faults++;
    if (proxy_struck(p->proxy) > 0)
        return;
    printf("not struck: %s\n", note);
    p->rig->missed++;
}

/* A service that was told to stop ends in order, whatever is answered. */
static void relieve(struct passage *p)
{
    rig_stop(p->rig, p->slot);
    p->slot = rig_start(p->rig, NULL);
}

static void judge_resumption(struct passage *p)
{
    (void)rig_drain(p->rig, RIG_BOUND_MS);
    p->rig->late += p->rig->drain_ms > RESUME_MS;
}

static void answer_once(const void *arg, size_t i, struct rig *ret)
{
    const struct plan *plan = arg;
    size_t at = i * plan->stride + plan->offset;
    const struct wrong_answer *wrong = &wrong_answers[at % wrong_answer_count];
    unsigned path = path_find(targets[at / wrong_answer_count].path);
    struct proxy_rule rule = rule_of(wrong);
    struct passage p;

    rule.command = targets[at / wrong_answer_count].command;
    rule.nth = targets[at / wrong_answer_count].nth;
    (void)snprintf(ret->note, sizeof ret->note, "%s: %s %u answered: %s",
                   path_name(path), rule.command, rule.nth, wrong->name);
    if (!case_is_wanted(ret))
        return;
    path_begin(&p, "reply_faults", path, &rule);
    path_go(&p, path);
    await_strike(&p, ret->note);
    if (path_stops(path))
        relieve(&p);
    judge_resumption(&p);
    path_end(&p, ret);
}

/* The busiest second begins after what was under way when it broke. */
static void break_for_a_while(struct passage *p, const struct proxy_rule *rule)
{
    proxy_rule(p->proxy, rule);
    rig_pass(p->rig, BROKEN_MS);
    if (proxy_busiest(p->proxy) > CALM_PER_S) {
        printf("%u commands in a second:\n", proxy_busiest(p->proxy));
        proxy_print_busiest(p->proxy);
        p->rig->busy++;
    }
    proxy_rule(p->proxy, NULL);
}

static void answer_all(const void *arg, size_t i, struct rig *ret)
{
    const struct plan *plan = arg;
    const struct wrong_answer *wrong =
        &wrong_answers[i * plan->stride + plan->offset];
    struct proxy_rule rule = rule_of(wrong);
    struct passage p;

    (void)snprintf(ret->note, sizeof ret->note, "all answered for %d ms: %s",
                   BROKEN_MS, wrong->name);
    if (!case_is_wanted(ret))
        return;
    path_begin(&p, "reply_faults", path_find("success"), NULL);
    rig_wait_leases(p.rig, 1);
    rig_push(p.rig, "ssssrd", 0, JOBS);
    rig_pass(p.rig, 20);
    p.rig->faults++;
    break_for_a_while(&p, &rule);
    judge_resumption(&p);
    path_end(&p, ret);
}

/* A command that no target names would go untested. */
static void expect_all_named(void)
{
    static struct steps steps;

    paths_walk(&steps);
    for (size_t i = 0; i < steps.count; i++) {
        size_t n = 0;

        while (n < TARGETS &&
               strcmp(targets[n].command, steps.at[i].command) != 0)
            n++;
        if (n == TARGETS)
            ck_abort_msg("no wrong answers for %s", steps.at[i].command);
    }
}

static struct plan plan_of(const struct rig *sum, unsigned stride)
{
    return (struct plan){stride, (unsigned)(sum->seed % stride)};
}

static size_t cases_of(const struct plan *p, size_t all)
{
    return all > p->offset ? (all - p->offset + p->stride - 1) / p->stride : 0;
}

START_TEST(a_wrong_answer_loses_nothing)
{
    struct rig sum;
    struct plan once, lasting;
    size_t count;

    rig_sum_open(&sum, "reply_faults");
    once = plan_of(&sum, rig_pick(29, 1, 1));
    lasting = plan_of(&sum, rig_pick(10, 1, 1));
    expect_all_named();
    count = cases_of(&once, TARGETS * wrong_answer_count);
    cases_run(&sum, answer_once, &once, count);
    cases_run(&sum, answer_all, &lasting,
              cases_of(&lasting, wrong_answer_count));
    rig_sum_finish(&sum, count + cases_of(&lasting, wrong_answer_count));
}
END_TEST

const TTest *scenario_reply_faults(void)
{
    return a_wrong_answer_loses_nothing;
}

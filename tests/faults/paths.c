#include "faults/paths.h"

#include "faults/cases.h"
#include "faults/suspects.h"
#include "support/wait.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

enum { LIMIT_MS = 10000, NTH_MAX = 2, WALK_MS = 600 };

struct path {
    const char *name;
    const char *kinds; /* of its jobs */
    unsigned jobs;
    bool early;   /* they are there before the service */
    bool reclaim; /* somebody else held them, and died */
    bool drain;   /* the service is told to stop with calls under way */
    bool recover; /* the reply to its first claim is lost */
    bool suspect; /* the first of them is to run alone */
};

static const struct path paths[PATHS] = {
    {"success", "o", 1, .early = false},
    {"retry", "r", 1, .early = false},
    {"dead", "d", 1, .early = false},
    {"no extension", "n", 1, .early = false},
    {"discovery fails", "f", 1, .early = false},
    {"moved", "m", 1, .early = false},
    {"several", "sord", 8, .early = false},
    {"waiting", "sord", 8, .early = true},
    {"drain", "h", 2, .drain = true},
    {"reclaim", "h", 2, .reclaim = true},
    {"recover", "or", 2, .early = true, .recover = true},
    {"parked", "c", 4, .early = true},
    {"circuit", "t", 4, .early = true},
    {"suspect", "o", 2, .early = true, .suspect = true},
    {"slow discovery", "l", 1, .early = false},
};

const char *path_name(unsigned path)
{
    return paths[path].name;
}

unsigned path_find(const char *name)
{
    unsigned path = 0;

    while (path < PATHS && strcmp(paths[path].name, name) != 0)
        path++;
    if (path == PATHS)
        ck_abort_msg("no path is called %s", name);
    return path;
}

bool path_stops(unsigned path)
{
    return paths[path].drain;
}

static void expect_calls(struct rig *r, size_t count)
{
    struct waiter w = waiter_start(LIMIT_MS);

    while (receiver_waiting(r->receiver) < count)
        if (!waiter_pause(&w))
            ck_abort_msg("waited in vain for %zu calls", count);
}

/* Jobs under way in a service that dies. */
static void leave_behind(struct rig *r, const struct path *path)
{
    unsigned other = rig_start(r, NULL);

    rig_wait_leases(r, 1);
    receiver_hold(r->receiver, true);
    rig_push(r, path->kinds, 0, path->jobs);
    expect_calls(r, path->jobs);
    rig_kill(r, other);
    receiver_hold(r->receiver, false);
}

void path_begin(struct passage *p, const char *scenario, unsigned path,
                const struct proxy_rule *rule)
{
    static const struct proxy_rule no_reply = {.command = "claim",
                                               .nth = 1,
                                               .when = PROXY_AFTER,
                                               .act = PROXY_TRUNCATE};
    struct proxy_rule own;

    p->rig = rig_open(scenario, rig_seed(), "always");
    p->proxy = proxy_open(redis_server_socket(p->rig->redis));
    if (paths[path].reclaim)
        leave_behind(p->rig, &paths[path]);
    if (paths[path].early)
        rig_push(p->rig, paths[path].kinds, 0, paths[path].jobs);
    if (paths[path].suspect)
        suspects_make(p->rig);
    if (paths[path].recover)
        proxy_also(p->proxy, &no_reply);
    p->slot = rig_start(p->rig, proxy_url(p->proxy));
    if (!rule)
        return;
    own = *rule;
    own.pid = process_pid(p->rig->services[p->slot]);
    proxy_rule(p->proxy, &own);
}

bool path_is_dead(struct passage *p)
{
    return process_ended(p->rig->services[p->slot]);
}

/* Told to stop twice: it hands back what it holds, and leaves. */
static void stop_with_calls(struct passage *p, const struct path *path)
{
    struct rig *r = p->rig;
    struct waiter w = waiter_start(LIMIT_MS);

    receiver_hold(r->receiver, true);
    rig_push(r, path->kinds, 0, path->jobs);
    while (!path_is_dead(p) && receiver_waiting(r->receiver) < path->jobs &&
           waiter_pause(&w))
        ;
    r->exposed += path->jobs;
    process_signal(r->services[p->slot], SIGTERM);
    process_signal(r->services[p->slot], SIGINT);
    while (!path_is_dead(p) && waiter_pause(&w))
        ;
    receiver_hold(r->receiver, false);
}

void path_go(struct passage *p, unsigned path)
{
    const struct path *this = &paths[path];

    if (this->drain)
        stop_with_calls(p, this);
    else if (!this->reclaim && !this->early)
        rig_push(p->rig, this->kinds, 0, this->jobs);
}

void path_end(struct passage *p, struct rig *ret)
{
    char note[sizeof ret->note];

    memcpy(note, ret->note, sizeof note);
    suspects_await_turn(p->rig);
    rig_settle(p->rig);
    proxy_close(&p->proxy);
    memcpy(p->rig->note, note, sizeof note);
    *ret = *p->rig;
    rig_close(&p->rig);
}

/* What a service may send, but for its reading for the ops port. */
static const char *const all_functions[] = {
    "join",  "tick", "release", "recover", "claim", "isolate", "unpark", "gate",
    "gates", "find", "finish",  "renew",   "keep",  "fail",    "forget", "bell",
};

static void expect_functions(const struct steps *s)
{
    for (size_t n = 0; n < sizeof all_functions / sizeof *all_functions; n++) {
        size_t i = 0;

        while (i < s->count && strcmp(s->at[i].command, all_functions[n]) != 0)
            i++;
        if (i == s->count)
            ck_abort_msg("no path takes a job by %s", all_functions[n]);
    }
}

static void add_steps(struct steps *s, unsigned path, struct proxy *proxy)
{
    const char *name;

    for (size_t i = 0; (name = proxy_name(proxy, i)); i++) {
        unsigned count = proxy_count(proxy, name);

        for (unsigned nth = 1; nth <= count && nth <= NTH_MAX; nth++) {
            struct step *step = &s->at[s->count++];

            step->path = path;
            step->nth = nth;
            (void)snprintf(step->command, sizeof step->command, "%s", name);
        }
    }
}

/* Steps of one path alone, in memory that the process of the case shares. */
static void walk(const void *arg, size_t path, struct rig *ret)
{
    struct steps *const *all = arg;
    struct passage p;

    path_begin(&p, "walk", (unsigned)path, NULL);
    path_go(&p, (unsigned)path);
    if (paths[path].drain) {
        rig_bury(p.rig, p.slot);
        p.rig->faults--;
        (void)rig_start(p.rig, NULL);
    }
    if (!rig_drain(p.rig, RIG_BOUND_MS))
        ck_abort_msg("the path %s has no end", paths[path].name);
    if (!paths[path].drain)
        rig_pass(p.rig, WALK_MS);
    add_steps(&(*all)[path], (unsigned)path, p.proxy);
    path_end(&p, ret);
}

void paths_walk(struct steps *ret)
{
    size_t size = PATHS * sizeof(struct steps);
    struct rig sum = {.name = "walk"};
    struct steps *all = mmap(NULL, size, PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    ck_assert(all != MAP_FAILED);
    cases_run(&sum, walk, &all, PATHS);
    if (!rig_is_sound(&sum))
        ck_abort_msg("a walk without faults went wrong");
    ret->count = 0;
    for (unsigned path = 0; path < PATHS; path++)
        for (size_t i = 0; i < all[path].count; i++)
            ret->at[ret->count++] = all[path].at[i];
    (void)munmap(all, size);
    expect_functions(ret);
}

#include "faults/outage.h"

#include "base/clock.h"
#include "support/wait.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOOK_MS = 50, ON_WAY_MS = 300 };

void outage_prepare(struct outage *o, const char *name, const char *appendfsync)
{
    *o = (struct outage){.rig = rig_open(name, rig_seed(), appendfsync),
                         .kinds = "ssosssrsod"};
}

void outage_start(struct outage *o, unsigned load_s)
{
    for (unsigned n = 0; n < OUTAGE_SERVICES; n++) {
        o->proxies[n] = proxy_open(redis_server_socket(o->rig->redis));
        o->slots[n] = rig_start(o->rig, proxy_url(o->proxies[n]));
    }
    rig_wait_leases(o->rig, OUTAGE_SERVICES);
    rig_load(o->rig, o->kinds, load_s * OUTAGE_PER_SECOND, OUTAGE_PER_SECOND);
}

void outage_open(struct outage *o, const char *name, const char *appendfsync,
                 unsigned load_s)
{
    outage_prepare(o, name, appendfsync);
    outage_start(o, load_s);
}

void outage_begin(struct outage *o)
{
    rig_look(o->rig);
    rig_note_rejected(o->rig);
    o->held = watch_held(o->rig->watch, 0);
    o->rig->faults++;
}

void outage_struck(struct outage *o)
{
    struct waiter w = {.deadline_ms = clock_mono_ms() + ON_WAY_MS};

    /* The ends of calls that were under way, which take up to 200 ms, are not
     * meant: each is told once, on a line that is not known to be broken. */
    while (waiter_pause(&w))
        ;
    for (unsigned n = 0; n < OUTAGE_SERVICES; n++)
        proxy_rule(o->proxies[n], NULL);
}

void outage_judge_calm(struct outage *o)
{
    for (unsigned n = 0; n < OUTAGE_SERVICES; n++) {
        unsigned busiest = proxy_busiest(o->proxies[n]);

        if (busiest <= OUTAGE_CALM_PER_S)
            continue;
        printf("%s: %u commands in a second\n", o->rig->name, busiest);
        proxy_print_busiest(o->proxies[n]);
        o->rig->busy++;
    }
}

static bool goes_on(struct rig *r, size_t ends)
{
    unsigned running = 0;

    for (unsigned n = 0; n < RIG_SERVICES; n++)
        running += r->services[n] != NULL;
    rig_look(r);
    if (watch_reigns(r->watch) < running)
        return false;
    return watch_ends(r->watch) > ends || watch_open_jobs(r->watch) == 0;
}

int64_t outage_resume(struct rig *r)
{
    int64_t from_ms = clock_mono_ms(), took_ms;
    struct waiter w = waiter_start(RIG_BOUND_MS);
    size_t ends;

    watch_poll(r->watch);
    ends = watch_ends(r->watch);
    while (!goes_on(r, ends) && waiter_pause(&w))
        ;
    took_ms = clock_mono_ms() - from_ms;
    if (took_ms > OUTAGE_RESUME_MS) {
        printf("%s: went on after %lld ms\n", r->name, (long long)took_ms);
        r->late++;
    }
    return took_ms;
}

void outage_over(struct outage *o)
{
    size_t held = watch_held(o->rig->watch, 0);
    int64_t took_ms;

    o->rig->exposed += held > o->held ? held : o->held;
    took_ms = outage_resume(o->rig);
    if (took_ms > o->worst_ms)
        o->worst_ms = took_ms;
}

void outage_sit_out(struct rig *r)
{
    while (rig_loading(r))
        rig_pass(r, LOOK_MS);
}

static size_t count_lines(const char *path)
{
    char *text = temp_read(path);
    size_t count = 0;

    for (const char *c = strchr(text, '\n'); c; c = strchr(c + 1, '\n'))
        count++;
    free(text);
    return count;
}

size_t outage_log_lines(const struct rig *r)
{
    DIR *folder = opendir(r->folder.text);
    const struct dirent *entry;
    size_t count = 0;

    while (folder && (entry = readdir(folder))) {
        struct temp_path path;

        if (strncmp(entry->d_name, "service-", 8) != 0)
            continue;
        path = temp_join(&r->folder, entry->d_name);
        count += count_lines(path.text);
    }
    if (folder)
        (void)closedir(folder);
    return count;
}

static void settle(struct outage *o)
{
    outage_sit_out(o->rig);
    (void)rig_drain(o->rig, RIG_BOUND_MS);
    rig_settle(o->rig);
    for (unsigned n = 0; n < OUTAGE_SERVICES; n++)
        proxy_close(&o->proxies[n]);
}

void outage_settle(struct outage *o, struct rig *ret)
{
    char note[sizeof ret->note];

    memcpy(note, ret->note, sizeof note);
    settle(o);
    memcpy(o->rig->note, note, sizeof note);
    *ret = *o->rig;
    rig_close(&o->rig);
}

void outage_finish(struct outage *o, const char *remark)
{
    bool sound;

    settle(o);
    rig_print(o->rig);
    printf("%*s went on within %lld ms, %zu lines in the logs%s%s\n", -12,
           o->rig->name, (long long)o->worst_ms, outage_log_lines(o->rig),
           remark ? "; " : "", remark ? remark : "");
    (void)fflush(stdout);
    sound = rig_is_sound(o->rig);
    rig_close(&o->rig);
    if (!sound)
        ck_abort_msg("figures that must be zero are not");
}

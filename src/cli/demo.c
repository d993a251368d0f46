/* extq demo: a Redis, a sample platform, the service and some hundred events,
 * with nothing to set up and nothing left behind. */
#include "cli/command.h"

#include "base/clean.h"
#include "base/clock.h"
#include "cli/demo_events.h"
#include "cli/demo_link.h"
#include "cli/demo_platform.h"
#include "cli/demo_screen.h"
#include "cli/demo_service.h"
#include "cli/demo_summary.h"
#include "cli/options.h"
#include "cli/say.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static const char command[] = "demo";

enum {
    EVENTS_MAX = 100000,
    START_MS = 30000,
    SILENCE_MS = 30000, /* without any outcome: something is wrong */
    PUSH_MS = 4000,     /* the events are spread over this */
    BUSY_LOOK_MS = 10,
    IDLE_LOOK_MS = 100,
    LOG_SHOWN = 4096,
};

struct demo {
    bool keep;
    int64_t events_wanted;
    int signals; /* signalfd for SIGINT, SIGTERM and SIGHUP */
    bool interrupted;
    struct demo_folder folder;
    struct demo_platform *platform;
    struct demo_service service;
    struct demo_link link;
    struct demo_events events;
    struct demo_screen screen;
    int64_t heard_ms; /* monotonic: when the last outcome came */
};

static const char examples[] =
    "  extq demo                 some hundred events, about ten seconds\n"
    "  extq demo --events 5000   more of them\n"
    "  extq demo --keep          stays, so that you can push events yourself\n";

static bool read_options(struct demo *d, int argc, char **argv, int *ret)
{
    struct common_options common = {NULL, NULL};
    const struct option_spec specs[] = {
        {"keep", 0, OPTION_FLAG, NULL, "stay until Ctrl-C", &d->keep, 0, NULL},
        {"events", 0, OPTION_NUMBER, "N", "how many (default 240)",
         &d->events_wanted, EVENTS_MAX, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,  "",      "Shows extq at work, with nothing to set up",
        examples, specs,   0,
        0,        &common,
    };
    int operand;

    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    /* Every command takes these two; taking them and ignoring them here would
     * let people believe that their own queue was shown. */
    if (common.config_file || common.redis_url) {
        *ret = options_wrong(command, "the demo brings its own configuration "
                                      "and its own Redis");
        return false;
    }
    return true;
}

/* Signals are read where it suits; they end nothing by themselves. A closed
 * output must not either. */
static int catch_signals(void)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* True once a signal came or nobody reads us any more. */
static bool is_interrupted(struct demo *d)
{
    struct signalfd_siginfo info;

    if (read(d->signals, &info, sizeof info) == (ssize_t)sizeof info)
        d->interrupted = true;
    /* The flush finds out, and shows what there is after each turn. */
    if (fflush(stdout) != 0 || ferror(stdout))
        d->interrupted = true;
    return d->interrupted;
}

static enum err prepare(struct demo *d, struct why *why)
{
    enum err e = demo_events_open((size_t)d->events_wanted, &d->events);

    if (e)
        return why_set(why, e, "the events: %s", err_text(e));
    if ((e = demo_folder_make(&d->folder, why)) ||
        (e = demo_platform_start(&d->platform, why)))
        return e;
    d->link = demo_link_make(d->folder.socket);
    e = demo_folder_fill(&d->folder, demo_platform_port(d->platform),
                         demo_platform_token(d->platform), why);
    return e ? e : demo_service_start(&d->folder, &d->service, why);
}

/* The end of the service's log, on stderr: it is about to be removed. */
static void show_log(const struct demo *d)
{
    static char text[LOG_SHOWN], line[LOG_SHOWN];
    FILE *file = fopen(d->folder.log, "re");
    struct span rest;
    size_t len;

    if (!file)
        return;
    if (fseek(file, -(long)sizeof text, SEEK_END) != 0)
        rewind(file);
    len = fread(text, 1, sizeof text, file);
    (void)fclose(file);
    (void)fprintf(stderr, "The service's log ends with:\n");
    for (rest = (struct span){text, len}; rest.len > 0;) {
        (void)clean_text(span_cut(&rest, '\n'), line, sizeof line);
        (void)fprintf(stderr, "  %s\n", line);
    }
}

/* A lease is the sign of life: whoever holds one claims jobs. ERR_OK after an
 * interrupt as well. */
static enum err wait_for_service(struct demo *d, struct why *why)
{
    int64_t until = clock_mono_ms() + START_MS;

    while (!demo_link_is_served(&d->link)) {
        if (is_interrupted(d))
            return ERR_OK;
        if (demo_service_ended(&d->service))
            return why_set(why, ERR_IO, "the service ended at its start");
        if (clock_mono_ms() >= until)
            return why_set(why, ERR_IO, "the service is not up after %d s",
                           START_MS / 1000);
        (void)poll(NULL, 0, BUSY_LOOK_MS);
    }
    return ERR_OK;
}

static void note_outcome(void *arg, const struct outcome_entry *entry)
{
    struct demo *d = arg;
    /* Unknown ids are those of a user who pushes events of his own. */
    struct demo_event *event =
        demo_events_find(&d->events, outcome_entry_field(entry, "id"));
    struct span verdict = outcome_entry_field(entry, "verdict");
    uint64_t calls = 0;

    d->heard_ms = clock_mono_ms();
    demo_screen_outcome(&d->screen, entry);
    /* At least once: a second end of an event changes nothing. */
    if (!event || event->verdict)
        return;
    (void)span_number(outcome_entry_field(entry, "attempt"), &calls);
    event->calls = (unsigned)calls;
    for (int v = 0; v < VERDICTS; v++) {
        if (v == VERDICT_RETRY ||
            !span_is(verdict, verdict_text((enum verdict)v)))
            continue;
        event->verdict = verdict_text((enum verdict)v);
        event->ended_ms = outcome_entry_ms(entry);
        d->events.ended++;
    }
}

static void show_notes(struct demo *d)
{
    char note[256];

    while (demo_platform_note(d->platform, note, sizeof note))
        demo_screen_note(&d->screen, note);
}

/* Shows what came, then waits a little; a signal ends the wait. */
static void look(struct demo *d, int wait_ms)
{
    struct pollfd p = {.fd = d->signals, .events = POLLIN};

    demo_link_read(&d->link, note_outcome, d);
    show_notes(d);
    (void)fflush(stdout);
    (void)poll(&p, 1, wait_ms);
}

/* Spread over a few seconds, as events are where they come from. */
static void push_some(struct demo *d, int64_t started_ms)
{
    struct demo_events *e = &d->events;
    size_t known = demo_events_known();
    int64_t spread = e->count < known
                         ? PUSH_MS * (int64_t)e->count / (int64_t)known
                         : PUSH_MS;
    int64_t age = clock_mono_ms() - started_ms;
    size_t due = e->count;

    /* One at once, so that something is to be seen at once. */
    if (age < spread)
        due = e->count * (size_t)age / (size_t)spread + 1;
    if (due > e->count)
        due = e->count;
    while (e->pushed < due) {
        size_t n =
            demo_link_push(&d->link, e->all + e->pushed, due - e->pushed);

        /* Redis is away: its supervisor brings it back, the next turn pushes
         * the same events. */
        if (n == 0)
            return;
        e->pushed += n;
    }
}

/* Pushes and shows until all events have ended, or nothing happens any
 * more. */
static void play(struct demo *d)
{
    int64_t started_ms = clock_mono_ms();

    d->screen = demo_screen_make();
    d->heard_ms = started_ms;
    while (d->events.ended < d->events.count && !is_interrupted(d)) {
        if (demo_service_ended(&d->service) ||
            clock_mono_ms() - d->heard_ms > SILENCE_MS)
            return;
        push_some(d, started_ms);
        look(d, BUSY_LOOK_MS);
    }
}

/* --keep: whatever anybody pushes is shown like the demo's own events. */
static void stay(struct demo *d)
{
    while (!is_interrupted(d) && !demo_service_ended(&d->service)) {
        look(d, IDLE_LOOK_MS);
    }
}

static void show_what_broke(struct demo *d)
{
    bool ended = demo_service_ended(&d->service);
    int status = d->service.status;

    (void)fflush(stdout);
    if (!ended)
        say(command, "nothing happens any more, though the service runs");
    else if (WIFSIGNALED(status))
        say(command, "the service was killed by signal %d (%s)",
            WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        say(command, "the service ended with status %d", WEXITSTATUS(status));
    show_log(d);
}

static int conclude(struct demo *d)
{
    bool right;

    if (d->interrupted)
        return EXIT_FAILED;
    right = demo_summary(&d->screen, &d->events);
    if (!right)
        show_what_broke(d);
    demo_summary_next(&d->screen, d->keep ? &d->folder : NULL);
    /* Stays after a failure too: then there is something to look at. */
    if (d->keep)
        stay(d);
    return right ? EXIT_OK : EXIT_FAILED;
}

/* Nothing is undone here on any way out: clean_up knows what there is. */
static int perform(struct demo *d)
{
    struct why why = {""};
    enum err e;

    demo_screen_say(&d->screen, "Starting a private Redis, a sample platform "
                                "on loopback and the service ...");
    (void)fflush(stdout);
    e = prepare(d, &why);
    if (!e)
        e = wait_for_service(d, &why);
    if (e) {
        say(command, "%s", why.text);
        show_log(d);
        return EXIT_FAILED;
    }
    if (d->interrupted)
        return EXIT_FAILED;
    if (d->folder.ops_port)
        demo_screen_say(&d->screen,
                        "The ops page, while it runs: "
                        "http://127.0.0.1:%u/",
                        d->folder.ops_port);
    demo_screen_say(&d->screen,
                    "Pushing %zu events with LPUSH; outcomes as "
                    "they come:\n",
                    d->events.count);
    play(d);
    return conclude(d);
}

/* In the order of dependence: the service needs the platform to the end. */
static int clean_up(struct demo *d, int status)
{
    if (d->interrupted && !ferror(stdout)) {
        demo_screen_say(&d->screen, "\nStopping ...");
        (void)fflush(stdout);
    }
    demo_link_close(&d->link);
    demo_service_stop(&d->service, d->signals);
    demo_platform_stop(&d->platform);
    demo_events_close(&d->events);
    if (demo_folder_remove(&d->folder)) {
        say(command, "%s could not be removed", d->folder.dir);
        status = EXIT_FAILED;
    }
    if (d->interrupted && !ferror(stdout))
        demo_screen_say(&d->screen, "Everything is stopped and removed.");
    (void)fflush(stdout);
    (void)close(d->signals);
    return status;
}

int command_demo(int argc, char **argv)
{
    struct demo d = {.events_wanted = (int64_t)demo_events_known()};
    int status = EXIT_OK;

    if (!read_options(&d, argc, argv, &status))
        return status;
    d.signals = catch_signals();
    if (d.signals < 0) {
        say(command, "signals cannot be handled here");
        return EXIT_FAILED;
    }
    /* Made again when the events start: times count from there. */
    d.screen = demo_screen_make();
    status = perform(&d);
    return clean_up(&d, status);
}

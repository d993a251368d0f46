/* extq bench: how fast it is on this machine, beside the least that libcurl
 * and Redis need for the same work. */
#include "cli/command.h"

#include "cli/bench_cpu.h"
#include "cli/bench_rows.h"
#include "cli/bench_table.h"
#include "cli/options.h"
#include "cli/progress.h"
#include "cli/say.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

static const char command[] = "bench";

enum { RUNS = 5, ROWS_MAX = 16, JOBS_MAX = 100000000, IN_FLIGHT_MAX = 10000 };

struct bench_options {
    const char *row; /* NULL = all */
    int64_t runs, jobs, in_flight;
    bool json, quick;
};

static const char examples[] =
    "  extq bench                    all rows, about a quarter of an hour\n"
    "  extq bench --row throughput1  one of them\n"
    "  extq bench --quick            is everything there? Figures mean little\n"
    "  extq bench --json | jq -r '[.row, .figure, .value.median] | @tsv'\n";

static bool read_options(struct bench_options *o, int argc, char **argv,
                         int *ret)
{
    struct common_options common = {NULL, NULL};
    const char *names[ROWS_MAX] = {NULL};
    const struct option_spec specs[] = {
        {"row", 0, OPTION_CHOICE, "NAME", "this row alone:", &o->row, 0, names},
        {"runs", 0, OPTION_NUMBER, "N", "how often (default 5)", &o->runs,
         BENCH_RUNS_MAX, NULL},
        {"jobs", 0, OPTION_NUMBER, "N", "instead of the row's own number",
         &o->jobs, JOBS_MAX, NULL},
        {"in-flight", 0, OPTION_NUMBER, "N",
         "per worker thread, instead of the row's own number", &o->in_flight,
         IN_FLIGHT_MAX, NULL},
        {"json", 0, OPTION_FLAG, NULL, "JSON Lines", &o->json, 0, NULL},
        {"quick", 0, OPTION_FLAG, NULL, "one short run", &o->quick, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "",
        "Measures extq on this machine, with nothing to set "
        "up",
        examples,
        specs,
        0,
        0,
        &common,
    };
    int operand;

    for (size_t i = 0; bench_rows[i].name; i++)
        names[i] = bench_rows[i].name;
    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    /* As the demo: nobody shall believe that their own queue was measured. */
    if (common.config_file || common.redis_url) {
        *ret = options_wrong(command, "it brings its own configuration and "
                                      "its own Redis");
        return false;
    }
    if (o->runs == 0)
        o->runs = o->quick ? 1 : RUNS;
    return true;
}

/* Read where it suits; they end nothing by themselves. */
static int catch_signals(void)
{
    sigset_t set;

    (void)sigemptyset(&set);
    (void)sigaddset(&set, SIGINT);
    (void)sigaddset(&set, SIGTERM);
    (void)sigaddset(&set, SIGHUP);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
        return -1;
    return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* Built with the tests, beside them. */
static void find_bare(const char *name, char *dst, size_t size)
{
    char exe[256];
    ssize_t len = readlink("/proc/self/exe", exe, sizeof exe - 1);
    char *slash;

    exe[len > 0 ? len : 0] = '\0';
    slash = strrchr(exe, '/');
    if (slash)
        *slash = '\0';
    (void)snprintf(dst, size, "%s/tests/bench/%s", exe, name);
    if (access(dst, X_OK) == 0)
        return;
    dst[0] = '\0';
    say(command,
        "%s was not built (cmake -DEXTQ_TESTS=ON): what needs it is left out",
        name);
}

static bool is_wanted(const struct bench_options *o,
                      const struct bench_row *row)
{
    return !o->row || strcmp(o->row, row->name) == 0;
}

/* Says so when the limit of open files is too low for the row. */
static bool is_possible(const struct bench_row *row)
{
    const struct bench_shape *s = &row->shape;
    uint64_t sockets = (uint64_t)s->processes * s->workers * s->in_flight;

    if (bed_has_files(sockets))
        return true;
    say(command, "%s is left out: it needs %" PRIu64 " open files (ulimit -n)",
        row->name, sockets);
    return false;
}

static uint64_t count_runs(const struct bench_options *o)
{
    uint64_t rows = 0;

    for (const struct bench_row *row = bench_rows; row->name; row++)
        rows += is_wanted(o, row);
    return rows * (uint64_t)o->runs;
}

static enum err measure_rows(struct bench *b, const struct bench_options *o)
{
    struct progress progress = progress_make("runs", count_runs(o));
    struct bench_row chosen;
    uint64_t done = 0;
    enum err e = ERR_OK;

    for (const struct bench_row *row = bench_rows; !e && row->name; row++) {
        if (!is_wanted(o, row))
            continue;
        chosen = *row;
        if (o->in_flight)
            chosen.shape.in_flight = (unsigned)o->in_flight;
        if (!is_possible(&chosen))
            continue;
        b->figures.count = 0;
        for (int64_t i = 0; !e && i < o->runs; i++) {
            progress_show(&progress, done, done);
            e = row->run(b, &chosen);
            done++;
        }
        progress_clear(&progress);
        if (!e)
            table_row(row->name, &b->figures, o->json);
    }
    return e;
}

/* The end of what services and bare loops wrote: it is about to be removed. */
static void show_log(const struct bench *b)
{
    char line[512];
    FILE *file = fopen(b->bed.folder.log, "re");

    if (file && fseek(file, -2048, SEEK_END) != 0)
        rewind(file);
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        say(command, "%s", line);
    }
    if (file)
        (void)fclose(file);
}

static enum err perform(struct bench *b, const struct bench_options *o,
                        int signals)
{
    struct bench_place place = {.runs = o->runs};
    enum err e = bed_open(&b->bed, signals);

    if (e)
        return e;
    bench_machine(place.machine, sizeof place.machine);
    (void)snprintf(place.redis, sizeof place.redis, "%s", b->bed.redis.version);
    table_head(&place, o->json);
    return measure_rows(b, o);
}

static int conclude(struct bench *b, enum err e)
{
    int code = e ? EXIT_FAILED : EXIT_OK;

    if (b->bed.interrupted)
        say(command, "interrupted; everything is stopped and removed");
    else if (e) {
        show_log(b);
        say(command, "%s", b->bed.why.text);
    }
    if (bed_close(&b->bed)) {
        say(command, "%s could not be removed", b->bed.folder.dir);
        code = EXIT_FAILED;
    }
    return code;
}

int command_bench(int argc, char **argv)
{
    struct bench_options options = {.row = NULL};
    static struct bench b;
    int code = EXIT_OK, signals;

    if (!read_options(&options, argc, argv, &code))
        return code;
    signals = catch_signals();
    if (signals < 0) {
        say(command, "signals cannot be handled here");
        return EXIT_FAILED;
    }
    b.quick = options.quick;
    b.jobs = (uint64_t)options.jobs;
    find_bare("bare_curl", b.bare_curl, sizeof b.bare_curl);
    find_bare("bare_queue", b.bare_queue, sizeof b.bare_queue);
    find_bare("bare_redis", b.bare_redis, sizeof b.bare_redis);
    find_bare("tls_sink", b.tls_sink, sizeof b.tls_sink);
    code = conclude(&b, perform(&b, &options, signals));
    (void)close(signals);
    return code;
}

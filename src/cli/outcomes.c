/* extq outcomes: what became of jobs, listed or followed. */
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/outcomes_entry.h"
#include "cli/outcomes_read.h"
#include "cli/outcomes_summary.h"
#include "cli/queues.h"
#include "cli/say.h"
#include "model/outcome.h"

#include <stdio.h>
#include <string.h>

static const char command[] = "outcomes";

enum { LAST_DEFAULT = 20, LAST_MAX = 100000000, SUMMARY_MS = 3600000 };

struct request {
    struct common_options common;
    struct outcome_filter filter;
    struct when since;
    const char *queue;
    int64_t last;
    bool follow, summary, json;
};

static const char examples[] =
    "  extq outcomes                            the last 20\n"
    "  extq outcomes -f                         these, and each new one\n"
    "  extq outcomes --since 1h --verdict dead --json | jq -r .error\n"
    "  extq outcomes --summary --since 1h       how many, how long, the worst\n"
    "  extq outcomes --id evt_9f2c --since 7d   one job's history\n";

/* What entries say that are of no job: gates.lua writes them. */
static const char *const gate_verdicts[] = {"paused", "resumed"};
static const char *const gate_classes[] = {"circuit_open", "circuit_closed",
                                           "paused", "resumed"};

enum {
    GATE_VERDICTS = sizeof gate_verdicts / sizeof *gate_verdicts,
    GATE_CLASSES = sizeof gate_classes / sizeof *gate_classes,
};

/* The words of the stream, ended by NULL. */
struct words {
    const char *verdicts[VERDICTS + GATE_VERDICTS + 1];
    const char *classes[CLASSES + GATE_CLASSES + 1];
};

static struct words make_words(void)
{
    struct words w = {{NULL}, {NULL}};

    for (int i = 0; i < VERDICTS; i++)
        w.verdicts[i] = verdict_text((enum verdict)i);
    for (int i = 0; i < CLASSES; i++)
        w.classes[i] = class_text((enum class)i);
    memcpy(w.verdicts + VERDICTS, gate_verdicts, sizeof gate_verdicts);
    memcpy(w.classes + CLASSES, gate_classes, sizeof gate_classes);
    return w;
}

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct words words = make_words();
    struct outcome_filter *f = &q->filter;
    const struct option_spec specs[] = {
        {"follow", 'f', OPTION_FLAG, NULL, "wait for new ones, until Ctrl-C",
         &q->follow, 0, NULL},
        {"last", 'n', OPTION_NUMBER, "N",
         "the last N that match (default 20; all with --since)", &q->last,
         LAST_MAX, NULL},
        {"since", 0, OPTION_TIME, "TIME",
         "not older than: unix ms, or so long ago: 10m", &q->since, 0, NULL},
        {"summary", 0, OPTION_FLAG, NULL,
         "count them by container, point and class: rates, times of calls, the "
         "last error (since 1h unless --since)",
         &q->summary, 0, NULL},
        {"container", 0, OPTION_NAME, "NAME", "only of this container",
         &f->container, 0, NULL},
        {"point", 0, OPTION_NAME, "NAME", "only of this extensibility point",
         &f->point, 0, NULL},
        {"id", 0, OPTION_ID, "ID", "only of this job", &f->id, 0, NULL},
        {"verdict", 0, OPTION_CHOICE, "WORD",
         "only with this verdict:", &f->verdict, 0, words.verdicts},
        {"class", 0, OPTION_CHOICE, "WORD", "only of this class:", &f->class, 0,
         words.classes},
        {"queue", 0, OPTION_QUEUE, "NAME",
         "default: the first one of the configuration", &q->queue, 0, NULL},
        {"json", 0, OPTION_FLAG, NULL, "JSON Lines, every field", &q->json, 0,
         NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,  "",         "Shows the outcomes of a queue, oldest first",
        examples, specs,      0,
        0,        &q->common,
    };
    int operand;

    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    if (q->summary && (q->follow || q->last > 0))
        *ret = options_wrong(command, "--summary goes with --since, not with "
                                      "--follow or --last");
    if (!q->since.given && q->summary)
        q->since = (struct when){true, true, SUMMARY_MS};
    return *ret == EXIT_OK;
}

/* How entries are shown. */
struct view {
    const struct outcome_filter *filter;
    struct buf line;
    struct columns table;
    bool json;
};

static struct view make_view(const struct request *q)
{
    return (struct view){
        .filter = &q->filter,
        .line = buf_make(4 << 20),
        .table = outcome_columns(),
        .json = q->json,
    };
}

/* False when nobody reads stdout any more. */
static bool print_line(const struct view *v)
{
    return fwrite(v->line.at, 1, v->line.len, stdout) == v->line.len;
}

static bool show(void *arg, const struct outcome_entry *entry)
{
    struct view *v = arg;
    enum err e;

    if (!outcome_entry_matches(entry, v->filter))
        return true;
    buf_reset(&v->line);
    e = v->json ? outcome_entry_json(entry, &v->line)
                : outcome_entry_line(entry, &v->table, &v->line);
    if (!e)
        return print_line(v);
    say(command, "entry %.*s: %s", (int)entry->stream_id.len,
        entry->stream_id.at, err_text(e));
    return true;
}

static void show_header(struct view *v)
{
    if (v->json || v->table.width == 0)
        return;
    if (columns_titles(&v->table, &v->line) == ERR_OK)
        (void)print_line(v);
}

static int work(const struct request *q, struct connection *connection)
{
    struct view view = make_view(q);
    struct outcomes_reader reader = {
        .connection = connection,
        .filter = &q->filter,
        .show = show,
        .arg = &view,
    };
    int64_t last = q->last || q->since.given ? q->last : LAST_DEFAULT;
    int code;

    outcomes_reader_prepare(&reader,
                            connect_queue(connection->config, q->queue));
    if (q->summary)
        return outcomes_summary(&reader, &q->since, q->json);
    show_header(&view);
    code = outcomes_list(&reader, &q->since, (uint64_t)last);
    if (code == EXIT_OK && q->follow)
        code = outcomes_follow(&reader);
    buf_clear(&view.line);
    return code;
}

int command_outcomes(int argc, char **argv)
{
    struct request request = {0};
    struct connection connection;
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    code = queues_open(command, &request.common, request.queue, &connection);
    if (code == EXIT_OK)
        code = work(&request, &connection);
    connect_close(&connection);
    return code;
}

/* extq reconcile: what became of the jobs that a producer believes it
 * enqueued; those that Redis does not know can be enqueued again. */
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/reconcile_ids.h"
#include "cli/reconcile_push.h"
#include "cli/reconcile_read.h"
#include "cli/reconcile_scan.h"
#include "cli/reconcile_show.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>

static const char command[] = "reconcile";

enum { RATE_MAX = 100000000 };

struct request {
    struct common_options common;
    const char *ledger, *queue;
    struct when since;
    int64_t rate;
    bool enqueue, json;
};

static const char examples[] =
    "  extq reconcile --ledger ids.txt\n"
    "  extq reconcile --ledger jobs.jsonl --since 2d --enqueue\n"
    "  psql -Atc 'SELECT id FROM sent' | extq reconcile --ledger - --json\n"
    "  extq reconcile --ledger ids.txt | grep ^unknown\n";

static const char sentence[] =
    "Names the state of each job that a producer believes it enqueued: after "
    "a\nfailover of Redis that lost acknowledged writes, or after a "
    "restore.\n\n"
    "The ledger has one id per line, or one whole job (JSON Lines). Give it "
    "what Redis\nacknowledged, not what is still being pushed. Prints a line "
    "per id: waiting,\nheld, later (a retry, or scheduled), parked (paused, or "
    "at its limit), delivered,\ndead, expired, skipped, dropped or unknown; "
    "counts go to stderr. Reads in small\npages while services go on: a job "
    "that moves meanwhile is not taken for lost.\n\n"
    "With --enqueue the jobs of unknown ids are pushed again, and no others; "
    "where it\nwas interrupted, run it again. Outcomes are kept for a while "
    "only (outcomes.max):\nwhere an unknown job may have ended before the "
    "oldest of them, that is said; its\nextension may then see it twice, with "
    "the same idempotency key.\n\n"
    "Exits with 0 when no id is unknown, or all that were are enqueued again; "
    "else\nwith 1";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct option_spec specs[] = {
        {"ledger", 'l', OPTION_TEXT, "FILE", "ids or jobs; - is stdin",
         &q->ledger, 0, NULL},
        {"queue", 0, OPTION_QUEUE, "NAME",
         "default: the first one of the configuration", &q->queue, 0, NULL},
        {"enqueue", 0, OPTION_FLAG, NULL,
         "push the unknown ones again, where the ledger has the whole job",
         &q->enqueue, 0, NULL},
        {"since", 0, OPTION_TIME, "TIME",
         "no job of the ledger is older than: unix ms, or so long ago: 2d",
         &q->since, 0, NULL},
        {"rate", 0, OPTION_NUMBER, "N",
         "read and push at most N entries a second (default: no limit)",
         &q->rate, RATE_MAX, NULL},
        {"json", 0, OPTION_FLAG, NULL, "JSON Lines: id and state", &q->json, 0,
         NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command, "--ledger FILE", sentence, examples, specs, 0, 0, &q->common,
    };
    int operand;

    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    if (!q->ledger)
        *ret = options_wrong(command, "--ledger is missing");
    return *ret == EXIT_OK;
}

static int read_ledger(struct ledger_file *file, struct id_set *ids)
{
    struct ledger_line line;
    enum err e = ledger_file_next(file, &line);

    while (!e) {
        e = id_set_add(ids, line.id);
        if (e)
            say(command, "%s", err_text(e));
        else
            e = ledger_file_next(file, &line);
    }
    progress_clear(&file->progress);
    return e == ERR_ABSENT ? EXIT_OK : EXIT_FAILED;
}

/* When the ledger's oldest job can have been enqueued; 0 = at any time. */
static int since_ms(const struct request *q, struct connection *connection,
                    int64_t *ret)
{
    const struct reply *reply = NULL;
    int64_t now_ms = 0;
    enum err e = ERR_OK;

    *ret = 0;
    if (q->since.relative)
        e = connect_now(connection, &now_ms, &reply);
    if (!e && q->since.given)
        *ret = when_ms(&q->since, now_ms, -1);
    return connect_failed(connection, e, reply);
}

static int enqueue(struct scan *s, const char *queue, struct ledger_file *file)
{
    uint64_t unknown = s->ids->counts[STATE_UNKNOWN], pushed;
    int code = reconcile_push(s, queue, file, &pushed);

    say(command, "%" PRIu64 " job%s enqueued again in %s", pushed,
        pushed == 1 ? "" : "s", s->keys.jobs);
    if (code != EXIT_OK || pushed == unknown)
        return code;
    say(command, "of %" PRIu64 " unknown id%s the ledger has no job",
        unknown - pushed, unknown - pushed == 1 ? "" : "s");
    return EXIT_FAILED;
}

/* Reads the keys, says what is there, enqueues. */
static int work(const struct request *q, struct connection *connection,
                struct id_set *ids, struct ledger_file *file)
{
    const char *queue = connect_queue(connection->config, q->queue);
    struct scan scan;
    int64_t since = 0;
    int code = scan_run(&scan, connection, ids, queue, q->rate);

    if (code == EXIT_OK)
        code = since_ms(q, connection, &since);
    if (code == EXIT_OK) {
        reconcile_show(ids, q->json);
        reconcile_sum_up(command, ids);
        reconcile_doubt(command, ids, &scan.trail, since);
        if (ids->counts[STATE_UNKNOWN] > 0)
            code = q->enqueue ? enqueue(&scan, queue, file) : EXIT_FAILED;
    }
    scan_clear(&scan);
    return code;
}

static int run(const struct request *q, struct id_set *ids,
               struct ledger_file *file)
{
    struct connection connection;
    int code = connect_open(command, &q->common, &connection);

    if (code == EXIT_OK)
        code = work(q, &connection, ids, file);
    connect_close(&connection);
    if (file->refused > 0) {
        say(command, "%" PRIu64 " line%s not looked for", file->refused,
            file->refused == 1 ? " was" : "s were");
        code = code == EXIT_OK ? EXIT_FAILED : code;
    }
    return code;
}

int command_reconcile(int argc, char **argv)
{
    struct request request = {0};
    struct id_set ids = {0};
    struct ledger_file file;
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    code = ledger_file_open(&file, command, request.ledger, request.enqueue);
    /* The whole ledger first: what is enqueued after that is not in it. */
    if (code == EXIT_OK)
        code = read_ledger(&file, &ids);
    if (code == EXIT_OK)
        code = run(&request, &ids, &file);
    ledger_file_close(&file);
    id_set_clear(&ids);
    return code;
}

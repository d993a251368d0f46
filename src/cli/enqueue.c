/* extq enqueue: jobs into a queue, from options or as JSON Lines. */
#include "cli/enqueue.h"

#include "cli/command.h"
#include "cli/connect.h"
#include "cli/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char enqueue_command[] = "enqueue";

enum { COUNT_MAX = 100000000 };

static const char examples[] =
    "  extq enqueue --container acme --point on-new-lead "
    "--payload '{\"lead\":\"Ada\"}'\n"
    "  extq enqueue --container acme --point on-new-lead --not-before 10m - "
    "< lead.json\n"
    "  extq enqueue < jobs.jsonl\n"
    "  extq enqueue --container acme --point test --payload 1 --count 10000 "
    "--quiet\n";

static bool read_request(struct enqueue_request *q, int argc, char **argv,
                         int *ret)
{
    const struct option_spec specs[] = {
        {"container", 0, OPTION_NAME, "NAME", "the job's container (tenant)",
         &q->container, 0, NULL},
        {"point", 0, OPTION_NAME, "NAME", "its extensibility point", &q->point,
         0, NULL},
        {"payload", 0, OPTION_TEXT, "JSON", "its payload, sent byte for byte",
         &q->payload, 0, NULL},
        {"payload-file", 0, OPTION_TEXT, "FILE",
         "the payload from a file; - is stdin", &q->payload_file, 0, NULL},
        {"id", 0, OPTION_ID, "ID",
         "idempotency key (default: random); -1, -2 ... are added with --count",
         &q->id, 0, NULL},
        {"queue", 0, OPTION_QUEUE, "NAME",
         "default: the first one of the configuration", &q->queue, 0, NULL},
        {"not-before", 0, OPTION_TIME, "TIME",
         "not earlier than: unix ms, or from now: 10m", &q->not_before, 0,
         NULL},
        {"expires-at", 0, OPTION_TIME, "TIME",
         "not later than: unix ms, or from now: 2h", &q->expires_at, 0, NULL},
        {"traceparent", 0, OPTION_TEXT, "TEXT", "W3C trace context, passed on",
         &q->traceparent, 0, NULL},
        {"tracestate", 0, OPTION_TEXT, "TEXT", "what goes with it",
         &q->tracestate, 0, NULL},
        {"count", 'n', OPTION_NUMBER, "N", "as many copies, each with its id",
         &q->count, COUNT_MAX, NULL},
        {"quiet", 'q', OPTION_FLAG, NULL, "do not print ids", &q->quiet, 0,
         NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        enqueue_command,
        "[-]",
        "Puts jobs into a queue: one job made from options, or whole jobs as "
        "JSON Lines on\nstdin. Each is checked first. Prints the ids",
        examples,
        specs,
        0,
        1,
        &q->common,
    };
    int operand;

    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    q->dash = operand < argc && strcmp(argv[operand], "-") == 0;
    if (operand < argc && !q->dash)
        *ret = options_wrong(enqueue_command, "unexpected argument '%s'",
                             argv[operand]);
    return *ret == EXIT_OK;
}

/* What only means something for a job made from options. */
static bool has_job_options(const struct enqueue_request *q)
{
    return q->container || q->point || q->id || q->payload || q->payload_file ||
           q->traceparent || q->tracestate || q->not_before.given ||
           q->expires_at.given || q->count > 0;
}

static int check_request(const struct enqueue_request *q)
{
    int payloads = !!q->payload + !!q->payload_file + q->dash;

    if (!has_job_options(q)) {
        if (q->dash || isatty(STDIN_FILENO) != 1)
            return EXIT_OK;
        return options_wrong(enqueue_command,
                             "no job: give --container, --point and "
                             "--payload, or jobs on stdin");
    }
    if (!q->container || !q->point)
        return options_wrong(enqueue_command, "%s is missing",
                             q->container ? "--point" : "--container");
    if (payloads != 1)
        return options_wrong(enqueue_command,
                             "give one of --payload, --payload-file "
                             "and - (stdin)");
    return EXIT_OK;
}

int enqueue_failed(enum err e, const char *text)
{
    say(enqueue_command, "%s", text[0] ? text : err_text(e));
    return EXIT_FAILED;
}

enum err enqueue_add(struct enqueue_work *w, struct span text,
                     struct job_ids *ids, int *ret_code, struct why *why)
{
    enum err e = job_read(&w->job, text, why);

    if (e)
        return e;
    if (!w->job.id[0]) {
        job_ids_next(ids, w->job.id);
        buf_reset(&w->made);
        e = job_insert_id(text, w->job.id, &w->made);
        text = buf_span(&w->made);
    }
    if (!e)
        *ret_code = pusher_add(w->pusher, text, w->job.id);
    return e;
}

static void summarise(const struct enqueue_work *w)
{
    const char *key = w->pusher->keys.jobs;

    uint64_t pushed = w->pusher->pushed;

    if (w->refused > 0)
        say(enqueue_command,
            "%" PRIu64 " job%s enqueued in %s, %" PRIu64 " line%s refused",
            pushed, pushed == 1 ? "" : "s", key, w->refused,
            w->refused == 1 ? "" : "s");
    else
        say(enqueue_command, "%" PRIu64 " job%s enqueued in %s", pushed,
            pushed == 1 ? "" : "s", key);
}

/* A queue that nobody works on is most likely a slip. */
static void check_queue(const struct config *config, const char *queue)
{
    for (size_t i = 0; i < config->queue_count; i++) {
        if (strcmp(config->queues[i].name, queue) == 0)
            return;
    }
    say(enqueue_command,
        "the configuration has no queue '%s': jobs wait there until "
        "a service has it",
        queue);
}

static int run(struct enqueue_work *w)
{
    int code = has_job_options(w->request) ? enqueue_made(w) : enqueue_lines(w);

    if (code == EXIT_OK)
        code = pusher_flush(w->pusher);
    progress_clear(&w->progress);
    if (code == EXIT_OK)
        summarise(w);
    if (code == EXIT_OK && w->refused > 0)
        code = EXIT_FAILED;
    return code;
}

int command_enqueue(int argc, char **argv)
{
    struct enqueue_request request = {0};
    struct enqueue_work work = {.request = &request,
                                .made = buf_make(JOB_BYTES_MAX + 512),
                                .job = job_make()};
    struct connection connection;
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    code = check_request(&request);
    if (code != EXIT_OK)
        return code;
    code = connect_open(enqueue_command, &request.common, &connection);
    if (code == EXIT_OK) {
        const char *queue = connect_queue(connection.config, request.queue);
        check_queue(connection.config, queue);
        work.pusher = pusher_open(&connection, queue, !request.quiet);
        code = work.pusher ? run(&work) : enqueue_failed(ERR_MEMORY, "");
    }
    pusher_close(&work.pusher);
    job_clear(&work.job);
    buf_clear(&work.made);
    connect_close(&connection);
    return code;
}

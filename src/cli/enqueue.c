/* extq enqueue: jobs into a queue, from options or as JSON Lines. */
#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/enqueue_job.h"
#include "cli/enqueue_push.h"
#include "cli/lines.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "model/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char command[] = "enqueue";

enum { COUNT_MAX = 100000000, COMPLAINTS_MAX = 20 };

struct request {
    struct common_options common;
    const char *container, *point, *id, *payload, *payload_file, *queue;
    const char *traceparent;
    struct when not_before, expires_at;
    int64_t count;
    bool quiet;
    bool dash; /* the operand "-" */
};

/* One run of the command. */
struct work {
    const struct request *request;
    struct pusher *pusher;
    struct progress progress;
    struct buf made; /* the job at hand, when it is not the line itself */
    struct job job;
    uint64_t refused; /* lines that are no jobs */
};

static const char examples[] =
    "  extq enqueue --container acme --point on-new-lead "
    "--payload '{\"lead\":\"Ada\"}'\n"
    "  extq enqueue --container acme --point on-new-lead --not-before 10m - "
    "< lead.json\n"
    "  extq enqueue < jobs.jsonl\n"
    "  extq enqueue --container acme --point test --payload 1 --count 10000 "
    "--quiet\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
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
        {"count", 'n', OPTION_NUMBER, "N", "as many copies, each with its id",
         &q->count, COUNT_MAX, NULL},
        {"quiet", 'q', OPTION_FLAG, NULL, "do not print ids", &q->quiet, 0,
         NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
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
        *ret =
            options_wrong(command, "unexpected argument '%s'", argv[operand]);
    return *ret == EXIT_OK;
}

/* What only means something for a job made from options. */
static bool has_job_options(const struct request *q)
{
    return q->container || q->point || q->id || q->payload || q->payload_file ||
           q->traceparent || q->not_before.given || q->expires_at.given ||
           q->count > 0;
}

static int check_request(const struct request *q)
{
    int payloads = !!q->payload + !!q->payload_file + q->dash;

    if (!has_job_options(q)) {
        if (q->dash || isatty(STDIN_FILENO) != 1)
            return EXIT_OK;
        return options_wrong(command, "no job: give --container, --point and "
                                      "--payload, or jobs on stdin");
    }
    if (!q->container || !q->point)
        return options_wrong(command, "%s is missing",
                             q->container ? "--point" : "--container");
    if (payloads != 1)
        return options_wrong(command, "give one of --payload, --payload-file "
                                      "and - (stdin)");
    return EXIT_OK;
}

static int failed(enum err e, const char *text)
{
    say(command, "%s", text[0] ? text : err_text(e));
    return EXIT_FAILED;
}

/* Checks the job in text as the service will, gives it an id if it has none,
 * and hands it to the pusher. ERR_SYNTAX and ERR_LIMIT are the job's fault. */
static enum err add_job(struct work *w, struct span text, struct job_ids *ids,
                        int *ret_code, struct why *why)
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

static int make_jobs(struct work *w, const struct job_parts *parts,
                     struct job_ids *ids, uint64_t count)
{
    int code = EXIT_OK;

    w->progress = progress_make("jobs", count);
    for (uint64_t i = 0; i < count && code == EXIT_OK; i++) {
        char id[IDENT_MAX + 1];
        struct why why = {""};
        enum err e;

        job_ids_next(ids, id);
        buf_reset(&w->made);
        e = job_compose(parts, id, &w->made);
        if (!e)
            e = add_job(w, buf_span(&w->made), ids, &code, &why);
        if (e)
            return failed(e, why.text);
        /* Services leave a broken trace out; here somebody can mend it. */
        if (parts->traceparent && !w->job.traceparent[0])
            return failed(ERR_SYNTAX, "--traceparent: not as in W3C Trace "
                                      "Context: 00-<32 hex>-<16 hex>-01");
        progress_show(&w->progress, i, i);
    }
    return code;
}

/* The payload on its own, so that what is wrong is said about it and not
 * about the job around it. */
static int check_payload(struct span payload)
{
    struct json_flaw flaw = {0, ""};
    struct json_value value;

    if (json_check(payload, &value, &flaw) == ERR_OK)
        return EXIT_OK;
    say(command, "the payload is not JSON: byte %zu: %s", flaw.offset,
        flaw.what);
    return EXIT_FAILED;
}

static int read_payload(const struct request *q, struct buf *file,
                        struct span *ret)
{
    const char *path = q->dash || strcmp(q->payload_file, "-") == 0
                           ? "/dev/stdin"
                           : q->payload_file;
    struct why why = {""};
    enum err e = file_read(path, file, &why);

    *ret = buf_span(file);
    return e ? failed(e, why.text) : EXIT_OK;
}

static int from_options(struct work *w)
{
    const struct request *q = w->request;
    int64_t now = clock_wall_ms();
    uint64_t count = q->count > 0 ? (uint64_t)q->count : 1;
    struct job_parts parts = {
        .container = q->container,
        .point = q->point,
        .traceparent = q->traceparent,
        .not_before = when_ms(&q->not_before, now, 1),
        .expires_at = when_ms(&q->expires_at, now, 1),
    };
    struct buf file = buf_make(JOB_BYTES_MAX);
    struct job_ids ids;
    int code = EXIT_OK;

    if (!job_ids_make(&ids, q->id, count > 1))
        return options_wrong(command, "--id is too long for --count");
    if (q->payload)
        parts.payload = span_of(q->payload);
    else
        code = read_payload(q, &file, &parts.payload);
    if (code == EXIT_OK)
        code = check_payload(parts.payload);
    if (code == EXIT_OK)
        code = make_jobs(w, &parts, &ids, count);
    buf_clear(&file);
    return code;
}

static void complain(struct work *w, uint64_t line, const char *text)
{
    progress_clear(&w->progress);
    if (w->refused++ < COMPLAINTS_MAX)
        say(command, "line %" PRIu64 ": %s", line, text);
    else if (w->refused == COMPLAINTS_MAX + 1)
        say(command, "more bad lines are only counted");
}

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!memchr(" \t\r", s.at[i], 3))
            return false;
    }
    return true;
}

static int add_line(struct work *w, const struct lines *lines, struct span line,
                    struct job_ids *ids)
{
    struct why why = {""};
    int code = EXIT_OK;
    enum err e;

    if (is_blank(line))
        return EXIT_OK;
    e = add_job(w, line, ids, &code, &why);
    if (e == ERR_SYNTAX || e == ERR_LIMIT)
        complain(w, lines->number, why.text);
    else if (e)
        return failed(e, why.text);
    /* A producer that writes now and then waits for its ids. */
    if (code == EXIT_OK && !lines_ready(lines))
        code = pusher_flush(w->pusher);
    progress_show(&w->progress, lines->bytes, w->pusher->pushed);
    return code;
}

static uint64_t input_bytes(void)
{
    struct stat st;

    if (fstat(STDIN_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    return (uint64_t)st.st_size;
}

/* What came before it is good: push it. */
static int input_failed(struct work *w, enum err e)
{
    say(command, "reading stdin: %s", err_text(e));
    (void)pusher_flush(w->pusher);
    return EXIT_FAILED;
}

static int from_lines(struct work *w)
{
    struct lines lines = lines_make(STDIN_FILENO, JOB_BYTES_MAX);
    struct job_ids ids;
    struct span line;
    int code = EXIT_OK;

    (void)job_ids_make(&ids, NULL, true);
    w->progress = progress_make("jobs", input_bytes());
    while (code == EXIT_OK) {
        enum err e = lines_next(&lines, &line);

        if (e == ERR_ABSENT)
            break;
        if (e == ERR_LIMIT)
            complain(w, lines.number, "the line is too long");
        else if (e)
            code = input_failed(w, e);
        else
            code = add_line(w, &lines, line, &ids);
    }
    lines_clear(&lines);
    return code;
}

static void summarise(const struct work *w)
{
    const char *key = w->pusher->keys.jobs;

    if (w->refused > 0)
        say(command,
            "%" PRIu64 " jobs enqueued in %s, %" PRIu64 " lines refused",
            w->pusher->pushed, key, w->refused);
    else
        say(command, "%" PRIu64 " job%s enqueued in %s", w->pusher->pushed,
            w->pusher->pushed == 1 ? "" : "s", key);
}

/* A queue that nobody works on is most likely a slip. */
static void check_queue(const struct config *config, const char *queue)
{
    for (size_t i = 0; i < config->queue_count; i++) {
        if (strcmp(config->queues[i].name, queue) == 0)
            return;
    }
    say(command,
        "the configuration has no queue '%s': jobs wait there until "
        "a service has it",
        queue);
}

static int run(struct work *w)
{
    int code = has_job_options(w->request) ? from_options(w) : from_lines(w);

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
    struct request request = {0};
    struct work work = {.request = &request,
                        .made = buf_make(JOB_BYTES_MAX + 512),
                        .job = job_make()};
    struct connection connection;
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    code = check_request(&request);
    if (code != EXIT_OK)
        return code;
    code = connect_open(command, &request.common, &connection);
    if (code == EXIT_OK) {
        const char *queue = connect_queue(connection.config, request.queue);
        check_queue(connection.config, queue);
        work.pusher = pusher_open(&connection, queue, !request.quiet);
        code = work.pusher ? run(&work) : failed(ERR_MEMORY, "");
    }
    pusher_close(&work.pusher);
    job_clear(&work.job);
    buf_clear(&work.made);
    connect_close(&connection);
    return code;
}

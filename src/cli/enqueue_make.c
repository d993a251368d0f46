#include "cli/enqueue.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/command.h"
#include "cli/say.h"

#include <string.h>

/* Services leave a broken trace out; here somebody can mend it. */
static enum err check_trace(const struct enqueue_work *w,
                            const struct job_parts *parts, struct why *why)
{
    if (parts->traceparent && !w->job.traceparent[0])
        return why_set(why, ERR_SYNTAX,
                       "--traceparent: not as in W3C Trace Context: "
                       "00-<32 hex>-<16 hex>-01");
    if (parts->tracestate && w->job.tracestate.len == 0)
        return why_set(why, ERR_SYNTAX,
                       "--tracestate: not as in W3C Trace Context: "
                       "vendor=value,..., and with --traceparent");
    return ERR_OK;
}

static int make_jobs(struct enqueue_work *w, const struct job_parts *parts,
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
            e = enqueue_add(w, buf_span(&w->made), ids, &code, &why);
        if (e)
            return enqueue_failed(e, why.text);
        e = check_trace(w, parts, &why);
        if (e)
            return enqueue_failed(e, why.text);
        progress_show(&w->progress, i, i);
    }
    return code;
}

/* The payload on its own, so that what is wrong is said about it and not
 * about the job around it; white space around it goes. */
static int check_payload(struct span *payload)
{
    struct json_flaw flaw = {0, ""};
    struct json_value value;

    if (json_check(*payload, &value, &flaw) == ERR_OK) {
        *payload = value.raw;
        return EXIT_OK;
    }
    say(enqueue_command, "the payload is not JSON: byte %zu: %s", flaw.offset,
        flaw.what);
    return EXIT_FAILED;
}

static int read_payload(const struct enqueue_request *q, struct buf *file,
                        struct span *ret)
{
    const char *path = q->dash || strcmp(q->payload_file, "-") == 0
                           ? "/dev/stdin"
                           : q->payload_file;
    struct why why = {""};
    enum err e = file_read(path, file, &why);

    *ret = buf_span(file);
    return e ? enqueue_failed(e, why.text) : EXIT_OK;
}

int enqueue_made(struct enqueue_work *w)
{
    const struct enqueue_request *q = w->request;
    int64_t now = clock_wall_ms();
    uint64_t count = q->count > 0 ? (uint64_t)q->count : 1;
    struct job_parts parts = {
        .container = q->container,
        .point = q->point,
        .traceparent = q->traceparent,
        .tracestate = q->tracestate,
        .not_before = when_ms(&q->not_before, now, 1),
        .expires_at = when_ms(&q->expires_at, now, 1),
    };
    struct buf file = buf_make(JOB_BYTES_MAX);
    struct job_ids ids;
    int code = EXIT_OK;

    if (!job_ids_make(&ids, q->id, count > 1))
        return options_wrong(enqueue_command, "--id is too long for --count");
    if (q->payload)
        parts.payload = span_of(q->payload);
    else
        code = read_payload(q, &file, &parts.payload);
    if (code == EXIT_OK)
        code = check_payload(&parts.payload);
    if (code == EXIT_OK)
        code = make_jobs(w, &parts, &ids, count);
    buf_clear(&file);
    return code;
}

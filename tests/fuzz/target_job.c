/* The producer's job: what is read is bounded, lies where it should, and reads
 * the same when it is written again. */
#include "base/base64.h"
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "model/job.h"
#include "model/job_write.h"

#include <string.h>

static const int64_t ms_max = (INT64_C(1) << 53) - 1;

static void check_texts(const struct job *job)
{
    check(job->id[0] == '\0' || ident_is_id(span_of(job->id)));
    check(job->container[0] == '\0' || ident_is_name(span_of(job->container)));
    check(job->point[0] == '\0' || ident_is_name(span_of(job->point)));
}

static void check_good(const struct job *job, struct span input)
{
    check(job->container[0] && job->point[0]);
    check(fuzz_is_inside(job->body, input) ||
          fuzz_is_inside(job->body, buf_span(&job->decoded)));
    check(job->not_before >= 0 && job->not_before <= ms_max);
    check(job->expires_at >= 0 && job->expires_at <= ms_max);
    check(job->traceparent[0] == '\0' || strlen(job->traceparent) == 55);
}

static bool is_json(struct span s)
{
    struct json_value value;
    struct json_flaw flaw;

    return json_check(s, &value, &flaw) == ERR_OK && s.len == value.raw.len;
}

static void check_written(const struct job *job)
{
    struct job_parts parts = {
        .container = job->container,
        .point = job->point,
        .traceparent = job->traceparent[0] ? job->traceparent : NULL,
        .not_before = job->not_before,
        .expires_at = job->expires_at,
    };
    struct buf text = buf_make(JOB_BYTES_MAX);
    struct job again = job_make();
    struct why why;

    if (is_json(job->body))
        parts.payload = job->body;
    else
        parts.body = job->body;
    check(!job_compose(&parts, job->id[0] ? job->id : "made", &text));
    check(!job_read(&again, buf_span(&text), &why));
    check(strcmp(again.container, job->container) == 0);
    check(strcmp(again.point, job->point) == 0);
    check(strcmp(again.traceparent, job->traceparent) == 0);
    check(again.not_before == job->not_before);
    check(again.expires_at == job->expires_at);
    check(fuzz_same(again.body, job->body));
    job_clear(&again);
    buf_clear(&text);
}

static void check_base64(struct span input)
{
    struct buf text = buf_make(2 * input.len + 4), back = buf_make(input.len);

    check(!base64_encode(input, &text));
    check(!base64_decode(buf_span(&text), &back));
    check(fuzz_same(buf_span(&back), input));
    buf_reset(&back);
    buf_reset(&text);
    if (base64_decode(input, &back) == ERR_OK) {
        check(!base64_encode(buf_span(&back), &text));
        check(fuzz_same(buf_span(&text), input));
    }
    buf_clear(&text);
    buf_clear(&back);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct span input = fuzz_span(bytes, len);
    struct job job = job_make();
    struct why why = {""};
    enum err e = job_read(&job, input, &why);

    check_texts(&job);
    if (e == ERR_OK) {
        check_good(&job, input);
        check_written(&job);
    } else {
        check(e == ERR_SYNTAX || e == ERR_LIMIT);
        check(why.text[0]);
        check(fuzz_is_shown(why.text));
    }
    check_base64(input);
    job_clear(&job);
    return 0;
}

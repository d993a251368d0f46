/* Third stage: calls the extension once with the payload's exact bytes, and
 * measures what happens. */
#ifndef EXTQ_STAGES_INVOKE_H
#define EXTQ_STAGES_INVOKE_H

#include "link/http.h"
#include "link/keys.h"
#include "link/signature.h"
#include "model/job.h"
#include "model/policy.h"
#include "model/trace.h"

/* One call; the caller's memory, kept until done. */
struct invocation {
    const struct job *job;
    const struct policy *policy;
    struct http_target *target;   /* borrowed for invoke alone */
    const struct signer *signer;  /* NULL = not signed */
    const struct trace *trace;    /* NULL = of none */
    const char *epoch;            /* sent along: receivers may fence with it */
    int64_t at_ms;                /* unix time of this attempt */
    uint32_t attempt;             /* this call's number, from 1 */
    size_t keep_bytes, cap_bytes; /* of the answer */
    void *arg;
    void (*done)(void *arg, const struct attempt *attempt); /* as of http */

    struct http_ticket *ticket; /* for http_cancel, until done */
    char webhook_id[160], idempotency_key[160], number[32];
    char token[EPOCH_MAX + 16], traceparent[96];
    char tracestate[TRACESTATE_MAX + 16];
    char timestamp[48], signature[SIGNATURE_MAX + 24];
    const char *headers[9];
};

/* Sends `method` with `Authorization: Bearer <secret>`, `Content-Type`,
 * `User-Agent: extq/<version>`, `webhook-id` and `idempotency-key` (the job's
 * id, the same for each attempt), `extq-attempt`, `extq-epoch`, and
 * `traceparent` where it is part of a trace, with the `tracestate` that the job
 * has; with a signer `webhook-timestamp`
 * and `webhook-signature` as well. done is called exactly once unless this
 * fails: ERR_MEMORY, ERR_SYNTAX. */
enum err invoke(struct http *http, struct invocation *call) must_check;

#endif

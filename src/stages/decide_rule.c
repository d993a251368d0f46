#include "stages/decide_rule.h"

#include "stages/decide_answer.h"

#include <string.h>

/* A container whose process died answers 429 for the next 5 s. */
enum { QUARANTINE_MS = 5000, AFTER_CRASH_MS = 6000 };

enum row {
    ROW_DELIVERED,
    ROW_BLOCKED,
    ROW_UNREACHABLE,
    ROW_TIMEOUT,
    ROW_RESET,
    ROW_GARBLED,
    ROW_COMPILE_ERROR,
    ROW_THROTTLED,
    ROW_PLATFORM_ERROR,
    ROW_UNAUTHORIZED,
    ROW_NOT_FOUND,
    ROW_MOVED,
    ROW_GONE,
    ROW_STOPPED,
    ROW_REJECTED,
    ROW_SECRET_REFUSED,
    ROW_ASYNC_CRASH,
    ROW_SYNC_CRASH,
    ROW_BUSY,
    ROW_EXTENSION_ERROR,
    ROW_APP_ERROR,
    ROW_REDIRECT,
    ROW_NOT_200,
    ROW_NOT_JSON,
    ROW_NO_STATUS,
};

static const struct decide_rule rules[] = {
    [ROW_DELIVERED] = {CLASS_OK, DECIDE_DELIVERED, 0, false, 0, "delivered"},
    [ROW_BLOCKED] = {CLASS_BLOCKED_ADDRESS, DECIDE_BY_RULE, 0, false, 0,
                     "the address is not permitted"},
    [ROW_UNREACHABLE] = {CLASS_UNREACHABLE, DECIDE_BY_RULE, 0, false, 0,
                         "no connection; nothing was sent"},
    [ROW_TIMEOUT] = {CLASS_TIMEOUT, DECIDE_BY_RULE, 0, false, 0,
                     "no answer in time; it may have been processed"},
    [ROW_RESET] = {CLASS_RESET, DECIDE_BY_RULE, 0, false, 0,
                   "connection broke off; it may have been processed"},
    [ROW_GARBLED] = {CLASS_INVALID_RESPONSE, DECIDE_BY_RULE, 0, false, 0,
                     "the answer is not HTTP or breaks its limits"},
    [ROW_COMPILE_ERROR] = {CLASS_COMPILE_ERROR, DECIDE_BY_RULE, 0, false, 0,
                           "the extension's code does not compile"},
    [ROW_THROTTLED] = {CLASS_THROTTLED, DECIDE_QUARANTINE, 0, false,
                       QUARANTINE_MS, "the platform asks to slow down"},
    [ROW_PLATFORM_ERROR] = {CLASS_PLATFORM_ERROR, DECIDE_BY_RULE, 0, false, 0,
                            "the platform failed before the extension"},
    [ROW_UNAUTHORIZED] = {CLASS_UNAUTHORIZED, DECIDE_REDISCOVER, 0, false, 0,
                          "not authorized"},
    [ROW_NOT_FOUND] = {CLASS_NOT_FOUND, DECIDE_REDISCOVER, 0, false, 0,
                       "nothing answers at the extension's URL"},
    [ROW_MOVED] = {CLASS_NOT_FOUND, DECIDE_REDISCOVER, 0, false, 0,
                   "the platform says that the extension is gone"},
    /* Nobody says who answered: it may have moved, or be gone for good. */
    [ROW_GONE] = {CLASS_GONE, DECIDE_REDISCOVER, 0, true, 0,
                  "the extension is gone"},
    [ROW_STOPPED] = {CLASS_GONE, DECIDE_BY_RULE, 1, true, 0,
                     "the extension says that it is gone"},
    [ROW_REJECTED] = {CLASS_REJECTED, DECIDE_BY_RULE, 0, false, 0,
                      "the request was rejected"},
    [ROW_SECRET_REFUSED] = {CLASS_UNAUTHORIZED, DECIDE_REDISCOVER, 0, false, 0,
                            "the extension refused the secret"},
    /* The crash may be another extension's of the same container. */
    [ROW_ASYNC_CRASH] = {CLASS_EXTENSION_CRASH, DECIDE_BY_RULE, 0, false,
                         AFTER_CRASH_MS, "the extension's process died"},
    /* Its own code, on this payload. */
    [ROW_SYNC_CRASH] = {CLASS_EXTENSION_CRASH, DECIDE_BY_RULE, 1, false, 0,
                        "the extension threw an exception"},
    [ROW_BUSY] = {CLASS_EXTENSION_BUSY, DECIDE_BY_RULE, 0, false, 0,
                  "the extension is busy"},
    [ROW_EXTENSION_ERROR] = {CLASS_EXTENSION_ERROR, DECIDE_BY_RULE, 0, false, 0,
                             "the extension failed"},
    [ROW_APP_ERROR] = {CLASS_REJECTED, DECIDE_BY_RULE, 0, false, 0,
                       "the extension rejected the payload"},
    [ROW_REDIRECT] = {CLASS_REDIRECT, DECIDE_BY_RULE, 0, false, 0,
                      "redirects are not followed"},
    [ROW_NOT_200] = {CLASS_INVALID_RESPONSE, DECIDE_BY_RULE, 0, false, 0,
                     "only 200 counts as success here"},
    [ROW_NOT_JSON] = {CLASS_INVALID_RESPONSE, DECIDE_BY_RULE, 0, false, 0,
                      "the answer's body is not JSON"},
    [ROW_NO_STATUS] = {CLASS_INVALID_RESPONSE, DECIDE_BY_RULE, 0, false, 0,
                       "the status is none of HTTP's"},
};

/* Who answered: x-wt-response-source. Plain webhooks send none, and then
 * nothing is known of the author's part in it. */
static bool is_from(const struct attempt *a, const char *source)
{
    return strcmp(a->source, source) == 0;
}

static enum row not_answered(enum attempt_end end)
{
    switch (end) {
    case ATTEMPT_BLOCKED:
        return ROW_BLOCKED;
    case ATTEMPT_UNREACHABLE:
        return ROW_UNREACHABLE;
    case ATTEMPT_TIMEOUT:
        return ROW_TIMEOUT;
    case ATTEMPT_RESET:
        return ROW_RESET;
    case ATTEMPT_GARBLED:
    case ATTEMPT_ANSWERED:
        break;
    }
    return ROW_GARBLED;
}

/* 400 to 599, not from the extension's own code. */
static enum row platform_failed(const struct attempt *a)
{
    switch (a->status) {
    case 401:
    case 403:
        return ROW_UNAUTHORIZED;
    case 404:
        return ROW_NOT_FOUND;
    case 408:
        return ROW_PLATFORM_ERROR;
    case 410:
        return is_from(a, "") ? ROW_GONE : ROW_MOVED;
    case 429:
        return ROW_THROTTLED;
    default:
        return a->status >= 500 ? ROW_PLATFORM_ERROR : ROW_REJECTED;
    }
}

/* The extension's own choice of a status, 400 to 599. */
static enum row by_own_status(int status)
{
    if (status == 429 || status == 503)
        return ROW_BUSY;
    if (status == 410)
        return ROW_STOPPED;
    return status >= 500 ? ROW_EXTENSION_ERROR : ROW_APP_ERROR;
}

static enum row extension_failed(const struct attempt *a)
{
    enum answer says = decide_read_error(a->body, a->status);

    if (says == ANSWER_UNAUTHORIZED)
        return ROW_SECRET_REFUSED;
    if (says == ANSWER_ASYNC_CRASH && a->status >= 500)
        return ROW_ASYNC_CRASH;
    if (says == ANSWER_SYNC_CRASH && a->status >= 500)
        return ROW_SYNC_CRASH;
    return by_own_status(a->status);
}

static enum row validated(const struct attempt *a, const struct policy *policy)
{
    if (policy->only_200 && a->status != 200)
        return ROW_NOT_200;
    if (policy->json_answer && (a->body_cut || !decide_is_json(a->body)))
        return ROW_NOT_JSON;
    return ROW_DELIVERED;
}

static enum row succeeded(const struct attempt *a, const struct policy *policy,
                          bool envelope)
{
    struct envelope found = {0};

    if (is_from(a, "proxy") || is_from(a, "network"))
        return ROW_PLATFORM_ERROR;
    /* A refused secret must not pass for a delivery even where nobody said
     * that the extension uses the envelope. */
    if (envelope || (is_from(a, "webtask") && !decide_skips_envelope(a->body)))
        found = decide_read_envelope(a->body);
    if (found.is_unauthorized)
        return ROW_SECRET_REFUSED;
    if (envelope && found.is_error)
        return found.status ? by_own_status(found.status) : ROW_APP_ERROR;
    return validated(a, policy);
}

/* Order matters: compile errors come with any status, an answer of the
 * platform is never blamed on the extension, and bodies that tell of a refused
 * secret or a failure come before success. */
static enum row row_of(const struct attempt *a, const struct policy *policy,
                       bool envelope)
{
    if (a->end != ATTEMPT_ANSWERED)
        return not_answered(a->end);
    if (is_from(a, "compiler"))
        return ROW_COMPILE_ERROR;
    if (a->status < 200 || a->status > 599)
        return ROW_NO_STATUS;
    if (a->status < 300)
        return succeeded(a, policy, envelope);
    if (a->status < 400)
        return ROW_REDIRECT;
    if (is_from(a, "webtask"))
        return extension_failed(a);
    return platform_failed(a);
}

const struct decide_rule *decide_rule(const struct attempt *attempt,
                                      const struct policy *policy,
                                      bool envelope)
{
    return &rules[row_of(attempt, policy, envelope || policy->envelope)];
}

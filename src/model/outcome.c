#include "model/outcome.h"

#include "base/check.h"

static const char *const verdicts[] = {
    [VERDICT_DELIVERED] = "delivered", [VERDICT_RETRY] = "retry",
    [VERDICT_DEAD] = "dead",           [VERDICT_EXPIRED] = "expired",
    [VERDICT_SKIPPED] = "skipped",     [VERDICT_DROPPED] = "dropped",
};

static const char *const classes[] = {
    [CLASS_OK] = "ok",
    [CLASS_NO_EXTENSION] = "no_extension",
    [CLASS_UNREACHABLE] = "unreachable",
    [CLASS_TIMEOUT] = "timeout",
    [CLASS_RESET] = "reset",
    [CLASS_PLATFORM_ERROR] = "platform_error",
    [CLASS_THROTTLED] = "throttled",
    [CLASS_UNAUTHORIZED] = "unauthorized",
    [CLASS_NOT_FOUND] = "not_found",
    [CLASS_GONE] = "gone",
    [CLASS_COMPILE_ERROR] = "compile_error",
    [CLASS_REJECTED] = "rejected",
    [CLASS_REDIRECT] = "redirect",
    [CLASS_INVALID_RESPONSE] = "invalid_response",
    [CLASS_EXTENSION_ERROR] = "extension_error",
    [CLASS_EXTENSION_CRASH] = "extension_crash",
    [CLASS_EXTENSION_BUSY] = "extension_busy",
    [CLASS_BLOCKED_ADDRESS] = "blocked_address",
    [CLASS_DISCOVERY_FAILED] = "discovery_failed",
    [CLASS_MALFORMED] = "malformed",
    [CLASS_EXPIRED] = "expired",
    [CLASS_WORKER_KILLER] = "worker_killer",
};

_Static_assert(sizeof(verdicts) / sizeof(verdicts[0]) == VERDICTS,
               "every verdict has its word");
_Static_assert(sizeof(classes) / sizeof(classes[0]) == CLASSES,
               "every class has its word");

const char *verdict_text(enum verdict v)
{
    check((unsigned)v < VERDICTS);
    return verdicts[v];
}

const char *class_text(enum class c)
{
    check((unsigned)c < CLASSES);
    return classes[c];
}

/* All that an answer can mean: a row for each case of the classifier. */
#include "support/judged.h"
#include "support/main.h"

#define V5_REFUSED "{\"message\":\"Unauthorized extensibility point\"}"
#define V6_REFUSED                                                             \
    "{\"status\":\"error\",\"data\":{\"message\":"                             \
    "\"Unauthorized extensibility point\",\"statusCode\":500,\"stack\":\"\"}}"

/* What a policy and an answer may ask for. */
enum { ENVELOPE = 1, ONLY_200 = 2, JSON = 4, CUT = 8 };

static const struct decide_job first_call = {
    .attempts = 1, .first_ms = 1000000, .now_ms = 2000000};

/* Verdicts are those of the first call. */
static const struct answered {
    const char *source;
    int status;
    const char *body;
    unsigned flags;
    enum class class;
    enum verdict verdict;
} answers[] = {
    /* 3: src=compiler, any status. */
    {"compiler", 400, "{}", 0, CLASS_COMPILE_ERROR, VERDICT_DEAD},
    {"compiler", 500, "", 0, CLASS_COMPILE_ERROR, VERDICT_DEAD},
    {"compiler", 429, "", 0, CLASS_COMPILE_ERROR, VERDICT_DEAD},
    {"compiler", 200, "", 0, CLASS_COMPILE_ERROR, VERDICT_DEAD},
    /* 4: 429 that is not the extension's. */
    {"", 429, "", 0, CLASS_THROTTLED, VERDICT_RETRY},
    {"proxy", 429, "", 0, CLASS_THROTTLED, VERDICT_RETRY},
    {"network", 429, "", 0, CLASS_THROTTLED, VERDICT_RETRY},
    {"somebody", 429, "", 0, CLASS_THROTTLED, VERDICT_RETRY},
    /* 5: 5xx and 408 of the platform or of nobody. */
    {"proxy", 500, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"network", 502, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"", 500, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"", 503, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"", 504, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"", 599, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"", 408, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"proxy", 408, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"", 500, "{\"error\":\"" ASYNC "\"}", 0, CLASS_PLATFORM_ERROR,
     VERDICT_RETRY},
    {"somebody", 500, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    /* 6: stale configuration; 410 is an answer of its own. */
    {"", 401, "", 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"proxy", 403, "", 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"", 403, "", 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"", 404, "", 0, CLASS_NOT_FOUND, VERDICT_RETRY},
    {"network", 404, "", 0, CLASS_NOT_FOUND, VERDICT_RETRY},
    {"proxy", 410, "", 0, CLASS_NOT_FOUND, VERDICT_RETRY},
    {"somebody", 410, "", 0, CLASS_NOT_FOUND, VERDICT_RETRY},
    {"", 410, "", 0, CLASS_GONE, VERDICT_RETRY},
    /* 7: other 4xx. */
    {"", 400, "", 0, CLASS_REJECTED, VERDICT_DEAD},
    {"proxy", 413, "", 0, CLASS_REJECTED, VERDICT_DEAD},
    {"", 422, "", 0, CLASS_REJECTED, VERDICT_DEAD},
    {"", 400, "{\"message\":\"Not authorized\"}", 0, CLASS_REJECTED,
     VERDICT_DEAD},
    /* 8: the extension's guard refused the secret. */
    {"webtask", 401, V5_REFUSED, 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 500, V5_REFUSED, 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 401,
     "{\"statusCode\":401,\"message\":\"Unauthenticated extensibility point\"}",
     0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 500, V6_REFUSED, 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 200, V6_REFUSED, ENVELOPE, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 200, V6_REFUSED, 0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"", 200, V6_REFUSED, ENVELOPE, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"", 200, V6_REFUSED, 0, CLASS_OK, VERDICT_DELIVERED},
    {"webtask", 200, V5_REFUSED, 0, CLASS_OK, VERDICT_DELIVERED},
    {"webtask", 401, "{\"code\":\"unauthorized\",\"message\":\"Unauthorized\"}",
     0, CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 400, "{\"code\":400,\"message\":\"Not authorized\"}", 0,
     CLASS_UNAUTHORIZED, VERDICT_RETRY},
    {"webtask", 401, "{\"message\":\"Not authorized\"}", 0, CLASS_REJECTED,
     VERDICT_DEAD},
    {"webtask", 401, "{\"message\":\"Unauthorized extensibility point", 0,
     CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 401, "{\"message\":\"Unauthorized extensibility points\"}", 0,
     CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 401, "Unauthorized extensibility point", 0, CLASS_REJECTED,
     VERDICT_DEAD},
    /* 9: the process died, perhaps by another extension. */
    {"webtask", 500, "{\"code\":500,\"error\":\"" ASYNC "\"}", 0,
     CLASS_EXTENSION_CRASH, VERDICT_RETRY},
    {"webtask", 500,
     "{\"error\":\"" ASYNC "\",\"message\":\"Blocked event loop.\"}", 0,
     CLASS_EXTENSION_CRASH, VERDICT_RETRY},
    {"webtask", 500, "{\"message\":\"Blocked event loop\"}", 0,
     CLASS_EXTENSION_CRASH, VERDICT_RETRY},
    {"webtask", 400, "{\"error\":\"" ASYNC "\"}", 0, CLASS_REJECTED,
     VERDICT_DEAD},
    /* 10: it threw. */
    {"webtask", 500, "{\"code\":500,\"error\":\"" SYNC "\"}", 0,
     CLASS_EXTENSION_CRASH, VERDICT_RETRY},
    {"webtask", 400, "{\"error\":\"" SYNC "\"}", 0, CLASS_REJECTED,
     VERDICT_DEAD},
    /* 11: its own choice to be busy. */
    {"webtask", 429, "", 0, CLASS_EXTENSION_BUSY, VERDICT_RETRY},
    {"webtask", 503, "wait", 0, CLASS_EXTENSION_BUSY, VERDICT_RETRY},
    /* 12: other 5xx. */
    {"webtask", 500, "{\"message\":\"Server error\",\"statusCode\":500}", 0,
     CLASS_EXTENSION_ERROR, VERDICT_RETRY},
    {"webtask", 502, "", 0, CLASS_EXTENSION_ERROR, VERDICT_RETRY},
    {"webtask", 500, "{\"error\":[\"" ASYNC "\"]}", 0, CLASS_EXTENSION_ERROR,
     VERDICT_RETRY},
    {"webtask", 500, "{\"error\":\"" ASYNC "\",\"error\":1}", 0,
     CLASS_EXTENSION_ERROR, VERDICT_RETRY},
    /* 13: 4xx of the extension. */
    {"webtask", 400, "{\"error\":\"Script returned an error.\"}", 0,
     CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 404, "", 0, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 403, "", 0, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 410, "", 0, CLASS_GONE, VERDICT_DEAD},
    {"webtask", 408, "", 0, CLASS_REJECTED, VERDICT_DEAD},
    /* 14: redirects. */
    {"", 300, "", 0, CLASS_REDIRECT, VERDICT_DEAD},
    {"", 301, "", 0, CLASS_REDIRECT, VERDICT_DEAD},
    {"", 304, "", 0, CLASS_REDIRECT, VERDICT_DEAD},
    {"webtask", 302, "", 0, CLASS_REDIRECT, VERDICT_DEAD},
    {"proxy", 399, "", 0, CLASS_REDIRECT, VERDICT_DEAD},
    /* 15: an error inside a 200. */
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"message\":\"x\"}}",
     ENVELOPE, CLASS_REJECTED, VERDICT_DEAD},
    {"", 200, "{\"status\":\"error\"}", ENVELOPE, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":429}}",
     ENVELOPE, CLASS_EXTENSION_BUSY, VERDICT_RETRY},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":503}}",
     ENVELOPE, CLASS_EXTENSION_BUSY, VERDICT_RETRY},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":500}}",
     ENVELOPE, CLASS_EXTENSION_ERROR, VERDICT_RETRY},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":599}}",
     ENVELOPE, CLASS_EXTENSION_ERROR, VERDICT_RETRY},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":600}}",
     ENVELOPE, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":422}}",
     ENVELOPE, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":410}}",
     ENVELOPE, CLASS_GONE, VERDICT_DEAD},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":200}}",
     ENVELOPE, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"statusCode\":\"500\"}}",
     ENVELOPE, CLASS_REJECTED, VERDICT_DEAD},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{\"message\":\"x\"}}", 0,
     CLASS_OK, VERDICT_DELIVERED},
    {"webtask", 200, "{\"status\":\"success\",\"data\":{\"statusCode\":500}}",
     ENVELOPE, CLASS_OK, VERDICT_DELIVERED},
    {"webtask", 200, "{\"status\":\"error\",\"data\":{", ENVELOPE | CUT,
     CLASS_OK, VERDICT_DELIVERED},
    {"webtask", 200, "[\"status\",\"error\"]", ENVELOPE, CLASS_OK,
     VERDICT_DELIVERED},
    {"webtask", 200, "", ENVELOPE, CLASS_OK, VERDICT_DELIVERED},
    /* 16: success, after validation. */
    {"", 200, "", 0, CLASS_OK, VERDICT_DELIVERED},
    {"webtask", 200, "{}", 0, CLASS_OK, VERDICT_DELIVERED},
    {"", 204, "", 0, CLASS_OK, VERDICT_DELIVERED},
    {"", 299, "<html>", CUT, CLASS_OK, VERDICT_DELIVERED},
    {"somebody", 200, "", 0, CLASS_OK, VERDICT_DELIVERED},
    {"", 200, "", ONLY_200, CLASS_OK, VERDICT_DELIVERED},
    {"", 201, "", ONLY_200, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
    {"", 200, "{\"a\":1}", JSON, CLASS_OK, VERDICT_DELIVERED},
    {"", 200, "7", JSON, CLASS_OK, VERDICT_DELIVERED},
    {"", 200, "", JSON, CLASS_OK, VERDICT_DELIVERED},
    {"", 200, "ok", JSON, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
    {"", 200, "{\"a\":1}", JSON | CUT, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
    {"", 200, "{\"a\":", CUT, CLASS_OK, VERDICT_DELIVERED},
    /* 17: success that the extension did not see. */
    {"proxy", 200, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    {"network", 204, "", 0, CLASS_PLATFORM_ERROR, VERDICT_RETRY},
    /* No status of HTTP. */
    {"", 0, "", 0, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
    {"", 101, "", 0, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
    {"webtask", 600, "", 0, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
    {"", 999, "", 0, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
};

START_TEST(an_answer_has_its_class)
{
    const struct answered *row = &answers[_i];
    struct attempt a = answer(row->source, row->status, row->body);
    struct policy policy = policy_default();
    struct outcome o, by_policy;

    a.body_cut = row->flags & CUT;
    policy.only_200 = row->flags & ONLY_200;
    policy.json_answer = row->flags & JSON;
    o = decide(&first_call, &a, &policy, row->flags & ENVELOPE);
    ck_assert_msg(o.class == row->class && o.verdict == row->verdict,
                  "%s %d %s: %s %s", row->source, row->status, row->body,
                  verdict_text(o.verdict), class_text(o.class));
    ck_assert_ptr_nonnull(o.reason);
    policy.envelope = row->flags & ENVELOPE;
    by_policy = decide(&first_call, &a, &policy, false);
    ck_assert_int_eq(by_policy.class, o.class);
}
END_TEST

static const struct unanswered {
    enum attempt_end end;
    enum class class;
    enum verdict verdict;
} failures[] = {
    /* 1, 2: no answer; nothing was sent, or nobody knows what became of it. */
    {ATTEMPT_BLOCKED, CLASS_BLOCKED_ADDRESS, VERDICT_DEAD},
    {ATTEMPT_UNREACHABLE, CLASS_UNREACHABLE, VERDICT_RETRY},
    {ATTEMPT_TIMEOUT, CLASS_TIMEOUT, VERDICT_RETRY},
    {ATTEMPT_RESET, CLASS_RESET, VERDICT_RETRY},
    {ATTEMPT_GARBLED, CLASS_INVALID_RESPONSE, VERDICT_DEAD},
};

START_TEST(no_answer_has_its_class)
{
    struct attempt a = {.end = failures[_i].end};
    struct policy policy = policy_default();
    struct outcome o = decide(&first_call, &a, &policy, false);

    ck_assert_int_eq(o.class, failures[_i].class);
    ck_assert_int_eq(o.verdict, failures[_i].verdict);
    ck_assert(!o.rediscover);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("stages.decide_rule");
    TCase *tables = tcase_create("tables");

    suite_add_tcase(suite, tables);
    tcase_add_loop_test(tables, an_answer_has_its_class, 0, ROWS(answers));
    tcase_add_loop_test(tables, no_answer_has_its_class, 0, ROWS(failures));
    return run_suite(suite);
}

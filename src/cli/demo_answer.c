#include "cli/demo_answer.h"

#include "base/json.h"
#include "cli/demo_note.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <uthash.h>

enum { ANSWER_MAX = 1 << 20, CALL_ID_MAX = 192 };

struct demo_call {
    UT_hash_handle hh;
    unsigned count;
    char id[CALL_ID_MAX];
};

static enum err draw_secret(char dst[DEMO_SECRET_SIZE])
{
    unsigned char bytes[(DEMO_SECRET_SIZE - 1) / 2];

    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return ERR_IO;
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(dst + 2 * i, 3, "%02x", bytes[i]);
    return ERR_OK;
}

enum err demo_stage_open(struct demo_stage *ret)
{
    enum err e;

    *ret = (struct demo_stage){.port = 0};
    e = draw_secret(ret->token);
    for (size_t i = 0; !e && i < DEMO_ROLES; i++)
        e = draw_secret(ret->secrets[i]);
    return e;
}

struct demo_reply demo_reply_make(void)
{
    return (struct demo_reply){.body = buf_make(ANSWER_MAX)};
}

/* Counts this call of the event, as an extension that keeps track of its
 * idempotency keys would; 0 = it cannot be counted. */
static unsigned count_call(struct demo_stage *s, size_t role, const char *event)
{
    struct demo_call *call;
    char id[CALL_ID_MAX];
    size_t len;

    len = (size_t)snprintf(id, sizeof id, "%zu/%s", role, event);
    if (len >= sizeof id)
        return 0;
    HASH_FIND(hh, s->calls, id, len, call);
    if (call)
        return ++call->count;
    call = calloc(1, sizeof *call);
    if (!call)
        return 0;
    memcpy(call->id, id, len);
    call->count = 1;
    HASH_ADD_KEYPTR(hh, s->calls, call->id, len, call);
    if (call->hh.tbl)
        return 1;
    free(call);
    return 0;
}

static bool is_bearer(const char *header, const char *secret)
{
    static const char scheme[] = "Bearer ";

    /* In the clear and not in constant time: the secrets live for a minute on
     * loopback. */
    return header && strncmp(header, scheme, sizeof scheme - 1) == 0 &&
           strcmp(header + sizeof scheme - 1, secret) == 0;
}

static enum err fail(struct demo_reply *r, unsigned status, const char *message)
{
    r->status = status;
    return buf_printf(&r->body, "{\"code\":%u,\"message\":\"%s\"}", status,
                      message);
}

/* One webtask of the listing, with what the platform keeps for it. */
static enum err add_webtask(const struct demo_stage *s, size_t role,
                            struct buf *out)
{
    const struct demo_role *x = &demo_cast[role];
    enum err e = buf_printf(
        out,
        "%s{\"container\":\"%s\",\"name\":\"%s\",\"token\":\"wt-%s\","
        "\"meta\":{\"auth0-extension-type\":\"%s\",\"%s\":\"%s\"",
        out->len > 1 ? "," : "", x->container, x->name, x->name, x->point,
        x->by_middleware ? "wt-auth-secret" : "auth0-extension-secret",
        s->secrets[role]);

    if (!e && x->by_middleware)
        e = buf_add_text(out, ",\"wt-middleware\":"
                              "\"@webtask/bearer-auth-middleware\"");
    if (!e)
        e = buf_printf(out,
                       "},\"webtask_url\":"
                       "\"http://127.0.0.1:%u/api/run/%s/%s\"}",
                       s->port, x->container, x->name);
    return e;
}

/* Only the one filter that discovery needs; the real platform knows any
 * number of "key:value" pairs. */
static bool is_listed(const struct demo_role *x, const char *container,
                      const char *meta)
{
    char wanted[128];

    (void)snprintf(wanted, sizeof wanted, "auth0-extension-type:%s", x->point);
    return x->name && strcmp(x->container, container) == 0 &&
           (!meta || strcmp(meta, wanted) == 0);
}

/* GET /api/webtask/{container}: a bare array, one page of it. */
static enum err list_webtasks(const struct demo_stage *s,
                              const struct demo_request *q,
                              const char *container, struct demo_reply *r)
{
    unsigned skipped = 0, listed = 0;
    enum err e;

    if (!is_bearer(q->bearer, s->token))
        return fail(r, 403, "the token does not permit this container");
    if (strcmp(q->method, "GET") != 0)
        return fail(r, 405, "not here");
    r->status = 200;
    e = buf_add_text(&r->body, "[");
    for (size_t i = 0; !e && i < DEMO_ROLES; i++) {
        if (!is_listed(&demo_cast[i], container, q->meta) ||
            skipped++ < q->offset || listed++ >= q->limit)
            continue;
        e = add_webtask(s, i, &r->body);
    }
    return e ? e : buf_add_text(&r->body, "]");
}

static enum err succeed(struct demo_reply *r)
{
    r->status = 200;
    return buf_add_text(&r->body, "{\"ok\":true}");
}

/* Two failures of different origin: the extension itself (503), then the
 * platform in front of it (502). Both are worth a retry. */
static enum err answer_flaky(unsigned calls, struct demo_reply *r)
{
    if (calls > DEMO_FLAKY_FAILURES)
        return succeed(r);
    if (calls == 1)
        return fail(r, 503, "the mailing list is being restarted");
    r->source = "proxy";
    return fail(r, 502, "no container could be assigned");
}

/* Refused by the extension, which says when to come back: its other events wait
 * as well. From the platform it would be a quarantine of the whole container.
 */
static enum err answer_limited(struct demo_stage *s, struct demo_reply *r)
{
    if (s->limited)
        return succeed(r);
    s->limited = true;
    r->retry_after_s = 1;
    return fail(r, 429, "too many requests");
}

/* The author's mistake: no retry helps, and extq cannot know that. */
static enum err answer_broken(struct demo_reply *r)
{
    return fail(r, 500, "the invoicing API refused our key: it has expired");
}

static enum err perform(struct demo_stage *s, size_t role, unsigned calls,
                        const struct demo_request *q, struct demo_reply *r)
{
    switch (demo_cast[role].manner) {
    case DEMO_FLAKY:
        return answer_flaky(calls, r);
    case DEMO_LIMITED:
        return answer_limited(s, r);
    case DEMO_BROKEN:
        return answer_broken(r);
    case DEMO_SLOW:
        r->delay_ms = DEMO_SLOW_MS;
        return succeed(r);
    case DEMO_NOTIFIES:
        demo_note_write(q->body, r->note, sizeof r->note);
        return succeed(r);
    default:
        return succeed(r);
    }
}

static enum err run_extension(struct demo_stage *s, size_t role,
                              const struct demo_request *q,
                              struct demo_reply *r)
{
    unsigned calls;

    /* As the real platform: the code that guards an extension is part of it,
     * so even its refusals come from "webtask". */
    r->source = "webtask";
    if (!is_bearer(q->bearer, s->secrets[role]))
        return fail(r, 401, "Unauthorized extensibility point");
    if (strcmp(q->method, "POST") != 0 || !q->id)
        return fail(r, 400, "POST with a webhook-id, please");
    calls = count_call(s, role, q->id);
    return calls ? perform(s, role, calls, q, r) : ERR_MEMORY;
}

/* The role that "/api/run/{container}/{name}" names; -1 = none. */
static int role_of_path(const char *path)
{
    for (int i = 0; i < DEMO_ROLES; i++) {
        char own[256];

        if (!demo_cast[i].name)
            continue;
        (void)snprintf(own, sizeof own, "/api/run/%s/%s",
                       demo_cast[i].container, demo_cast[i].name);
        if (strcmp(path, own) == 0)
            return i;
    }
    return -1;
}

enum err demo_stage_answer(struct demo_stage *s, const struct demo_request *q,
                           struct demo_reply *ret)
{
    static const char listing[] = "/api/webtask/";
    int role = role_of_path(q->path);

    if (role >= 0)
        return run_extension(s, (size_t)role, q, ret);
    if (strncmp(q->path, listing, sizeof listing - 1) == 0)
        return list_webtasks(s, q, q->path + sizeof listing - 1, ret);
    ret->source = "proxy";
    return fail(ret, 404, "nothing is here");
}

void demo_stage_close(struct demo_stage *s)
{
    struct demo_call *call, *next;

    HASH_ITER(hh, s->calls, call, next)
    {
        HASH_DEL(s->calls, call);
        free(call);
    }
    explicit_bzero(s->token, sizeof s->token);
    explicit_bzero(s->secrets, sizeof s->secrets);
}

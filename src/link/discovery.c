#include "link/discovery_backend.h"

#include "base/clock.h"
#include "base/file.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct discovery {
    const struct discovery_options *options;
    const struct backend *backend;
    struct http *http;
    LIST_HEAD(, question) pending;
    bool closing;
    uint64_t asks;
    discovery_heard *heard; /* NULL = nobody listens */
    void *listener;
};

static const struct backend *const backends[] = {
    [DISCOVER_CONFIG] = &backend_config,
    [DISCOVER_HTTP] = &backend_http,
    [DISCOVER_WEBTASK] = &backend_webtask,
};

/* Without both names every question would get the same answer. */
static enum err check_template(const char *url, struct why *why)
{
    static const struct extension_key key = {"a", "b"};
    struct buf filled = buf_make(2 * URL_MAX);
    enum err e = ERR_OK;

    if (!strstr(url, "{container}") || !strstr(url, "{point}"))
        e = why_set(why, ERR_SYNTAX,
                    "must hold {container} and {point}, as in "
                    "https://registry.example.com/ext/{container}/{point}");
    else if (uri_fill(&filled, url, &key) == ERR_SYNTAX)
        e = why_set(why, ERR_SYNTAX,
                    "has braces that are neither {container} nor {point}");
    buf_clear(&filled);
    return e;
}

enum err discovery_check_url(enum discovery_backend backend, const char *url,
                             struct why *why)
{
    if (backend == DISCOVER_HTTP)
        return check_template(url, why);
    if (backend == DISCOVER_WEBTASK && strpbrk(url, "?#"))
        return why_set(why, ERR_SYNTAX,
                       "a base URL has neither query nor fragment");
    return ERR_OK;
}

void finding_fail(struct finding *ret, const char *fmt, ...)
{
    va_list args;

    ret->kind = FINDING_FAILED;
    ret->extension = NULL;
    va_start(args, fmt);
    vsnprintf(ret->why.text, sizeof ret->why.text, fmt, args);
    va_end(args);
}

void finding_make(struct finding *ret, const char *url, const char *secret,
                  bool envelope)
{
    enum err e;

    *ret = (struct finding){.kind = FINDING_EXTENSION};
    e = extension_make(span_of(url), secret ? span_of(secret) : span_of(""),
                       &ret->extension);
    if (e == ERR_MEMORY)
        finding_fail(ret, "%s", err_text(e));
    else if (e && secret && !ident_is_secret(span_of(secret)))
        finding_fail(ret, "the extension's secret holds bytes that no header "
                          "can carry, or is too long");
    else if (e)
        finding_fail(ret, "the extension's URL is %s", err_text(e));
    else
        ret->extension->envelope = envelope;
}

/* A listing may name any URL, and is filled in by tenants; but the platform
 * runs its extensions under its own domain, and the secret is for them. */
static enum err vet_host(const struct question *q, struct http_target *target,
                         struct why *why)
{
    const struct discovery_options *o = q->options;
    const char *host = http_target_host(target);
    struct http_target *base;
    enum err e;

    if (o->backend != DISCOVER_WEBTASK)
        return ERR_OK;
    e = http_target_open(o->http, o->url, NULL, &base, why);
    if (e)
        return e;
    if (!host_is_ours(host, http_target_host(base), o->hosts))
        e = why_set(why, ERR_SYNTAX,
                    "%s is not in the deployment's domain, nor in "
                    "discovery.hosts",
                    host[0] ? host : "an address");
    http_target_close(&base);
    return e;
}

/* What was found is called with a secret, so its URL must stand the rules of
 * those that the operator wrote. */
static void vet(const struct question *q, struct finding *finding)
{
    struct extension *x = finding->extension;
    struct http_target *target;
    struct why why = {""};
    enum err e;

    if (finding->kind != FINDING_EXTENSION)
        return;
    e = http_target_open(q->options->http, x->url, NULL, &target, &why);
    if (!e) {
        e = vet_host(q, target, &why);
        http_target_close(&target);
    }
    if (!e)
        return;
    finding_fail(finding, "the extension's URL is refused: %s",
                 why.text[0] ? why.text : err_text(e));
    extension_drop(&x);
}

void question_end(struct question *q, struct finding *finding)
{
    discovery_done *done = q->done;
    void *arg = q->arg;
    struct discovery *d = q->owner;

    vet(q, finding);
    finding->source = d->backend->source;
    if (d->heard && !d->closing)
        d->heard(d->listener, &q->key, finding);
    LIST_REMOVE(q, link);
    listing_clear(&q->listing);
    free(q);
    done(arg, finding);
    extension_drop(&finding->extension);
}

void question_fail(struct question *q, const char *fmt, ...)
{
    struct finding finding = {.kind = FINDING_FAILED};
    va_list args;

    va_start(args, fmt);
    vsnprintf(finding.why.text, sizeof finding.why.text, fmt, args);
    va_end(args);
    question_end(q, &finding);
}

enum {
    TOKEN_PATH_MAX =
        sizeof(((struct discovery_options *)0)->token_file) + IDENT_MAX + 2
};

/* The file that holds the container's token; empty when none is configured.
 * The container is a plain name (key_is_plain): it cannot leave the folder. */
static void token_path(const struct question *q, char dst[TOKEN_PATH_MAX])
{
    const char *path = q->options->token_file;
    struct stat about;

    if (path[0] && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        snprintf(dst, TOKEN_PATH_MAX, "%s/%s", path, q->key.container);
    else
        snprintf(dst, TOKEN_PATH_MAX, "%s", path);
}

/* Opens the URL with the token as it is in the file now. */
static enum err open_target(const struct question *q, const char *url,
                            struct http_target **ret, struct why *why)
{
    struct buf token = buf_make(SECRET_MAX);
    char path[TOKEN_PATH_MAX];
    enum err e = ERR_OK;

    token_path(q, path);
    if (path[0])
        e = file_read_secret(path, &token, why);
    if (!e)
        e = http_target_open(q->options->http, url, token.at, ret, why);
    buf_wipe(&token);
    return e;
}

static void refused(struct question *q, int status)
{
    char path[TOKEN_PATH_MAX];

    token_path(q, path);
    question_fail(q,
                  "discovery answered %d: token missing or insufficient "
                  "(%s)",
                  status, path[0] ? path : "no token_file is configured");
}

static void answered(void *arg, const struct attempt *a)
{
    struct question *q = arg;
    const struct backend *backend = q->owner->backend;

    q->ticket = NULL;
    if (a->end != ATTEMPT_ANSWERED)
        question_fail(q, "discovery did not answer: %s",
                      a->error[0] ? a->error : "the request was broken off");
    else if (a->status == 404 || a->status == 204)
        backend->nothing(q);
    else if (a->status == 401 || a->status == 403)
        refused(q, a->status);
    else if (a->status < 200 || a->status > 299)
        question_fail(q, "discovery answered %d", a->status);
    else if (a->body_cut)
        question_fail(q,
                      "the answer of discovery broke off or is larger than "
                      "%d MiB",
                      DISCOVERY_ANSWER_MAX >> 20);
    else
        backend->read(q, a->body);
}

static enum err send_get(struct question *q, struct http_target *target,
                         int64_t left_ms)
{
    struct http_request request = {
        .target = target,
        .method = "GET",
        .accept = "application/json",
        .connect_ms = left_ms,
        .total_ms = left_ms,
        .keep_bytes = DISCOVERY_ANSWER_MAX,
        .cap_bytes = DISCOVERY_ANSWER_MAX,
        .secret_answer = true,
        .arg = q,
        .done = answered,
    };

    return http_send(q->owner->http, &request, &q->ticket);
}

void question_get(struct question *q, const char *url)
{
    int64_t left_ms = q->deadline_ms - clock_mono_ms();
    struct http_target *target = NULL;
    struct why why = {""};
    enum err e;

    if (left_ms <= 0 || q->owner->closing) {
        question_fail(q, left_ms <= 0 ? "discovery took too long"
                                      : "discovery is being closed");
        return;
    }
    e = open_target(q, url, &target, &why);
    if (!e)
        e = send_get(q, target, left_ms);
    http_target_close(&target);
    if (e)
        question_fail(q, "discovery cannot be asked: %s",
                      why.text[0] ? why.text : err_text(e));
}

enum err discovery_open(const struct discovery_options *options,
                        struct http *http, struct discovery **ret)
{
    struct discovery *d = calloc(1, sizeof *d);

    if (!d)
        return ERR_MEMORY;
    d->options = options;
    d->backend = backends[options->backend];
    d->http = http;
    LIST_INIT(&d->pending);
    *ret = d;
    return ERR_OK;
}

/* Dots alone would climb out of a URL's path, or out of the token folder. */
static bool is_plain(const char *name)
{
    return ident_is_name(span_of(name)) && strcmp(name, ".") != 0 &&
           strcmp(name, "..") != 0;
}

void discovery_ask(struct discovery *d, const struct extension_key *key,
                   discovery_done *done, void *arg)
{
    struct finding finding = {.source = d->backend->source};
    struct question *q = NULL;

    d->asks++;
    if (!is_plain(key->container) || !is_plain(key->point))
        finding_fail(&finding, "container or point is not a name");
    else if (!(q = calloc(1, sizeof *q)))
        finding_fail(&finding, "%s", err_text(ERR_MEMORY));
    if (!q) {
        done(arg, &finding);
        return;
    }
    q->owner = d;
    q->options = d->options;
    q->key = *key;
    q->done = done;
    q->arg = arg;
    q->deadline_ms = clock_mono_ms() + d->options->timeout_ms;
    LIST_INSERT_HEAD(&d->pending, q, link);
    d->backend->start(q);
}

void discovery_listen(struct discovery *d, discovery_heard *heard, void *arg)
{
    d->heard = heard;
    d->listener = arg;
}

uint64_t discovery_asks(const struct discovery *d)
{
    return d->asks;
}

void discovery_close(struct discovery **ret)
{
    struct discovery *d = *ret;
    struct question *q;

    *ret = NULL;
    if (!d)
        return;
    d->closing = true;
    while ((q = LIST_FIRST(&d->pending)))
        http_cancel(q->ticket);
    free(d);
}

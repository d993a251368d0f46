#include "link/http_internal.h"

#include "model/extension.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What may stand in a URL that we send to: printable ASCII only, so that
 * neither the request line nor a log line can be broken out of. */
static enum err check_bytes(const char *url, struct why *why)
{
    size_t len = strlen(url);

    if (len == 0 || len > URL_MAX)
        return why_set(why, ERR_SYNTAX, "the URL is empty or longer than %d",
                       URL_MAX);
    for (size_t i = 0; i < len; i++)
        if (url[i] <= ' ' || url[i] > '~')
            return why_set(why, ERR_SYNTAX,
                           "the URL holds a space, a control byte or a "
                           "non-ASCII byte at offset %zu",
                           i);
    return ERR_OK;
}

static bool has_part(CURLU *url, CURLUPart part)
{
    char *text = NULL;
    bool has = curl_url_get(url, part, &text, 0) == CURLUE_OK;

    curl_free(text);
    return has;
}

static enum err check_scheme(CURLU *url, const struct http_options *options,
                             struct why *why)
{
    char *scheme = NULL;
    bool https, http;

    if (curl_url_get(url, CURLUPART_SCHEME, &scheme, 0) != CURLUE_OK)
        return why_set(why, ERR_SYNTAX, "the URL has no scheme");
    https = strcmp(scheme, "https") == 0;
    http = strcmp(scheme, "http") == 0;
    curl_free(scheme);
    if (https || (http && options->allow_http))
        return ERR_OK;
    return why_set(why, ERR_SYNTAX,
                   http ? "the URL is plain http, which network.schemes does "
                          "not list"
                        : "the URL's scheme is neither https nor http");
}

static enum err check_url(CURLU *url, const char *text,
                          const struct http_options *options, struct why *why)
{
    CURLUcode code = curl_url_set(url, CURLUPART_URL, text, 0);
    enum err e;

    if (code == CURLUE_OUT_OF_MEMORY)
        return ERR_MEMORY;
    if (code != CURLUE_OK)
        return why_set(why, ERR_SYNTAX, "the URL is malformed: %s",
                       curl_url_strerror(code));
    e = check_scheme(url, options, why);
    if (e)
        return e;
    if (has_part(url, CURLUPART_USER) || has_part(url, CURLUPART_PASSWORD))
        return why_set(why, ERR_SYNTAX, "the URL holds a user or password");
    if (strchr(text, '#')) /* libcurl drops an empty one */
        return why_set(why, ERR_SYNTAX, "the URL holds a fragment");
    return ERR_OK;
}

/* FNV-1a over scheme, host and port, or what there is of them. */
static uint32_t hash_host(const char *url)
{
    uint32_t hash = 2166136261u;
    unsigned slashes = 0;

    for (; *url && slashes < 3; url++) {
        slashes += *url == '/';
        hash = (hash ^ (unsigned char)*url) * 16777619u;
    }
    return hash ^ hash >> 16;
}

static const char authorization[] = "Authorization: Bearer ";

static void wipe_free(char **text)
{
    if (*text)
        explicit_bzero(*text, strlen(*text));
    free(*text);
    *text = NULL;
}

static void target_free(struct http_target *t)
{
    wipe_free(&t->authorization);
    free(t->host);
    free(t->pin_key);
    /* Some platforms carry a token in the URL's query. */
    wipe_free(&t->url);
    curl_url_cleanup(t->parsed);
    free(t);
}

static enum err target_make(const char *bearer, struct http_target **ret)
{
    struct http_target *t = calloc(1, sizeof *t);

    if (!t)
        return ERR_MEMORY;
    t->refs = t->users = 1;
    if (bearer &&
        asprintf(&t->authorization, "%s%s", authorization, bearer) < 0) {
        free(t);
        return ERR_MEMORY;
    }
    *ret = t;
    return ERR_OK;
}

/* The text itself, unless its host had to be written otherwise. */
static enum err keep_url(struct http_target *t, const char *text)
{
    if (!t->url)
        t->url = strdup(text);
    if (!t->url)
        return ERR_MEMORY;
    t->secure = strncasecmp(t->url, "https:", strlen("https:")) == 0;
    t->host_hash = hash_host(t->pin_key ? t->pin_key : t->url);
    return ERR_OK;
}

enum err http_target_open(const struct http_options *options, const char *url,
                          const char *bearer, struct http_target **ret,
                          struct why *why)
{
    enum err e = check_bytes(url, why);
    struct http_target *t = NULL;
    CURLU *parsed;

    if (e)
        return e;
    if (bearer && !ident_is_secret(span_of(bearer)))
        return why_set(why, ERR_SYNTAX,
                       "the secret is not one to 4096 "
                       "printable ASCII characters");
    parsed = curl_url();
    e = parsed ? check_url(parsed, url, options, why) : ERR_MEMORY;
    if (!e)
        e = target_make(bearer, &t);
    if (!e)
        e = host_read(parsed, url, options, t, why);
    if (!e)
        e = keep_url(t, url);
    if (e) {
        curl_url_cleanup(parsed);
        http_target_close(&t);
        return e;
    }
    t->parsed = parsed;
    *ret = t;
    return ERR_OK;
}

struct http_target *target_ref(struct http_target *t)
{
    t->refs++;
    return t;
}

void target_unref(struct http_target **ret)
{
    struct http_target *t = *ret;

    *ret = NULL;
    if (t && --t->refs == 0)
        target_free(t);
}

struct http_target *target_use(struct http_target *t)
{
    t->users++;
    return target_ref(t);
}

void http_target_close(struct http_target **ret)
{
    if (*ret && --(*ret)->users == 0)
        wipe_free(&(*ret)->authorization);
    target_unref(ret);
}

const char *http_target_host(const struct http_target *t)
{
    return t->host ? t->host : "";
}

struct span target_bearer(const struct http_target *t)
{
    return span_of(
        t->authorization ? t->authorization + sizeof authorization - 1 : "");
}

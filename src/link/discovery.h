/* Asks the platform where an extension lives: webtask management API, a
 * registry of the platform's own over HTTP, or the configuration. One per
 * event loop, on top of that loop's link/http. */
#ifndef EXTQ_LINK_DISCOVERY_H
#define EXTQ_LINK_DISCOVERY_H

#include "link/http.h"
#include "model/extension.h"

enum discovery_backend { DISCOVER_CONFIG, DISCOVER_HTTP, DISCOVER_WEBTASK };

/* One line of `extensions:` in the configuration. */
struct listed_extension {
    struct extension_key key;
    char url[URL_MAX + 1];
    char secret_file[1024];  /* read at each discovery; empty = no secret */
    char signing_keys[1024]; /* paths, one to a line; not for discovery */
};

struct discovery_options {
    enum discovery_backend backend;
    char url[URL_MAX + 1]; /* webtask: base URL; http: template holding
                              {container} and {point} */
    char token_file[1024]; /* bearer for every container; a directory means
                              one file per container, named after it */
    char hosts[1024];      /* webtask: domains with commas that extensions may
                              be in besides the deployment's; * = any */
    char meta_key[128];    /* webtask: default auth0-extension-type */
    char url_pointer[256]; /* http: RFC 6901 pointer, default /url */
    char secret_pointer[256]; /* http: default /secret; absent in the answer =
                                 no secret; empty = never a secret */
    int64_t timeout_ms;       /* the whole question, all pages */
    const struct listed_extension *listed; /* backend config; borrowed */
    size_t listed_count;
    const struct http_options *http; /* URL rules for what is found; borrowed */
};

/* ERR_SYNTAX, with what is wrong in *why, unless a template has {container},
 * {point} and no other braces, and a base URL no query. What http_target_open
 * refuses is not looked at. */
enum err discovery_check_url(enum discovery_backend backend, const char *url,
                             struct why *why) must_check;

enum finding_kind { FINDING_EXTENSION, FINDING_NONE, FINDING_FAILED };

struct finding {
    enum finding_kind kind;
    struct extension *extension; /* borrowed for the call; NULL unless found */
    const char *source;          /* "webtask", "http" or "config" */
    struct why why; /* for FINDING_FAILED: what failed, no secrets */
};

struct discovery;

/* options is borrowed and outlives the discovery. ERR_MEMORY. */
enum err discovery_open(const struct discovery_options *options,
                        struct http *http, struct discovery **ret) must_check;

typedef void discovery_done(void *arg, const struct finding *finding);

/* Asks; done is called exactly once, possibly before this returns. Whatever
 * goes wrong is a FINDING_FAILED, memory included. */
void discovery_ask(struct discovery *d, const struct extension_key *key,
                   discovery_done *done, void *arg);

typedef void discovery_heard(void *arg, const struct extension_key *key,
                             const struct finding *finding);

/* Has every question's end told to one more, before who asked hears of it;
 * those excepted that end because the discovery is closed. */
void discovery_listen(struct discovery *d, discovery_heard *heard, void *arg);

/* How often it was asked since discovery_open. */
uint64_t discovery_asks(const struct discovery *d);

/* Pending questions end as FINDING_FAILED. Close before the http under it.
 * Sets *d to NULL. */
void discovery_close(struct discovery **d);

#endif

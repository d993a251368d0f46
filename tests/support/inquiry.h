/* One discovery on one loop, in front of a scripted platform: asks, and keeps
 * what was said last. */
#ifndef EXTQ_SUPPORT_INQUIRY_H
#define EXTQ_SUPPORT_INQUIRY_H

#include "link/discovery.h"
#include "support/peer.h"
#include "support/temp.h"

/* A webtask that matches the point on-new-lead. */
#define INQUIRY_ITEM(name)                                                     \
    "{\"name\":\"" name "\",\"webtask_url\":\"https://ext.example/" name       \
    "\",\"meta\":{\"auth0-extension-type\":\"on-new-lead\","                   \
    "\"auth0-extension-secret\":\"s3cr3t\"}}"

struct inquiry {
    uv_loop_t loop;
    uv_prepare_t end_of_turn;
    struct http_options rules;
    struct http *http;
    struct discovery_options options; /* may be changed between questions */
    struct discovery *discovery;
    struct peer *peer;    /* webtask: under /base/ */
    struct temp_path dir; /* for tokens and secrets */
    unsigned answers;
    struct finding finding; /* the last one; its extension is in the texts */
    char url[URL_MAX + 1];
    char secret[128];
};

/* Backend webtask, no token. */
struct inquiry *inquiry_open(void);
void inquiry_close(struct inquiry **w);

/* The backend is chosen when a discovery is opened: opens another one. */
void inquiry_use(struct inquiry *w, enum discovery_backend backend);

/* Sets a text of the options; fails the test when it does not fit. */
#define INQUIRY_SET(field, text) inquiry_set((field), sizeof(field), (text))
void inquiry_set(char *dst, size_t size, const char *text);

/* A discovery_done that keeps the finding. */
void inquiry_keep(void *inquiry, const struct finding *finding);

/* Asks and waits for the answer. */
void inquiry_ask(struct inquiry *w, const char *container, const char *point);

/* The last finding was this extension; a failure that holds these words. */
void inquiry_found(const struct inquiry *w, const char *url,
                   const char *secret);
void inquiry_failed(const struct inquiry *w, const char *why);

/* How many requests the platform read; the i-th of a path (NULL = of all). */
size_t inquiry_count(const struct inquiry *w);
const struct peer_request *inquiry_request(const struct inquiry *w,
                                           const char *path, size_t i);

#endif

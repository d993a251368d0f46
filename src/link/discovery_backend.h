/* What discovery.c shares with its backends: a question on its way, and the
 * pure functions that make URLs and read answers. */
#ifndef EXTQ_LINK_DISCOVERY_BACKEND_H
#define EXTQ_LINK_DISCOVERY_BACKEND_H

#include "link/discovery.h"

#include <sys/queue.h>

enum { DISCOVERY_ANSWER_MAX = 4 << 20, LISTING_PAGE = 100, LISTING_PAGES = 50 };

struct question;

/* How one backend asks. Every path ends in question_end or question_fail. */
struct backend {
    const char *source;
    void (*start)(struct question *q);
    void (*nothing)(struct question *q); /* the answer was 404 or 204 */
    void (*read)(struct question *q, struct span body); /* it was a 2xx */
};

extern const struct backend backend_webtask;
extern const struct backend backend_http;
extern const struct backend backend_config;

/* Reads what the pages of the webtask management API list, one page after the
 * other. Pure; starts as {key, base, meta_key}. */
struct listing {
    const struct extension_key *key;
    struct span base;     /* the deployment's URL, without a slash at its end */
    const char *meta_key; /* its value in an item's meta is the point */
    struct seen *seen;    /* names so far */
    size_t matches;       /* enabled extensions of this key so far */
    struct extension *extension; /* owned: the first of them */
};

/* Reads one page. *ret_more: another one should be asked for. ERR_SYNTAX or
 * ERR_MEMORY with a sentence in *why. */
enum err listing_add(struct listing *l, struct span page, bool *ret_more,
                     struct why *why) must_check;

/* What the pages say together; the finding takes the extension over. */
void listing_end(struct listing *l, struct finding *ret);

void listing_clear(struct listing *l);

/* The http backend's answer; the finding owns its extension. Pure. */
void registry_read(const struct discovery_options *options, struct span body,
                   struct finding *ret);

struct question {
    LIST_ENTRY(question) link;
    struct discovery *owner;
    const struct discovery_options *options; /* the owner's */
    struct extension_key key;
    discovery_done *done;
    void *arg;
    struct http_ticket *ticket; /* the request under way; NULL = none */
    int64_t deadline_ms;        /* monotonic; for all requests together */
    struct listing listing;     /* webtask only */
    unsigned pages;             /* webtask only: asked for so far */
};

/* Sends a GET with the bearer of the question's container; the backend's
 * nothing() or read() is called later. Ends the question when it cannot. */
void question_get(struct question *q, const char *url);

/* Ends the question: done is called, q and the finding's extension are gone
 * afterwards. An extension whose URL is refused becomes a failure. */
void question_end(struct question *q, struct finding *finding);
void question_fail(struct question *q, const char *fmt, ...) like_printf(2, 3);

/* Fills *ret with an extension made of a URL and a secret (NULL = none), or
 * with the reason why that cannot be. */
void finding_make(struct finding *ret, const char *url, const char *secret,
                  bool envelope);

/* Fills *ret with a failure. */
void finding_fail(struct finding *ret, const char *fmt, ...) like_printf(2, 3);

struct cJSON;

/* Parses an answer that passed json_check first. NULL with a sentence in *why
 * when it is not JSON, or memory is short. */
struct cJSON *answer_open(struct span body, struct why *why) must_check;

/* Frees the tree and wipes its texts: there are secrets among them. */
void answer_close(struct cJSON **answer);

/* A member's text: ERR_OK with *ret NULL when it is absent, null or empty.
 * ERR_SYNTAX when it is something else than a text. */
enum err answer_text(const struct cJSON *value, const char **ret) must_check;

/* RFC 6901. NULL when the pointer leads nowhere. */
const struct cJSON *pointer_find(const struct cJSON *root, const char *pointer);
bool pointer_is_valid(const char *pointer);

/* Whether an extension may be at the host (as http_target_host has both): at
 * the deployment's, below it, or at or below one of the domains with commas.
 * An address or a name without a dot is no domain: such a deployment has no
 * say in it. */
bool host_is_ours(const char *host, const char *deployment,
                  const char *domains);

/* Appends text with everything but RFC 3986's unreserved bytes encoded. */
enum err uri_encode(struct buf *out, struct span text) must_check;

/* Appends the template with {container} and {point} filled in. ERR_SYNTAX on
 * any other brace. */
enum err uri_fill(struct buf *out, const char *template,
                  const struct extension_key *key) must_check;

#endif

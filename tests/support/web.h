/* The HTTP client on a loop of the test's own, with a copy of what each
 * request came to. */
#ifndef EXTQ_SUPPORT_WEB_H
#define EXTQ_SUPPORT_WEB_H

#include "link/http.h"
#include "support/table.h"
#include "support/wait.h"

enum { WEB_LIMIT_MS = 20000, WEB_BODY_MAX = 64 << 10 };

struct web {
    uv_loop_t loop;
    struct http_options options; /* set before web_start */
    struct http *http; /* NULL before web_start and after http_close */
    unsigned done;     /* requests that came to an end */
};

/* One request. Zero is the default of each field of `request`: target, done
 * and arg are set by web_send. */
struct exchange {
    struct web *web;
    struct http_request request;
    const char *bearer;
    struct http_ticket *ticket;
    unsigned done;          /* calls of done: exactly one in the end */
    struct attempt attempt; /* its body points into `body` */
    char body[WEB_BODY_MAX];
};

/* Makes the loop and options that allow 127.0.0.1 and plain http. */
void web_open(struct web *w);
void web_start(struct web *w);

/* Closes what is open, and fails the test when the loop keeps anything. */
void web_close(struct web *w);

/* One turn; always true. */
bool web_step(struct web *w);

#define web_until(w, condition, sentence)                                      \
    wait_until(web_step(w) && (condition), WEB_LIMIT_MS, (sentence))

/* Queues the request to the URL; with the bearer if any, method GET, deadlines
 * of WEB_LIMIT_MS and caps of WEB_BODY_MAX unless x->request says otherwise. */
enum err web_send(struct web *w, struct exchange *x, const char *url);

/* web_send, and waits for its end: the attempt. */
const struct attempt *web_ask(struct web *w, struct exchange *x,
                              const char *url);

/* How a target is refused: the sentence, or NULL when it is not. */
const char *web_refusal(const struct http_options *options, const char *url,
                        const char *bearer);

#endif

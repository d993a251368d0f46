/* What the sample platform answers: its management API and its extensions,
 * apart from the HTTP server (cli/demo_platform.h) that carries it. One thread
 * at a time. */
#ifndef EXTQ_CLI_DEMO_ANSWER_H
#define EXTQ_CLI_DEMO_ANSWER_H

#include "base/buf.h"
#include "cli/demo_cast.h"

enum { DEMO_SECRET_SIZE = 65, DEMO_NOTE_MAX = 200 };

struct demo_call; /* how often an event's extension was called */

struct demo_stage {
    char token[DEMO_SECRET_SIZE]; /* of the management API */
    char secrets[DEMO_ROLES][DEMO_SECRET_SIZE];
    unsigned port; /* for the URLs in the listing */
    struct demo_call *calls;
    bool limited; /* the limited extension has refused its one call */
};

struct demo_request {
    const char *method;
    const char *path;
    const char *bearer; /* the Authorization header; NULL = none */
    const char *id;     /* webhook-id; NULL = none */
    const char *meta;   /* the listing's filter, "key:value"; NULL = all */
    unsigned offset, limit;
    struct span body;
};

struct demo_reply {
    unsigned status;
    const char *source;     /* x-wt-response-source; NULL = management API */
    unsigned retry_after_s; /* 0 = not sent */
    int64_t delay_ms;
    struct buf body;
    char note[DEMO_NOTE_MAX]; /* what the notifier says; "" = nothing */
};

/* Draws fresh secrets. ERR_IO. */
enum err demo_stage_open(struct demo_stage *ret) must_check;

/* *ret starts empty (demo_reply_make); ERR_MEMORY. */
enum err demo_stage_answer(struct demo_stage *s, const struct demo_request *q,
                           struct demo_reply *ret) must_check;

struct demo_reply demo_reply_make(void);

void demo_stage_close(struct demo_stage *s);

#endif

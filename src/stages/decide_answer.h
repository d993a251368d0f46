/* Inside the decide stage: what the bodies of webtask's runtime and compilers
 * say. Bodies are hostile: what is cut, broken or unknown says nothing. */
#ifndef EXTQ_STAGES_DECIDE_ANSWER_H
#define EXTQ_STAGES_DECIDE_ANSWER_H

#include "base/span.h"

enum answer {
    ANSWER_NOTHING,
    ANSWER_UNAUTHORIZED, /* the extension's guard refused the secret */
    ANSWER_ASYNC_CRASH,  /* the process died, with all that ran in it */
    ANSWER_SYNC_CRASH,
};

/* Reads the body of an answer with this status of 400 or more. */
enum answer decide_read_error(struct span body, int status);

/* The form of auth0-ext-compilers 6, which hides failures in a 200. */
struct envelope {
    bool is_error;
    bool is_unauthorized;
    int status; /* data.statusCode when 400 to 599; 0 = none */
};

/* Reads a body of the form {"status":"error","data":{...}}. */
struct envelope decide_read_envelope(struct span body);

/* True when the bytes cannot hold a complaint about the secret, which spares
 * successful answers the parsing. */
bool decide_skips_envelope(struct span body);

/* True for an empty body and for one that is JSON. */
bool decide_is_json(struct span body);

#endif

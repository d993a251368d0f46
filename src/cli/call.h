/* Calls of our functions in Redis, for operators: their user may not load
 * them. */
#ifndef EXTQ_CLI_CALL_H
#define EXTQ_CLI_CALL_H

#include "cli/connect.h"

/* Sends an FCALL; loads the function library where it is missing, or says that
 * this user may not. ERR_REDIS, ERR_REPLY with the refusal in *ret_reply. */
enum err call_function(struct connection *c, const struct redis_words *words,
                       const struct reply **ret_reply) must_check;

/* Who does it, for the outcome stream: "operator@host". */
void call_operator(char *dst, size_t size);

#endif

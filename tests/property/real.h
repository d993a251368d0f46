/* The real thing beside the model: a Redis with the function library, whose
 * clock is set by the player. */
#ifndef EXTQ_PROPERTY_REAL_H
#define EXTQ_PROPERTY_REAL_H

#include "link/keys.h"
#include "link/redis_sync.h"
#include "support/redis_server.h"

enum { WORDS_MAX = 80, WORD_BYTES = 400 };

struct real {
    struct redis_server *server;
    struct redis_sync *link;
    struct queue_keys keys;
};

/* The words of one command. */
struct words {
    char at[WORDS_MAX][WORD_BYTES];
    int count;
};

void words_add(struct words *w, const char *text);
void words_number(struct words *w, int64_t number);

void real_open(struct real *r);
void real_close(struct real *r);

/* Empties Redis. */
void real_reset(struct real *r);

/* Runs the command, if it has words, at that time of the server's, and returns
 * the whole state as model_text has it; it lives until the next call. */
const char *real_run(struct real *r, const struct words *w, int64_t now_us);

/* Keeps what Redis has, and goes back to that, as where a replica took its
 * place. */
void real_keep(struct real *r);
void real_fall_back(struct real *r);

#endif

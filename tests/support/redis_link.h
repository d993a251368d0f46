/* An asynchronous Redis connection on a loop of the test's own, with a note of
 * what became of each command. */
#ifndef EXTQ_SUPPORT_REDIS_LINK_H
#define EXTQ_SUPPORT_REDIS_LINK_H

#include "link/redis.h"
#include "support/table.h"
#include "support/wait.h"

enum { LINK_LIMIT_MS = 20000, LINK_ANSWERS = 5000 };

struct redis_link;

/* What became of one command. */
struct answer {
    struct redis_link *link;
    int calls, nulls, errors;
    int order; /* of its last call among all, from 1 */
    char text[64];
};

struct redis_link {
    uv_loop_t loop;
    struct redis_address address;
    struct redis
        *redis; /* NULL before redis_link_connect and after redis_close */
    int ups, downs, answered;
    char why[256]; /* of the last way down */
    struct answer answers[LINK_ANSWERS];
};

/* Makes the loop; connects nowhere yet. SIGPIPE is ignored from here on, as
 * the program does. */
void redis_link_open(struct redis_link *l, const struct redis_address *address);

/* Closes what is open, and fails the test when the loop keeps anything. */
void redis_link_close(struct redis_link *l);

void redis_link_connect(struct redis_link *l, int64_t connect_ms,
                        int64_t reply_ms);

/* Connects with generous limits and waits until it is up. */
void redis_link_up(struct redis_link *l);

/* One turn: sends what was queued, handles what came. Always true. */
bool redis_link_step(struct redis_link *l);

#define link_until(l, condition, sentence)                                     \
    wait_until(redis_link_step(l) && (condition), LINK_LIMIT_MS, (sentence))

/* Notes the reply in its struct answer. */
redis_done redis_link_note;

/* Sends the words as command number i. */
enum err redis_link_send(struct redis_link *l, int i, int argc,
                         const char **argv);
#define link_say(l, i, ...)                                                    \
    redis_link_send((l), (i), ROWS(((const char *[]){__VA_ARGS__})),           \
                    (const char *[]){__VA_ARGS__})

/* ECHOes of their own numbers, as commands from up to before to. */
void redis_link_echo(struct redis_link *l, int from, int to);

#endif

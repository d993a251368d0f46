/* The private Redis of `extq bench`: the embedded one (AOF, everysec), reached
 * over TCP as a production's would be. */
#ifndef EXTQ_CLI_BENCH_REDIS_H
#define EXTQ_CLI_BENCH_REDIS_H

#include "link/redis_sync.h"
#include "service/embedded.h"

#include <stdint.h>
#include <sys/types.h>

struct bench_redis {
    struct embedded *server; /* NULL = not started */
    struct redis_sync *link;
    unsigned port; /* on 127.0.0.1 */
    pid_t pid;
    char version[32];
};

/* Call from the main thread. ERR_IO, ERR_ABSENT, ERR_MEMORY, ERR_REDIS. */
enum err bench_redis_start(const char *dir, struct bench_redis *ret,
                           struct why *why) must_check;
void bench_redis_stop(struct bench_redis *r);

/* Removes all data, the append-only file's included. ERR_REDIS. */
enum err bench_redis_empty(struct bench_redis *r) must_check;

/* Commands carried out so far, those inside functions included; and calls of
 * functions among them. */
void bench_redis_calls(struct bench_redis *r, int64_t *ret_all,
                       int64_t *ret_functions);

/* Words as redis_ask_words has them; the number of the reply. Errors of any
 * kind read as -1. */
#define bench_redis_number(r, ...)                                             \
    bench_redis_number_of((r), (const char *const[]){__VA_ARGS__, NULL})
int64_t bench_redis_number_of(struct bench_redis *r, const char *const *words);

#endif

/* A blocking Redis connection for commands and tests: ask, wait, answer. In a
 * cluster it goes over to the node that has the slot of the next command. The
 * process ignores SIGPIPE: hiredis writes without MSG_NOSIGNAL. */
#ifndef EXTQ_LINK_REDIS_SYNC_H
#define EXTQ_LINK_REDIS_SYNC_H

#include "link/redis.h"

struct redis_sync;

/* Connects, authenticates, selects. timeout_ms bounds the connect and each
 * reply, but for long ones that keep coming (redis_reader_due_ms). ERR_REDIS
 * with the reason and the address in *why. */
enum err redis_sync_open(const struct redis_address *address,
                         int64_t timeout_ms, struct redis_sync **ret,
                         struct why *why) must_check;

/* Sends and waits. *ret is owned by the connection and lives until the next
 * call. ERR_REDIS when the connection broke (every later call fails as well);
 * an error reply is ERR_OK with kind REPLY_ERROR. */
enum err redis_ask(struct redis_sync *r, int argc, const char **argv,
                   const size_t *lens, const struct reply **ret) must_check;

/* redis_ask with NUL-terminated words, ended by NULL. */
enum err redis_ask_words(struct redis_sync *r, const struct reply **ret,
                         ...) must_check __attribute__((sentinel));

/* Pipelining: queue any number of commands, in a cluster all of one slot, then
 * read one reply for each. */
enum err redis_sync_queue(struct redis_sync *r, int argc, const char **argv,
                          const size_t *lens) must_check;
enum err redis_sync_next(struct redis_sync *r,
                         const struct reply **ret) must_check;

/* Whether the next question may go out on it: not when it broke, when the
 * server hung up or spoke without being asked, or when it said that another
 * node has the slot. Never waits. */
bool redis_sync_is_sound(const struct redis_sync *r);

/* What broke the connection, in words; a text owned by it. */
const char *redis_sync_error(const struct redis_sync *r);

void redis_sync_close(struct redis_sync **r);

#endif

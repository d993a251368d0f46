/* A private, real redis-server in a folder of the test, on a unix socket
 * alone: with kills, pauses and restarts on the same data. */
#ifndef EXTQ_SUPPORT_REDIS_SERVER_H
#define EXTQ_SUPPORT_REDIS_SERVER_H

#include "link/redis.h"

#include <stdbool.h>

struct redis_server;

/* Starts one and waits until it answers. appendonly: data survive a kill.
 * words are more settings of redis-server, ended by NULL ("--maxmemory",
 * "10mb", NULL), or NULL; they must outlive the server. Fails the test when
 * it cannot start. */
struct redis_server *redis_server_start(bool appendonly,
                                        const char *const *words);

/* SIGKILL, data removed; NULL is fine; sets *s to NULL. */
void redis_server_close(struct redis_server **s);

/* Where it listens: the path, "unix:///path", and both as an address. The
 * texts live as long as the server. */
const char *redis_server_socket(const struct redis_server *s);
const char *redis_server_url(const struct redis_server *s);
const struct redis_address *redis_server_address(const struct redis_server *s);

/* Ends it in order (data written) or with SIGKILL; start_again uses the same
 * folder and socket, and waits until it answers. */
void redis_server_stop(struct redis_server *s);
void redis_server_kill(struct redis_server *s);
void redis_server_start_again(struct redis_server *s);

/* SIGSTOP and SIGCONT: connections stay open and nobody answers. */
void redis_server_pause(struct redis_server *s);
void redis_server_resume(struct redis_server *s);

/* Asks one command and returns the reply as text: numbers in decimal, lists
 * one element a line, nil as "(nil)", errors as "(error) ...". Lives until the
 * next question. Fails the test when no reply comes.
 *
 *     redis_server_ask(s, "LLEN", "extq:{default}:jobs", NULL) */
const char *redis_server_ask(struct redis_server *s, ...)
    __attribute__((sentinel));

/* The same as a number: of a text that is none, 0. */
int64_t redis_server_count(struct redis_server *s, ...)
    __attribute__((sentinel));

#endif

/* What claims to be Redis and answers any command with bytes that the test
 * chose: all at once, in pieces, or without having been asked. A thread of its
 * own on 127.0.0.1; one connection after the other. */
#ifndef EXTQ_SUPPORT_FAKE_REDIS_H
#define EXTQ_SUPPORT_FAKE_REDIS_H

#include "link/redis.h"

/* Texts are borrowed and outlive the server; NULL is empty. */
struct fake_script {
    const char *greeting; /* right after accepting */
    const char *head;     /* when the first command came */
    const char *piece;    /* then this, so many times, with pauses */
    int pieces;
    int pause_ms;
    const char *tail; /* at last; the connection stays open */
};

struct fake_redis;

/* Fails the test when it cannot. */
struct fake_redis *fake_redis_start(const struct fake_script *script);
struct redis_address fake_redis_address(const struct fake_redis *f);

/* Connections accepted since the start. */
unsigned fake_redis_connections(const struct fake_redis *f);
void fake_redis_close(struct fake_redis **f);

#endif

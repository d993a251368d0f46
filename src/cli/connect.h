/* From the command line to the configuration and a Redis that answers; what
 * stands in the way is said on stderr, with what to do about it. */
#ifndef EXTQ_CLI_CONNECT_H
#define EXTQ_CLI_CONNECT_H

#include "cli/options.h"
#include "link/redis_sync.h"
#include "service/config.h"

struct connection {
    const char *command;
    struct config *config;
    struct redis_sync *redis;
};

/* Reads the configuration that the options name; --redis overrides it. Errors
 * as of config_read; what is wrong with --redis is said of that. */
enum err connect_read(const struct common_options *common, struct config **ret,
                      struct why *why) must_check;

/* connect_read, and says what is wrong. Returns an exit_code; with EXIT_OK the
 * caller owns *ret. */
int connect_config(const char *command, const struct common_options *common,
                   struct config **ret);

/* connect_config, then connects and asks for a PONG. Returns an exit_code;
 * the connection is for connect_close in every case. */
int connect_open(const char *command, const struct common_options *common,
                 struct connection *ret);

/* Connects again after the connection broke; says nothing. */
enum err connect_again(struct connection *c, struct why *why) must_check;

void connect_close(struct connection *c);

/* The queue that a command means: the one asked for, else the first one of
 * the configuration. */
const char *connect_queue(const struct config *config, const char *asked);

/* The server's clock in unix ms: it is what stamps everything in Redis.
 * ERR_REDIS; ERR_REPLY with the refusal in *ret_reply. */
enum err connect_now(struct connection *c, int64_t *ret_ms,
                     const struct reply **ret_reply) must_check;

/* Says that the connection broke, or what Redis refused; returns the exit
 * code for it. */
int connect_broken(const struct connection *c);
int connect_refused(const char *command, const struct reply *reply);

/* Says whichever of these it was, or what else; EXIT_OK for ERR_OK. */
int connect_failed(const struct connection *c, enum err e,
                   const struct reply *reply);

#endif

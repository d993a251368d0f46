/* One written value into the struct it belongs to, checked by its key. */
#ifndef EXTQ_SERVICE_CONFIG_VALUE_H
#define EXTQ_SERVICE_CONFIG_VALUE_H

#include "service/config_table.h"

struct config_target {
    void *base;         /* the struct of the key's scope */
    const char *folder; /* relative paths start here; "" = as they are */
};

/* Reads text (for a list: its items between commas). ERR_SYNTAX with *why:
 * what was expected; the struct may then hold part of a list. */
enum err config_value_read(const struct config_key *key, struct span text,
                           const struct config_target *target,
                           struct why *why) must_check;

/* A list in pieces: empties it, then adds one item at a time. */
void config_list_clear(const struct config_key *key, void *base);
enum err config_item_read(const struct config_key *key, struct span text,
                          const struct config_target *target,
                          struct why *why) must_check;

/* Writes the defaults of every key of the scope that has one. */
void config_defaults(enum config_scope scope, void *base);

#endif

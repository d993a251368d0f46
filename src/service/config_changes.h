/* What a new configuration changes, key by key, for people who reload. */
#ifndef EXTQ_SERVICE_CONFIG_CHANGES_H
#define EXTQ_SERVICE_CONFIG_CHANGES_H

#include "service/config.h"

/* One change; from and to are NULL where it is secret, or no value: then `what`
 * says it ("changed", "added"). All live for the call. */
struct config_change {
    const char *key; /* "points.on-lead.retry.base" */
    const char *what;
    const char *from, *to;
};

typedef void config_tell(void *arg, const struct config_change *change);

/* Tells of each; returns how many. Extensions are counted, not named. Secrets
 * must have been read in both for those to be told. */
size_t config_changes(const struct config *before, const struct config *after,
                      config_tell *tell, void *arg);

#endif

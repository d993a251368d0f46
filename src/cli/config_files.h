/* The files that a configuration names. */
#ifndef EXTQ_CLI_CONFIG_FILES_H
#define EXTQ_CLI_CONFIG_FILES_H

#include "service/config.h"

/* Calls missing for each that this user cannot read, with errno set. Returns
 * how many these are. */
size_t config_files_missing(const struct config *c,
                            void (*missing)(void *arg, const char *key,
                                            const char *path),
                            void *arg);

#endif

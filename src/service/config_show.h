/* A value of the configuration as people write it, for logs. */
#ifndef EXTQ_SERVICE_CONFIG_SHOW_H
#define EXTQ_SERVICE_CONFIG_SHOW_H

#include "service/config_table.h"

enum { SHOWN_MAX = 256 };

/* The key's value in the struct of its scope, cut to fit; of a URL nothing that
 * may be secret, of a long list how many it has. */
void config_show(const struct config_key *key, const void *base,
                 char dst[SHOWN_MAX]);

/* Whether it is the same in both, shown or not. */
bool config_is_same(const struct config_key *key, const void *one,
                    const void *other);

#endif

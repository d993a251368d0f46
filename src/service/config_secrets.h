/* The part of the configuration that lies in files of its own: see
 * config_read_secrets in service/config.h. */
#ifndef EXTQ_SERVICE_CONFIG_SECRETS_H
#define EXTQ_SERVICE_CONFIG_SECRETS_H

#include "service/config.h"

/* Frees the signers; for config_close, which wipes the rest. */
void config_forget_secrets(struct config *c);

#endif

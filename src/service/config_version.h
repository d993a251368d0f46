/* The version of the YAML library behind the configuration. */
#ifndef EXTQ_SERVICE_CONFIG_VERSION_H
#define EXTQ_SERVICE_CONFIG_VERSION_H

/* "0.2.5"; static text. */
const char *config_yaml_version(void);

#endif

/* The version of the JSON library behind discovery. */
#ifndef EXTQ_LINK_DISCOVERY_VERSION_H
#define EXTQ_LINK_DISCOVERY_VERSION_H

/* "1.7.15"; static text. */
const char *discovery_cjson_version(void);

#endif

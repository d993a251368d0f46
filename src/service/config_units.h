/* The written forms of durations and sizes, both ways; reading them is
 * config_duration and config_size in service/config.h. */
#ifndef EXTQ_SERVICE_CONFIG_UNITS_H
#define EXTQ_SERVICE_CONFIG_UNITS_H

#include <stddef.h>
#include <stdint.h>

enum { UNITS_TEXT_MAX = 32 };

/* The shortest exact form in the largest unit: 90000 -> "90s", 0 -> "0". */
void config_duration_text(int64_t ms, char dst[UNITS_TEXT_MAX]);

/* The same for bytes: 65536 -> "64KiB", 1000 -> "1000". */
void config_size_text(uint64_t bytes, char dst[UNITS_TEXT_MAX]);

#endif

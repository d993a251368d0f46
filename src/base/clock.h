/* Time with its meanings kept apart; the only caller of clock_gettime. */
#ifndef EXTQ_BASE_CLOCK_H
#define EXTQ_BASE_CLOCK_H

#include <stdint.h>

/* For durations and deadlines inside this process. Never goes back. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* For leases and what else runs out on other machines too: the same, but time
 * goes on while this one is suspended. Not comparable with clock_mono_ms. */
int64_t clock_boot_ms(void);

/* Unix time in milliseconds, for what others read. May jump. */
int64_t clock_wall_ms(void);

#endif

/* Time with its two meanings kept apart; the only caller of clock_gettime. */
#ifndef EXTQ_BASE_CLOCK_H
#define EXTQ_BASE_CLOCK_H

#include <stdint.h>

/* For durations and deadlines inside this process. Never goes back. */
int64_t clock_mono_ms(void);
int64_t clock_mono_us(void);

/* Unix time in milliseconds, for what others read. May jump. */
int64_t clock_wall_ms(void);

#endif

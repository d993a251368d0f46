/* SIGINT and SIGTERM as a question: a command that works through something ends
 * in good order, between two steps. */
#ifndef EXTQ_CLI_ENDING_H
#define EXTQ_CLI_ENDING_H

#include <stdbool.h>
#include <stdint.h>

/* Both are blocked from here on: what waits for Redis is never cut short, and
 * ends soon. */
void ending_take_over(void);

/* True, once, for each that came; waits for one so long. */
bool ending_came(int64_t wait_ms);

#endif

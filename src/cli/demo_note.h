/* What the demo's notifier posts about an event, in words. */
#ifndef EXTQ_CLI_DEMO_NOTE_H
#define EXTQ_CLI_DEMO_NOTE_H

#include "base/span.h"

/* "Annual plan for Vega Dental, 18400 EUR, won by Ada Costa"; any other
 * payload as it is, cleaned and cut. */
void demo_note_write(struct span payload, char *dst, size_t size);

#endif

/* extq outcomes --summary: how many of what, how often, how long, and since
 * when. */
#ifndef EXTQ_CLI_OUTCOMES_SUMMARY_H
#define EXTQ_CLI_OUTCOMES_SUMMARY_H

#include "cli/outcomes_read.h"

/* Counts what matches the reader's filter since that moment, and prints it by
 * container, point and class. The reader's show and arg are set here. Returns
 * an exit_code. */
int outcomes_summary(struct outcomes_reader *r, const struct when *since,
                     bool json);

#endif

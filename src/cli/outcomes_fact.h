/* What of an outcome is counted. */
#ifndef EXTQ_CLI_OUTCOMES_FACT_H
#define EXTQ_CLI_OUTCOMES_FACT_H

#include "cli/outcomes_entry.h"
#include "cli/tally.h"

/* Its texts are the entry's. */
struct tally_fact outcome_fact(const struct outcome_entry *entry);

#endif

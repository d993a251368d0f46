/* What was found, one line each, for people or as JSON Lines; and the worst of
 * it. */
#ifndef EXTQ_CLI_DOCTOR_FINDINGS_H
#define EXTQ_CLI_DOCTOR_FINDINGS_H

#include "cli/doctor_checks.h"

struct findings {
    bool json, colour;
    enum health worst; /* so far */
};

/* As a doctor's `found`: arg is a struct findings. */
void findings_add(void *arg, enum health health, const char *what,
                  const char *said, const char *mend);

#endif

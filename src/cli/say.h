/* What a command tells people: one line on stderr, cleaned, with its name. */
#ifndef EXTQ_CLI_SAY_H
#define EXTQ_CLI_SAY_H

#include "base/err.h"

/* "extq stats: text", cut at 1,000 bytes; command may be "". */
void say(const char *command, const char *fmt, ...) like_printf(2, 3);

#endif

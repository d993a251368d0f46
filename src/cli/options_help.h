/* The help text of a command, written from its option table. */
#ifndef EXTQ_CLI_OPTIONS_HELP_H
#define EXTQ_CLI_OPTIONS_HELP_H

#include "cli/options.h"

#include <stddef.h>

enum { OPTIONS_MAX = 24 };

/* On stdout: usage, sentence, examples, then one entry per option. */
void options_print_help(const struct options *o,
                        const struct option_spec *specs, size_t count);

#endif

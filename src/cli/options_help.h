/* The help text of a command, written from its option table. */
#ifndef EXTQ_CLI_OPTIONS_HELP_H
#define EXTQ_CLI_OPTIONS_HELP_H

#include "cli/options.h"

#include <stddef.h>

enum { OPTIONS_MAX = 24 };

/* On stdout: usage, sentence, examples, then one entry per option. */
void options_print_help(const struct options *o,
                        const struct option_spec *specs, size_t count);

/* On stdout, for a shell's completion: the verbs and options of the command,
 * one to a line, each with a tab, what it wants, a tab, and its help. What it
 * wants: - (nothing), FILE, words with a bar between them, or else any text. */
void options_print_words(const struct options *o,
                         const struct option_spec *specs, size_t count);

#endif

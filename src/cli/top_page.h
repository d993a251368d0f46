/* The figures of `extq top` as lines for the screen: what is wrong first. */
#ifndef EXTQ_CLI_TOP_PAGE_H
#define EXTQ_CLI_TOP_PAGE_H

#include "base/buf.h"
#include "cli/top_read.h"

/* Appends it, cleaned. away: why the figures are old; "" when they are not.
 * ERR_MEMORY, ERR_LIMIT. */
enum err top_page(const struct top_figures *f, const char *away,
                  struct buf *out) must_check;

#endif

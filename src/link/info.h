/* The text that INFO answers with: a field a line, "name:value". */
#ifndef EXTQ_LINK_INFO_H
#define EXTQ_LINK_INFO_H

#include "base/span.h"

/* The value of the field of that name; empty when it is absent. */
struct span info_field(struct span info, const char *name);

#endif

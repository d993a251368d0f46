/* URLs that lead to this host, or to a neighbour that tenants must not reach,
 * in all the ways that parsers were ever fooled with. */
#ifndef EXTQ_SUPPORT_SPELLINGS_H
#define EXTQ_SUPPORT_SPELLINGS_H

/* PORT stands for the port. Names in them come to 127.0.0.1 and ::1. */
extern const char *const spellings[];
extern const int spelling_count;

#endif

/* How much of a long key is read in one go: small work for Redis, whatever the
 * size of what is in it. */
#ifndef EXTQ_LINK_PAGING_H
#define EXTQ_LINK_PAGING_H

#include "link/reply.h"

#include <stdint.h>

/* Elements of the first page of a key, and of the largest. */
enum { PAGING_FIRST = 16, PAGING_MAX = 500 };

/* The elements of the page after one of `page` that took so many bytes. */
uint64_t paging_after(uint64_t page, uint64_t bytes);

/* The bytes of all texts in a reply. */
uint64_t paging_bytes(const struct reply *r);

#endif

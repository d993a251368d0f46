/* What the kernel knows of a TCP socket; apart, because Linux's header and the
 * C library's exclude each other. */
#ifndef EXTQ_LINK_RECEIVED_H
#define EXTQ_LINK_RECEIVED_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes that came on the socket so far; false when that is not known. */
bool received_bytes(int fd, uint64_t *ret);

#endif

/* Replies of Redis from bytes of the protocol. */
#ifndef EXTQ_SUPPORT_WIRE_REPLY_H
#define EXTQ_SUPPORT_WIRE_REPLY_H

#include "link/reply.h"

/* The reply that these bytes are; wire_reply_drop frees it. */
const struct reply *wire_reply(const char *wire);
void wire_reply_drop(const struct reply *reply);

#endif

/* The Redis protocol as bytes on their way: where a value ends, and which
 * command it is. */
#ifndef EXTQ_FAULTS_RESP_H
#define EXTQ_FAULTS_RESP_H

#include "base/span.h"

enum { RESP_NAME_MAX = 24 };

/* The length of the first value; 0 when more bytes are needed, -1 when this is
 * not RESP2. */
int64_t resp_len(struct span bytes);

/* The name of a command (a whole list of texts): "INFO", and of an FCALL of
 * extq_claim_<hash> "claim". */
void resp_name(struct span command, char ret[RESP_NAME_MAX]);

#endif

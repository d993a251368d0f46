/* Retry-After, as RFC 9110 section 10.2.3 writes it. */
#ifndef EXTQ_MODEL_HTTP_DATE_H
#define EXTQ_MODEL_HTTP_DATE_H

#include "base/span.h"

/* Delta seconds or an HTTP-date (all three forms of RFC 9110 5.6.7), as
 * milliseconds from now_ms (unix). 0 when absent, malformed or past; at most
 * 10 days, so that no answer can park a job for ever. */
int64_t retry_after_ms(struct span value, int64_t now_ms);

#endif

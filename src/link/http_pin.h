/* The vetted addresses of names, as libcurl is told them. */
#ifndef EXTQ_LINK_HTTP_PIN_H
#define EXTQ_LINK_HTTP_PIN_H

#include "link/http_internal.h"

enum pinning { PIN_DONE, PIN_REFUSED, PIN_NO_MEMORY };

/* Vets every address of the answer, and holds what libcurl has to be told of
 * them on this lane; costs little while nothing changed. PIN_REFUSED when any
 * is forbidden. */
enum pinning pin_take(struct lane *lane, const struct http_target *target,
                      struct dns_answer *answer, struct pin **ret) must_check;
void pin_drop(struct pin **pin);

/* For CURLOPT_RESOLVE, as long as the pin is held; NULL = libcurl knows. */
struct curl_slist *pin_lines(struct pin *pin);
void pin_settle(struct pin *pin, bool known);

/* All of the lane's, whose multi handle ends. */
void pins_clear(struct lane *lane);

#endif

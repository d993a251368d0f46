/* The sample platform of `extq demo` as an HTTP server on loopback, in a
 * thread of its own: cli/demo_answer.h says what it answers. */
#ifndef EXTQ_CLI_DEMO_PLATFORM_H
#define EXTQ_CLI_DEMO_PLATFORM_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

struct demo_platform;

/* Listens on a free port of 127.0.0.1. ERR_IO, ERR_MEMORY. */
enum err demo_platform_start(struct demo_platform **ret,
                             struct why *why) must_check;

unsigned demo_platform_port(const struct demo_platform *p);

/* The management API's bearer token; lives as long as the platform. */
const char *demo_platform_token(const struct demo_platform *p);

/* Takes the oldest line that the notifier has to say; false = none. When
 * nobody listens, the oldest ones are lost. */
bool demo_platform_note(struct demo_platform *p, char *dst, size_t size);

/* Answers what is under way and ends. NULL is fine; sets *p to NULL. */
void demo_platform_stop(struct demo_platform **p);

#endif

/* The server program of the embedded Redis: where it is, and whether it is
 * new enough for functions and the rest that extq needs. */
#ifndef EXTQ_SERVICE_EMBEDDED_BINARY_H
#define EXTQ_SERVICE_EMBEDDED_BINARY_H

#include "base/err.h"

#include <limits.h>

/* Looks for redis-server, then valkey-server, in $PATH and asks for its
 * version. ERR_ABSENT names the packages to install. */
enum err embedded_binary_find(char ret[PATH_MAX], struct why *why) must_check;

#endif

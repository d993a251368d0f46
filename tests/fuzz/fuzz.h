/* What every fuzz target has: bytes come in, and what must be true of any bytes
 * is checked. libFuzzer makes them up (tests/fuzz/run), replay.c reads them
 * from the corpus. */
#ifndef EXTQ_FUZZ_FUZZ_H
#define EXTQ_FUZZ_FUZZ_H

#include "base/buf.h"
#include "base/check.h"
#include "base/err.h"
#include "base/span.h"

#include <stddef.h>
#include <stdint.h>

/* The target. Returns 0; what must be true and is not, aborts. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len);

/* The bytes as text. */
struct span fuzz_span(const uint8_t *bytes, size_t len);

/* Splits a number off the front: the target's dice, part of the input so that
 * it is replayed. 0 where the bytes do not suffice. */
uint64_t fuzz_number(struct span *input);

/* A copy that ends with a NUL, without the NULs inside; for free(). */
char *fuzz_text(struct span s);

bool fuzz_same(struct span a, struct span b);

/* True when the part lies within the whole. */
bool fuzz_is_inside(struct span part, struct span whole);

/* True for one line of valid UTF-8 that no terminal would obey. */
bool fuzz_is_shown(const char *text);

#endif

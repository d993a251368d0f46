/* The text between the quotes of a JSON string, for json.c: two spellings of
 * one key are one key. Spans given here have passed the strict validation. */
#ifndef EXTQ_BASE_JSON_TEXT_H
#define EXTQ_BASE_JSON_TEXT_H

#include "base/span.h"

/* The value of four hexadecimal digits. */
uint32_t json_text_unit(const char *digits);

/* Equal for texts that decode to the same characters. */
uint64_t json_text_hash(struct span text);

/* True when both decode to the same characters. */
bool json_text_same(struct span a, struct span b);

#endif

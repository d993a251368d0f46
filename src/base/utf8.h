/* UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing past
 * U+10FFFF. */
#ifndef EXTQ_BASE_UTF8_H
#define EXTQ_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The length, 1 to 4, of the well-formed character that starts at `at`; 0 when
 * the left bytes (at least one) do not start with one. */
size_t utf8_len(const char *at, size_t left);

/* The code point of a character that utf8_len has measured. */
uint32_t utf8_point(const char *at, size_t len);

/* Writes a code point that is no surrogate; returns its length, 1 to 4. */
size_t utf8_put(uint32_t point, char ret[4]);

/* True for what could forge or garble a line on a terminal: C0, DEL, C1,
 * line separators and the controls of bidirectional text. */
bool utf8_is_control(uint32_t point);

#endif

/* The tokens of JSON, for json.c: strings, numbers and words, each checked in
 * the same pass that finds its end. */
#ifndef EXTQ_BASE_JSON_SCAN_H
#define EXTQ_BASE_JSON_SCAN_H

#include "base/json.h"

/* Where the reading of a text stands. */
struct json_scan {
    const char *at;
    const char *start;
    const char *end;
    struct json_flaw *flaw; /* filled by the step that returns false */
    bool opaque; /* inside a value whose text nobody here will decode */
};

/* Notes what is wrong at `at`, or that the text ends there. Returns false. */
bool json_scan_fail(struct json_scan *s, const char *at, const char *what);

/* Each starts at s->at, where the token's first byte must have been seen, and
 * moves behind the token; false when it is malformed. */
bool json_scan_string(struct json_scan *s);
bool json_scan_number(struct json_scan *s);
bool json_scan_word(struct json_scan *s, const char *word);

/* The byte at s->at, or NUL (which is no token's start) at the end. */
static inline char json_scan_peek(const struct json_scan *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static inline bool json_scan_skip(struct json_scan *s, char c)
{
    bool found = s->at < s->end && *s->at == c;

    s->at += found;
    return found;
}

static inline void json_scan_space(struct json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' ||
                              *s->at == '\r' || *s->at == '\t'))
        s->at++;
}

#endif

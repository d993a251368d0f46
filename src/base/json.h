/* Strict JSON (RFC 8259) read in place: one validating pass, no tree, exact
 * bytes kept.
 *
 * Refused, where common parsers are lax: invalid UTF-8, U+0000 and lone
 * surrogates, raw control characters in strings, duplicate keys in one object,
 * nesting deeper than JSON_DEPTH_MAX, a BOM, and anything after the value.
 * The values of an object read by json_object are opaque: there duplicate keys
 * and escapes of U+0000 and lone surrogates, which RFC 8259 allows, are none of
 * our business.
 * cJSON (link/ only) may be given nothing but text that passed json_check. */
#ifndef EXTQ_BASE_JSON_H
#define EXTQ_BASE_JSON_H

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum { JSON_DEPTH_MAX = 64, JSON_MEMBERS_MAX = 64 };

enum json_kind {
    JSON_NULL,
    JSON_BOOL,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT,
};

/* A value's exact bytes inside the text it was read from. */
struct json_value {
    enum json_kind kind;
    struct span raw; /* strings keep their quotes and escapes */
};

struct json_member {
    struct span key; /* between the quotes, escapes as written */
    struct json_value value;
};

/* Where and why a text was refused. */
struct json_flaw {
    size_t offset;    /* in bytes from the start */
    const char *what; /* static text */
};

/* Validates the whole text as one value. On ERR_SYNTAX fills *ret_flaw. */
enum err json_check(struct span text, struct json_value *ret,
                    struct json_flaw *ret_flaw) must_check;

/* Validates the whole text as one object and lists its members in order, in
 * an array of JSON_MEMBERS_MAX. Duplicates among its own keys are found by
 * their decoded text; members past JSON_MEMBERS_MAX are validated and counted
 * but not listed or compared. ERR_SYNTAX (with *ret_flaw) when it is
 * not a JSON object; the members in front of the flaw are listed then. */
enum err json_object(struct span text, struct json_member *ret_members,
                     size_t *ret_count, struct json_flaw *ret_flaw) must_check;

/* The listed member of that name (plain ASCII), however its key is spelled,
 * or NULL. */
const struct json_member *json_find(const struct json_member *members,
                                    size_t count, const char *name);

/* Appends the decoded bytes of a string value. ERR_SYNTAX when it holds U+0000
 * or a lone surrogate. On any error out is as it was; so with json_quote. */
enum err json_decode(struct json_value string, struct buf *out) must_check;

/* Appends text as a JSON string with its quotes. Bytes that are not valid
 * UTF-8 become U+FFFD; control characters are escaped, those of
 * utf8_is_control included. */
enum err json_quote(struct buf *out, struct span text) must_check;

#endif

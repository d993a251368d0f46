/* Which lines were logged lately, so that those that come again and again are
 * counted instead of written. A few at a time; pure: times come from the
 * caller. */
#ifndef EXTQ_BASE_LOG_REPEATS_H
#define EXTQ_BASE_LOG_REPEATS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A line that was written counts for SPAN_MS; of it so much is kept. */
enum { LOG_SPAN_MS = 10000, LOG_REPEATS = 16, LOG_REPEAT_BYTES = 512 };

struct log_repeat {
    uint64_t id; /* of all its text but the time; 0 = free */
    int64_t until_ms;
    uint64_t count; /* not written since */
    int level;      /* for who writes it again; so is the next */
    bool json;
    size_t len; /* of the text, from the level on, without its end */
    char text[LOG_REPEAT_BYTES];
};

/* Zero is empty. */
struct log_repeats {
    struct log_repeat at[LOG_REPEATS];
};

/* A text's number; never 0. */
uint64_t log_repeat_id(const char *text, size_t len);

/* True when it was written within the span: it is counted. */
bool log_repeats_count(struct log_repeats *r, uint64_t id, int64_t now_ms);

/* Where a line that is written now is to be kept: a free place, or the one
 * whose span ends first, the count of which is to be told before. */
struct log_repeat *log_repeats_place(struct log_repeats *r);

/* One whose span is over at now_ms, or NULL. It is to be told if it counted
 * something, and then kept for another span, or freed. */
struct log_repeat *log_repeats_over(struct log_repeats *r, int64_t now_ms);

#endif

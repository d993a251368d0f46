/* What can go wrong inside extq, and why, in words.
 *
 * Every function that can fail returns enum err. A failed HTTP call is not an
 * error: it is a struct attempt (model/attempt.h). */
#ifndef EXTQ_BASE_ERR_H
#define EXTQ_BASE_ERR_H

#define must_check             __attribute__((warn_unused_result))
#define like_printf(fmt, args) __attribute__((format(printf, fmt, args)))

enum err {
    ERR_OK = 0,
    ERR_MEMORY, /* an allocation was refused */
    ERR_SYNTAX, /* input does not follow its grammar */
    ERR_LIMIT,  /* input or output is larger than its stated bound */
    ERR_ABSENT, /* what was asked for does not exist */
    ERR_IO,     /* a system call failed */
    ERR_REDIS,  /* Redis is unreachable, or the connection broke */
    ERR_REPLY,  /* Redis answered with an error or an unexpected shape */
    ERR_LEASE,  /* this process's lease is over: it owns nothing any more */
    ERR_CONFIG, /* the configuration is wrong */
    ERR_USAGE,  /* the command line is wrong */
};

/* The error's name in lower-case words; a static text. */
const char *err_text(enum err e);

/* A sentence for people, written by the function that failed. It never holds
 * a secret or a payload. */
struct why {
    char text[512];
};

/* Writes the sentence (cut to fit); why may be NULL. Always returns e, so that
 * a failing function can say `return why_set(why, ERR_IO, ...)`. */
enum err why_set(struct why *why, enum err e, const char *fmt, ...)
    like_printf(3, 4);

#endif

/* One table per command: it reads the command line, and it is the help. */
#ifndef EXTQ_CLI_OPTIONS_H
#define EXTQ_CLI_OPTIONS_H

#include "base/span.h"

enum option_kind {
    OPTION_FLAG,   /* ret is a bool */
    OPTION_TEXT,   /* ret is a const char *, into argv */
    OPTION_NUMBER, /* ret is an int64_t from 1 to max */
    OPTION_NAME,   /* a text that ident_is_name: container, point */
    OPTION_ID,     /* a text that ident_is_id */
    OPTION_QUEUE,  /* a text that ident_is_queue */
    OPTION_CHOICE, /* a text that is one of choices */
    OPTION_TIME,   /* ret is a struct when */
    OPTION_RATE,   /* as OPTION_NUMBER, and "/s" may follow */
    OPTION_LENGTH, /* ret is an int64_t, ms from 1 to max: written "10m" */
};

/* A moment as it was written: unix milliseconds, or a duration ("10m"). */
struct when {
    bool given;
    bool relative;
    int64_t ms;
};

struct option_spec {
    const char *name; /* without the dashes; NULL ends the table */
    char letter;      /* 0 = long form only */
    enum option_kind kind;
    const char *value; /* its name in the help; NULL for flags */
    const char *help;
    void *ret;                  /* left alone unless the option is given */
    int64_t max;                /* of numbers and lengths */
    const char *const *choices; /* ends with NULL */
};

/* What every command takes. */
struct common_options {
    const char *config_file; /* NULL = not given */
    const char *redis_url;
};

struct options {
    const char *command;
    const char *arguments; /* "CONTAINER POINT"; NULL = none */
    const char *sentence;  /* without its full stop */
    const char *examples;  /* shown first; lines, each ending in \n */
    const struct option_spec *specs;
    int operands_min, operands_max;
    struct common_options *common;
};

/* Reads argv (argv[0] is the command's name; operands may be moved behind the
 * options). True: go on, *ret_operand is the first operand's index. False:
 * end with *ret_exit: the help was printed, or what is wrong was said. */
bool options_read(const struct options *o, int argc, char **argv,
                  int *ret_operand, int *ret_exit);

/* Says what is wrong with the command line in one line on stderr and returns
 * the exit code for it. */
int options_wrong(const char *command, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The moment as unix milliseconds; direction -1 takes a duration off now_ms,
 * +1 adds it. */
int64_t when_ms(const struct when *w, int64_t now_ms, int direction);

#endif

/* One line per event on stderr: logfmt on a terminal, JSON elsewhere.
 *
 * Only service/, cli/ and main.c log; lower layers return what happened. A
 * line never holds a secret, a payload or a header value. */
#ifndef EXTQ_BASE_LOG_H
#define EXTQ_BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_format { LOG_AUTO, LOG_LOGFMT, LOG_JSON };

/* A fact of the event; text NULL means that number is the value. */
struct log_field {
    const char *key; /* NULL ends the list */
    const char *text;
    int64_t number;
};

#define LOG_TEXT(k, v)   ((struct log_field){(k), (v), 0})
#define LOG_NUMBER(k, v) ((struct log_field){(k), 0, (int64_t)(v)})

/* Writes one line of at most 4,096 bytes with one write(2): time (RFC 3339,
 * UTC, ms), level, msg, then the fields. Control characters and invalid UTF-8
 * are escaped, values end in "..." after 512 bytes. From the first field that
 * does not fit on, all are left out, and cut=true says so. Where stderr is
 * systemd's journal ($JOURNAL_STREAM), "<N>" with the priority comes first.
 * Keeps errno.
 *
 * A line that says what another one said less than ten seconds ago is counted
 * instead, unless it is LOG_DEBUG: log_settle writes it once more then, with
 * repeated=N. Of long ones it then has no more than level and msg. */
void log_event(enum log_level level, const char *message,
               const struct log_field *fields);

#define log_debug(...) log_at(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)  log_at(LOG_INFO, __VA_ARGS__)
#define log_warn(...)  log_at(LOG_WARN, __VA_ARGS__)
#define log_error(...) log_at(LOG_ERROR, __VA_ARGS__)

/* log_info("message", LOG_TEXT("k", v), ...), or the message alone. */
#define log_at(...) log_with(__VA_ARGS__, {0, 0, 0})
#define log_with(level, message, ...)                                          \
    log_event((level), (message), (const struct log_field[]){__VA_ARGS__})

/* Writes what was counted, as soon as its ten seconds are over; with `all` at
 * once. To be called now and then, and before the end. */
void log_settle(bool all);

/* At first LOG_INFO and LOG_AUTO. Safe at any time and from any thread. */
void log_set_level(enum log_level level);
void log_set_format(enum log_format format);

#endif

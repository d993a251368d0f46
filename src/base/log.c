#include "base/log.h"

#include "base/clock.h"
#include "base/log_repeats.h"
#include "base/utf8.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* LINE_MAX_BYTES is PIPE_BUF: up to there lines of threads do not mix. */
enum { LINE_MAX_BYTES = 4096, VALUE_MAX_BYTES = 512, END_BYTES = 16 };

static atomic_int least_level = LOG_INFO;
static atomic_int chosen_format = LOG_AUTO;

static const char *const level_names[] = {
    [LOG_DEBUG] = "debug",
    [LOG_INFO] = "info",
    [LOG_WARN] = "warn",
    [LOG_ERROR] = "error",
};

/* What was written lately, under its lock. */
static pthread_mutex_t lately_lock = PTHREAD_MUTEX_INITIALIZER;
static struct log_repeats lately;

struct line {
    bool json;
    size_t head;  /* where the text begins that is compared: the level */
    size_t brief; /* where the msg ends */
    size_t len;
    char at[LINE_MAX_BYTES];
};

/* Adds all or nothing; END_BYTES stay free for the end of the line. */
static bool put(struct line *line, const char *text, size_t len)
{
    if (len > sizeof line->at - END_BYTES - line->len)
        return false;
    memcpy(line->at + line->len, text, len);
    line->len += len;
    return true;
}

static bool put_word(struct line *line, const char *word)
{
    return put(line, word, strlen(word));
}

/* Writes one character as it may stand between quotes, in both formats, and
 * returns how many of the left bytes it was. */
static size_t escape(const char *at, size_t left, char ret[8], size_t *ret_len)
{
    size_t len = utf8_len(at, left);
    uint32_t point = len ? utf8_point(at, len) : 0xfffd;

    if (point == '"' || point == '\\')
        *ret_len = (size_t)snprintf(ret, 8, "\\%c", *at);
    else if (point == '\n')
        *ret_len = (size_t)snprintf(ret, 8, "\\n");
    else if (len == 0 || utf8_is_control(point))
        *ret_len = (size_t)snprintf(ret, 8, "\\u%04x", point);
    else
        *ret_len = utf8_put(point, ret);
    return len ? len : 1;
}

/* Puts the text escaped; what is longer than a value may be ends in dots. */
static bool put_escaped(struct line *line, const char *text)
{
    size_t left = strlen(text);
    size_t room = VALUE_MAX_BYTES;

    while (left > 0) {
        char piece[8];
        size_t piece_len;
        size_t used = escape(text, left, piece, &piece_len);

        if (piece_len > room)
            return put_word(line, "...");
        if (!put(line, piece, piece_len))
            return false;
        room -= piece_len;
        text += used;
        left -= used;
    }
    return true;
}

static bool put_quoted(struct line *line, const char *text)
{
    return put_word(line, "\"") && put_escaped(line, text) &&
           put_word(line, "\"");
}

static bool is_bare(const char *text)
{
    const char *c = text;

    while (*c > ' ' && *c <= '~' && *c != '"' && *c != '=' && *c != '\\')
        c++;
    return c > text && *c == '\0';
}

static bool put_key(struct line *line, const char *key)
{
    if (line->json)
        return put_word(line, ",") && put_quoted(line, key) &&
               put_word(line, ":");
    return put_word(line, " ") && put_escaped(line, key) && put_word(line, "=");
}

static bool put_value(struct line *line, const char *text)
{
    if (line->json || !is_bare(text))
        return put_quoted(line, text);
    return put_escaped(line, text);
}

static bool put_field(struct line *line, const struct log_field *field)
{
    char number[24];

    if (!put_key(line, field->key))
        return false;
    if (field->text)
        return put_value(line, field->text);
    snprintf(number, sizeof number, "%lld", (long long)field->number);
    return put_word(line, number);
}

/* Under systemd, which sorts lines by it: whether stderr is the journal is told
 * by its device and inode. */
static bool is_journal(void)
{
    const char *named = getenv("JOURNAL_STREAM");
    char own[64];
    struct stat is;

    if (!named || fstat(STDERR_FILENO, &is) != 0)
        return false;
    (void)snprintf(own, sizeof own, "%llu:%llu", (unsigned long long)is.st_dev,
                   (unsigned long long)is.st_ino);
    return strcmp(own, named) == 0;
}

static void put_priority(struct line *line, enum log_level level)
{
    static const char *const priorities[] = {
        [LOG_DEBUG] = "<7>",
        [LOG_INFO] = "<6>",
        [LOG_WARN] = "<4>",
        [LOG_ERROR] = "<3>",
    };

    if (is_journal())
        (void)put_word(line, priorities[level]);
}

static void put_time(struct line *line)
{
    int64_t now_ms = clock_wall_ms();
    time_t now_s = (time_t)(now_ms / 1000);
    struct tm utc;
    char text[32];
    size_t len;

    gmtime_r(&now_s, &utc);
    len = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + len, sizeof text - len, ".%03dZ", (int)(now_ms % 1000));
    (void)put_word(line, line->json ? "{\"time\":\"" : "time=");
    (void)put_word(line, text);
    (void)put_word(line, line->json ? "\"" : "");
}

/* Ends the line in the bytes that put() keeps free. */
static void put_end(struct line *line, bool cut)
{
    const char *mark = line->json ? ",\"cut\":true" : " cut=true";

    line->len += (size_t)snprintf(line->at + line->len, END_BYTES, "%s%s\n",
                                  cut ? mark : "", line->json ? "}" : "");
}

/* The first field that does not fit and what follows it are left out: true. */
static bool put_fields(struct line *line, const struct log_field *fields)
{
    size_t len = line->len;

    while (fields->key && put_field(line, fields)) {
        fields++;
        len = line->len;
    }
    line->len = len;
    return fields->key != NULL;
}

static bool is_json(void)
{
    int format = atomic_load_explicit(&chosen_format, memory_order_relaxed);

    return format == LOG_JSON || (format == LOG_AUTO && !isatty(STDERR_FILENO));
}

static void begin(struct line *line, enum log_level level, bool json)
{
    line->json = json;
    line->len = 0;
    put_priority(line, level);
    put_time(line);
    line->head = line->len;
}

static void write_out(const struct line *line)
{
    while (write(STDERR_FILENO, line->at, line->len) < 0 && errno == EINTR)
        ;
}

/* Its span is over, or its place is needed. */
static void tell_count(struct log_repeat *r)
{
    const struct log_field count = LOG_NUMBER("repeated", r->count);
    struct line line;

    if (r->count == 0)
        return;
    begin(&line, (enum log_level)r->level, r->json);
    (void)put(&line, r->text, r->len);
    (void)put_field(&line, &count);
    put_end(&line, false);
    write_out(&line);
    r->count = 0;
}

/* One that goes on is written once a span; the others are forgotten. */
static void settle(int64_t now_ms, int64_t over_ms)
{
    struct log_repeat *r;

    while ((r = log_repeats_over(&lately, over_ms))) {
        bool goes_on = r->count > 0 && over_ms == now_ms;

        tell_count(r);
        r->until_ms = now_ms + LOG_SPAN_MS;
        if (!goes_on)
            r->id = 0;
    }
}

void log_settle(bool all)
{
    int saved_errno = errno;
    int64_t now_ms = clock_mono_ms();

    pthread_mutex_lock(&lately_lock);
    settle(now_ms, all ? INT64_MAX : now_ms);
    pthread_mutex_unlock(&lately_lock);
    errno = saved_errno;
}

static void keep(const struct line *line, enum log_level level, uint64_t id,
                 int64_t now_ms)
{
    struct log_repeat *r = log_repeats_place(&lately);
    size_t len = line->len - line->head;

    tell_count(r);
    if (len > sizeof r->text)
        len = line->brief - line->head;
    if (len > sizeof r->text)
        len = 0;
    r->id = id;
    r->until_ms = now_ms + LOG_SPAN_MS;
    r->level = (int)level;
    r->json = line->json;
    r->len = len;
    memcpy(r->text, line->at + line->head, len);
}

/* True when the same was written lately. */
static bool is_repeated(const struct line *line, enum log_level level)
{
    int64_t now_ms = clock_mono_ms();
    uint64_t id = log_repeat_id(line->at + line->head, line->len - line->head);
    bool repeated;

    if (level == LOG_DEBUG)
        return false;
    pthread_mutex_lock(&lately_lock);
    settle(now_ms, now_ms);
    repeated = log_repeats_count(&lately, id, now_ms);
    if (!repeated)
        keep(line, level, id, now_ms);
    pthread_mutex_unlock(&lately_lock);
    return repeated;
}

void log_event(enum log_level level, const char *message,
               const struct log_field *fields)
{
    const struct log_field head[] = {LOG_TEXT("level", level_names[level]),
                                     LOG_TEXT("msg", message)};
    int saved_errno = errno;
    struct line line;
    bool cut;

    if ((int)level < atomic_load_explicit(&least_level, memory_order_relaxed))
        return;
    begin(&line, level, is_json());
    (void)put_field(&line, &head[0]);
    (void)put_field(&line, &head[1]);
    line.brief = line.len;
    cut = put_fields(&line, fields);
    if (!is_repeated(&line, level)) {
        put_end(&line, cut);
        write_out(&line);
    }
    errno = saved_errno;
}

void log_set_level(enum log_level level)
{
    atomic_store_explicit(&least_level, (int)level, memory_order_relaxed);
}

void log_set_format(enum log_format format)
{
    atomic_store_explicit(&chosen_format, (int)format, memory_order_relaxed);
}

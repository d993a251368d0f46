#include "link/reply.h"

#include <hiredis/hiredis.h>

#include <stdio.h>
#include <string.h>

static const redisReply *inside(const struct reply *r)
{
    return (const redisReply *)r;
}

enum reply_kind reply_kind(const struct reply *r)
{
    if (!r)
        return REPLY_NIL;
    switch (inside(r)->type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
        return REPLY_TEXT;
    case REDIS_REPLY_INTEGER:
        return REPLY_NUMBER;
    case REDIS_REPLY_ARRAY:
        return REPLY_LIST;
    case REDIS_REPLY_ERROR:
        return REPLY_ERROR;
    default:
        return REPLY_NIL;
    }
}

/* An error's first word, and what it asks of us. */
static const struct {
    const char *word;
    enum reply_fault fault;
} faults[] = {
    {"LEASE", FAULT_LEASE},    {"OOM", FAULT_MEMORY},
    {"LOADING", FAULT_AWAY},   {"MASTERDOWN", FAULT_AWAY},
    {"UNBLOCKED", FAULT_AWAY}, {"CLUSTERDOWN", FAULT_AWAY},
    {"MISCONF", FAULT_AWAY},   {"NOREPLICAS", FAULT_AWAY},
    {"BUSY", FAULT_AWAY},      {"TRYAGAIN", FAULT_AWAY},
    {"MOVED", FAULT_AWAY},     {"ASK", FAULT_AWAY},
    {"NOAUTH", FAULT_DENIED},  {"WRONGPASS", FAULT_DENIED},
    {"NOPERM", FAULT_DENIED},  {"DENIED", FAULT_DENIED},
};

/* What has no word of its own, or loses it behind a proxy's "ERR ". */
static const struct {
    const char *part;
    enum reply_fault fault;
} marks[] = {
    {"Function not found", FAULT_NO_FUNCTION},
    {"READONLY", FAULT_AWAY},
    {"max number of clients", FAULT_AWAY},
};

static bool has(struct span text, const char *part)
{
    return memmem(text.at, text.len, part, strlen(part));
}

static enum reply_fault fault_of(struct span text)
{
    struct span rest = text;
    struct span word = span_cut(&rest, ' ');

    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++) {
        if (span_is(word, faults[i].word))
            return faults[i].fault;
    }
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        if (has(text, marks[i].part))
            return marks[i].fault;
    }
    return FAULT_OTHER;
}

enum reply_fault reply_fault(const struct reply *r)
{
    if (reply_kind(r) != REPLY_ERROR)
        return FAULT_NONE;
    return fault_of(reply_span(r));
}

struct span reply_span(const struct reply *r)
{
    enum reply_kind kind = reply_kind(r);

    if (kind != REPLY_TEXT && kind != REPLY_ERROR)
        return (struct span){"", 0};
    return (struct span){inside(r)->str, (size_t)inside(r)->len};
}

/* What an operator can do about an error. Inside a function a missing right is
 * no NOPERM. */
static const struct {
    const char *part, *advice;
} advices[] = {
    {"NOPERM",
     "give this user the rights of extq-service in deploy/redis/users.acl"},
    {"user executing the script can't",
     "give this user the rights of extq-service in deploy/redis/users.acl"},
    {"ACL failure in script", /* as Redis 8 has it */
     "give this user the rights of extq-service in deploy/redis/users.acl"},
    {"NOAUTH", "name the user in redis.url and the file with its password in "
               "redis.password_file"},
    {"WRONGPASS", "mend the user in redis.url or redis.password_file"},
    {"cluster support disabled", "it is no Redis Cluster: name the server as "
                                 "redis:// in redis.url"},
    {"unknown command 'SENTINEL'", "it is no Sentinel: name the server as "
                                   "redis:// in redis.url"},
    {"unknown command", "extq needs Redis 7.0 or newer, with FCALL under its "
                        "own name and nothing between that forbids it"},
};

void reply_explain(const struct reply *r, char *dst, size_t size)
{
    struct span text = reply_span(r);
    const char *advice = "", *args;

    args = memmem(text.at, text.len, ", with args", 11);
    if (args)
        text.len = (size_t)(args - text.at);
    for (size_t i = 0; i < sizeof advices / sizeof *advices && !*advice; i++)
        if (has(text, advices[i].part))
            advice = advices[i].advice;
    (void)snprintf(dst, size, "%.*s%s%s", text.len < 200 ? (int)text.len : 200,
                   text.at, *advice ? ": " : "", advice);
}

bool reply_is_of_replica(const struct reply *r)
{
    struct span text = reply_span(r);

    return reply_kind(r) == REPLY_ERROR &&
           (has(text, "READONLY") || has(text, "MASTERDOWN") ||
            has(text, "CLUSTERDOWN"));
}

bool reply_is_moved(const struct reply *r)
{
    struct span text = reply_span(r);

    return reply_kind(r) == REPLY_ERROR &&
           span_is(span_cut(&text, ' '), "MOVED");
}

static int64_t signed_number(struct span s)
{
    bool minus = s.len > 0 && s.at[0] == '-';
    uint64_t n;

    if (minus)
        s = (struct span){s.at + 1, s.len - 1};
    if (!span_number(s, &n) || n > INT64_MAX)
        return 0;
    return minus ? -(int64_t)n : (int64_t)n;
}

int64_t reply_number(const struct reply *r)
{
    if (reply_kind(r) == REPLY_NUMBER)
        return inside(r)->integer;
    if (reply_kind(r) == REPLY_TEXT)
        return signed_number(reply_span(r));
    return 0;
}

size_t reply_count(const struct reply *r)
{
    return reply_kind(r) == REPLY_LIST ? inside(r)->elements : 0;
}

const struct reply *reply_at(const struct reply *r, size_t i)
{
    if (i >= reply_count(r))
        return NULL;
    return (const struct reply *)inside(r)->element[i];
}

static bool says(const struct reply *hello, const char *name, const char *value)
{
    for (size_t i = 0; i + 1 < reply_count(hello); i += 2)
        if (span_is(reply_span(reply_at(hello, i)), name))
            return span_is(reply_span(reply_at(hello, i + 1)), value);
    return false;
}

bool reply_is_primary(const struct reply *hello)
{
    return says(hello, "role", "master");
}

bool reply_is_node(const struct reply *hello)
{
    return says(hello, "mode", "cluster");
}

#define TEXT_OF(x)  TEXT_OF_(x)
#define TEXT_OF_(x) #x

const char *reply_hiredis_version(void)
{
    return TEXT_OF(HIREDIS_MAJOR) "." TEXT_OF(HIREDIS_MINOR) "." TEXT_OF(
        HIREDIS_PATCH);
}

#include "stages/decide_answer.h"

#include "base/json.h"

#include <string.h>

#define GUARD "extensibility point"

struct object {
    struct json_member members[JSON_MEMBERS_MAX];
    size_t count;
};

static bool read_object(struct span text, struct object *ret)
{
    struct json_flaw flaw;

    return json_object(text, ret->members, &ret->count, &flaw) == ERR_OK;
}

static const struct json_value *find(const struct object *o, const char *name)
{
    const struct json_member *m = json_find(o->members, o->count, name);

    return m ? &m->value : NULL;
}

/* The messages to match hold nothing that is ever escaped. */
static bool starts(const struct json_value *v, const char *text)
{
    size_t len = strlen(text);

    return v && v->kind == JSON_STRING && v->raw.len >= len + 2 &&
           memcmp(v->raw.at + 1, text, len) == 0;
}

static bool equals(const struct json_value *v, const char *text)
{
    return starts(v, text) && v->raw.len == strlen(text) + 2;
}

static bool is_guard(const struct json_value *message)
{
    return equals(message, "Unauthorized " GUARD) ||
           equals(message, "Unauthenticated " GUARD);
}

static bool is_unauthorized(const struct object *o, int status)
{
    const struct json_value *message = find(o, "message");

    if (is_guard(message))
        return true;
    /* Compilers before 5 and before 4. */
    if (status == 401)
        return equals(find(o, "code"), "unauthorized");
    return status == 400 && equals(message, "Not authorized");
}

static bool read_data(const struct object *o, struct object *ret)
{
    const struct json_value *data = find(o, "data");

    return data && data->kind == JSON_OBJECT && read_object(data->raw, ret);
}

enum answer decide_read_error(struct span body, int status)
{
    struct object o, data;

    if (!read_object(body, &o))
        return ANSWER_NOTHING;
    if (is_unauthorized(&o, status) ||
        (read_data(&o, &data) && is_guard(find(&data, "message"))))
        return ANSWER_UNAUTHORIZED;
    if (starts(find(&o, "error"),
               "Script generated an unhandled asynchronous exception") ||
        starts(find(&o, "message"), "Blocked event loop"))
        return ANSWER_ASYNC_CRASH;
    if (starts(find(&o, "error"),
               "Script generated an unhandled synchronous exception"))
        return ANSWER_SYNC_CRASH;
    return ANSWER_NOTHING;
}

static int read_status(const struct json_value *v)
{
    uint64_t status;

    if (!v || v->kind != JSON_NUMBER || !span_number(v->raw, &status) ||
        status < 400 || status > 599)
        return 0;
    return (int)status;
}

struct envelope decide_read_envelope(struct span body)
{
    struct envelope e = {0};
    struct object o, data;

    if (!read_object(body, &o) || !equals(find(&o, "status"), "error"))
        return e;
    e.is_error = true;
    if (!read_data(&o, &data))
        return e;
    e.is_unauthorized = is_guard(find(&data, "message"));
    e.status = read_status(find(&data, "statusCode"));
    return e;
}

bool decide_skips_envelope(struct span body)
{
    return body.len == 0 ||
           !memmem(body.at, body.len, GUARD, sizeof(GUARD) - 1);
}

bool decide_is_json(struct span body)
{
    struct json_value value;
    struct json_flaw flaw;

    return body.len == 0 || json_check(body, &value, &flaw) == ERR_OK;
}

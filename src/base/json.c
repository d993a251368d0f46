#include "base/json.h"

#include "base/json_scan.h"
#include "base/json_text.h"

struct reader {
    struct json_scan scan;
    int depth;                   /* of the arrays and objects that are open */
    struct json_member *members; /* for the outermost object's, or NULL */
    size_t count;
};

struct key {
    uint64_t hash;
    struct span text;
};

static bool read_value(struct reader *r, struct json_value *ret);

static bool fail(struct reader *r, const char *what)
{
    return json_scan_fail(&r->scan, r->scan.at, what);
}

/* Takes the byte and the white space behind it. */
static bool take(struct reader *r, char c)
{
    if (!json_scan_skip(&r->scan, c))
        return false;
    json_scan_space(&r->scan);
    return true;
}

/* Takes the opening bracket. */
static bool descend(struct reader *r)
{
    if (r->depth == JSON_DEPTH_MAX)
        return fail(r, "nested too deeply");
    r->depth++;
    r->scan.at++;
    json_scan_space(&r->scan);
    return true;
}

/* Takes the closing bracket and nothing behind it: the value ends here. */
static bool ascend(struct reader *r, char bracket, const char *expected)
{
    r->depth--;
    return json_scan_skip(&r->scan, bracket) || fail(r, expected);
}

static bool read_array(struct reader *r)
{
    struct json_value value;

    if (!descend(r))
        return false;
    if (json_scan_peek(&r->scan) != ']') {
        do {
            if (!read_value(r, &value))
                return false;
            json_scan_space(&r->scan);
        } while (take(r, ','));
    }
    return ascend(r, ']', "expected , or ]");
}

/* Adds the key to the count keys in front of it, unless one is the same. */
static bool add_key(struct key *keys, size_t count, struct span text)
{
    uint64_t hash = json_text_hash(text);

    for (size_t i = 0; i < count; i++)
        if (keys[i].hash == hash && json_text_same(keys[i].text, text))
            return false;
    keys[count] = (struct key){hash, text};
    return true;
}

static bool read_key(struct reader *r, struct key *keys, size_t count,
                     struct span *ret)
{
    const char *quote = r->scan.at;

    if (json_scan_peek(&r->scan) != '"')
        return fail(r, "expected a key in quotes");
    if (!json_scan_string(&r->scan))
        return false;
    *ret = (struct span){quote + 1, (size_t)(r->scan.at - quote) - 2};
    if (!r->scan.opaque && count < JSON_MEMBERS_MAX &&
        !add_key(keys, count, *ret))
        return json_scan_fail(&r->scan, quote, "duplicate key");
    json_scan_space(&r->scan);
    return true;
}

/* A value of the outermost object is passed on, not understood. */
static bool read_member_value(struct reader *r, struct json_value *ret)
{
    bool opaque = r->scan.opaque;
    bool good;

    r->scan.opaque = opaque || r->members;
    good = read_value(r, ret);
    r->scan.opaque = opaque;
    return good;
}

static bool read_member(struct reader *r, struct key *keys, size_t count)
{
    struct json_member member;

    if (!read_key(r, keys, count, &member.key))
        return false;
    if (!take(r, ':'))
        return fail(r, "expected :");
    if (!read_member_value(r, &member.value))
        return false;
    json_scan_space(&r->scan);
    if (r->depth > 1 || !r->members)
        return true;
    if (r->count < JSON_MEMBERS_MAX)
        r->members[r->count] = member;
    r->count++;
    return true;
}

static bool read_object(struct reader *r)
{
    struct key keys[JSON_MEMBERS_MAX];
    size_t count = 0;

    if (!descend(r))
        return false;
    if (json_scan_peek(&r->scan) != '}') {
        do {
            if (!read_member(r, keys, count++))
                return false;
        } while (take(r, ','));
    }
    return ascend(r, '}', "expected , or }");
}

static bool read_by_kind(struct reader *r, enum json_kind *ret)
{
    char c = json_scan_peek(&r->scan);

    switch (c) {
    case '{':
        *ret = JSON_OBJECT;
        return read_object(r);
    case '[':
        *ret = JSON_ARRAY;
        return read_array(r);
    case '"':
        *ret = JSON_STRING;
        return json_scan_string(&r->scan);
    case 't':
    case 'f':
        *ret = JSON_BOOL;
        return json_scan_word(&r->scan, c == 't' ? "true" : "false");
    case 'n':
        *ret = JSON_NULL;
        return json_scan_word(&r->scan, "null");
    default:
        *ret = JSON_NUMBER;
        if (c != '-' && (c < '0' || c > '9'))
            return fail(r, "expected a value");
        return json_scan_number(&r->scan);
    }
}

static bool read_value(struct reader *r, struct json_value *ret)
{
    const char *start = r->scan.at;

    if (!read_by_kind(r, &ret->kind))
        return false;
    ret->raw = (struct span){start, (size_t)(r->scan.at - start)};
    return true;
}

static bool read_text(struct reader *r, struct json_value *ret)
{
    json_scan_space(&r->scan);
    if (!read_value(r, ret))
        return false;
    json_scan_space(&r->scan);
    return r->scan.at == r->scan.end || fail(r, "text behind the value");
}

static struct reader reader_make(struct span text, struct json_flaw *flaw)
{
    /* An empty span may be a null pointer, which arithmetic is not for. */
    const char *start = text.at ? text.at : "";

    return (struct reader){
        .scan = {start, start, start + text.len, flaw, false},
    };
}

enum err json_check(struct span text, struct json_value *ret,
                    struct json_flaw *ret_flaw)
{
    struct reader r = reader_make(text, ret_flaw);

    return read_text(&r, ret) ? ERR_OK : ERR_SYNTAX;
}

enum err json_object(struct span text, struct json_member *ret_members,
                     size_t *ret_count, struct json_flaw *ret_flaw)
{
    struct reader r = reader_make(text, ret_flaw);
    struct json_value value;
    bool good;

    r.members = ret_members;
    good = read_text(&r, &value);
    *ret_count = r.count;
    if (good && value.kind != JSON_OBJECT)
        good = json_scan_fail(&r.scan, value.raw.at, "expected an object");
    return good ? ERR_OK : ERR_SYNTAX;
}

const struct json_member *json_find(const struct json_member *members,
                                    size_t count, const char *name)
{
    struct span wanted = span_of(name);

    for (size_t i = 0; i < count && i < JSON_MEMBERS_MAX; i++)
        if (json_text_same(members[i].key, wanted))
            return &members[i];
    return NULL;
}

/* The strict reader of JSON: what it accepts as a whole, the object reader and
 * cJSON accept as well; and what it quotes, it reads back. */
#include "base/json.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"
#include "link/discovery_backend.h"

#include <string.h>

static bool is_plain(struct span s)
{
    size_t len = 0;

    for (size_t i = 0; i < s.len; i += len) {
        len = s.at[i] ? utf8_len(s.at + i, s.len - i) : 0;
        if (len == 0)
            return false;
    }
    return true;
}

static void check_quoting(struct span input)
{
    struct buf quoted = buf_make(6 * input.len + 2);
    struct buf back = buf_make(3 * input.len);
    struct json_value value;
    struct json_flaw flaw;
    enum err e;

    check(!json_quote(&quoted, input));
    e = json_check(buf_span(&quoted), &value, &flaw);
    check(!e || memchr(input.at, '\0', input.len));
    if (!e) {
        check(value.kind == JSON_STRING);
        check(!json_decode(value, &back));
        check(!is_plain(input) || fuzz_same(buf_span(&back), input));
    }
    buf_clear(&quoted);
    buf_clear(&back);
}

static void check_members(struct span input, const struct json_member *members,
                          size_t count)
{
    struct json_value value;
    struct json_flaw flaw;

    for (size_t i = 0; i < count && i < JSON_MEMBERS_MAX; i++) {
        check(fuzz_is_inside(members[i].key, input));
        check(fuzz_is_inside(members[i].value.raw, input));
        if (json_check(members[i].value.raw, &value, &flaw) == ERR_OK)
            check(value.kind == members[i].value.kind &&
                  fuzz_same(value.raw, members[i].value.raw));
    }
}

static void check_tree(struct span input)
{
    struct why why = {""};
    struct cJSON *tree = answer_open(input, &why);

    check(tree);
    answer_close(&tree);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct span input = fuzz_span(bytes, len);
    struct json_member members[JSON_MEMBERS_MAX];
    struct json_value value;
    struct json_flaw flaw;
    size_t count = 0;
    enum err whole = json_check(input, &value, &flaw);
    enum err object;

    if (whole == ERR_OK) {
        check(fuzz_is_inside(value.raw, input));
        check_tree(input);
    } else {
        check(whole == ERR_SYNTAX && flaw.offset <= len && flaw.what[0]);
    }
    object = json_object(input, members, &count, &flaw);
    if (object == ERR_OK)
        check_members(input, members, count);
    else
        check(object == ERR_SYNTAX && flaw.offset <= len);
    check(whole || value.kind != JSON_OBJECT || object == ERR_OK);
    check_quoting(input);
    return 0;
}

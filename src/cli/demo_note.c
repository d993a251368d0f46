#include "cli/demo_note.h"

#include "base/clean.h"
#include "base/json.h"

#include <stdio.h>

enum { WORD_MAX = 100 };

/* A member's text, or the number as it is written; false when absent. */
static bool read_word(const struct json_member *members, size_t count,
                      const char *name, char dst[WORD_MAX])
{
    const struct json_member *m = json_find(members, count, name);
    struct buf text = buf_make(4096);
    bool found = false;

    if (m && m->value.kind == JSON_NUMBER) {
        found = clean_text(m->value.raw, dst, WORD_MAX) > 0;
    } else if (m && m->value.kind == JSON_STRING) {
        found = !json_decode(m->value, &text) &&
                clean_text(buf_span(&text), dst, WORD_MAX) > 0;
    }
    buf_clear(&text);
    return found;
}

static bool write_deal(struct span deal, char *dst, size_t size)
{
    struct json_member m[JSON_MEMBERS_MAX];
    char name[WORD_MAX], amount[WORD_MAX], currency[WORD_MAX], owner[WORD_MAX];
    struct json_flaw flaw;
    size_t n;

    if (json_object(deal, m, &n, &flaw) || !read_word(m, n, "name", name) ||
        !read_word(m, n, "amount", amount) ||
        !read_word(m, n, "currency", currency) ||
        !read_word(m, n, "owner", owner))
        return false;
    (void)snprintf(dst, size, "%s, %s %s, won by %s", name, amount, currency,
                   owner);
    return true;
}

/* Users push what they like once the demo stays: nothing is taken for
 * granted. */
void demo_note_write(struct span payload, char *dst, size_t size)
{
    struct json_member m[JSON_MEMBERS_MAX];
    const struct json_member *deal = NULL;
    struct json_flaw flaw;
    size_t n;

    if (!json_object(payload, m, &n, &flaw))
        deal = json_find(m, n, "deal");
    if (!deal || !write_deal(deal->value.raw, dst, size))
        (void)clean_text(payload, dst, size);
}

/* The shared discovery cache: entries that anybody with Redis may have written,
 * plain and sealed. The first eight bytes are dice. */
#include "fuzz/fuzz.h"
#include "stages/resolve_body.h"

#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 64 << 10 };

static const struct extension_key key = {"acme", "on-new-lead"};

static struct seal seal_of(const char *text)
{
    struct seal seal = {.count = 0};

    check(!seal_add_key(&seal, span_of(text)));
    return seal;
}

static struct body_place place_of(const struct seal *seal)
{
    return (struct body_place){.seal = seal,
                               .prefix = "extq",
                               .key = &key,
                               .stamp = span_of("1700000000000-5")};
}

static bool same(const struct extension *a, const struct extension *b)
{
    return (a == NULL) == (b == NULL) &&
           (!a || (strcmp(a->url, b->url) == 0 &&
                   (a->secret == NULL) == (b->secret == NULL) &&
                   (!a->secret || strcmp(a->secret, b->secret) == 0) &&
                   a->envelope == b->envelope));
}

static void check_changed(const struct body_place *place, struct buf *body,
                          uint64_t dice)
{
    struct extension *x = NULL;

    body->at[dice % body->len] ^= (char)(1 << (dice >> 32) % 8);
    check(body_read(place, buf_span(body), &x) == ERR_SYNTAX);
}

static void check_again(const struct extension *x, const struct seal *seal,
                        uint64_t dice)
{
    struct body_place place = place_of(seal), other;
    struct extension *again = NULL;
    struct buf body = buf_make(BODY_MAX);

    check(!body_write(&place, x, &body));
    check(!body_read(&place, buf_span(&body), &again));
    check(same(x, again));
    extension_drop(&again);
    if (seal) {
        other = place;
        other.stamp = span_of("1700000000000-6");
        check(body_read(&other, buf_span(&body), &again) == ERR_SYNTAX);
        check_changed(&place, &body, dice);
    }
    buf_clear(&body);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct span input = fuzz_span(bytes, len);
    uint64_t dice = fuzz_number(&input);
    struct seal seal = seal_of("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=");
    struct body_place plain = place_of(NULL), sealed = place_of(&seal);
    struct extension *x = NULL;

    /* Nobody seals by chance. */
    check(body_read(&sealed, input, &x) == ERR_SYNTAX);
    if (body_read(&plain, input, &x) == ERR_OK) {
        check_again(x, NULL, dice);
        check_again(x, &seal, dice);
    }
    extension_drop(&x);
    return 0;
}

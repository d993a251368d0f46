/* What receivers answer, on its way to people: cleaned, and judged. The first
 * eight bytes are dice. */
#include "base/clean.h"
#include "fuzz/fuzz.h"
#include "stages/decide_answer.h"

#include <stdlib.h>
#include <string.h>

static char *clean(struct span text, size_t size, size_t *ret_len)
{
    char *dst = malloc(size);

    check(dst);
    *ret_len = clean_text(text, dst, size);
    check(*ret_len < size && strlen(dst) == *ret_len);
    check(fuzz_is_shown(dst));
    return dst;
}

static void check_clean(struct span input, uint64_t dice)
{
    size_t size = 1 + (size_t)(dice % (input.len + 2)), len, whole_len, len2;
    char *cut = clean(input, size, &len);
    char *whole = clean(input, input.len + 1, &whole_len);
    char *twice = clean((struct span){whole, whole_len}, whole_len + 1, &len2);

    /* Once is enough, and cutting changes nothing in front of the cut. */
    check(len2 == whole_len && memcmp(whole, twice, len2) == 0);
    check(len <= whole_len && memcmp(cut, whole, len) == 0);
    check(len == whole_len || len + 4 >= size);
    free(cut);
    free(whole);
    free(twice);
}

static void check_answers(struct span body, uint64_t dice)
{
    struct envelope e = decide_read_envelope(body);

    check(e.status == 0 || (e.status >= 400 && e.status <= 599));
    check(e.is_error || (!e.is_unauthorized && e.status == 0));
    check(!e.is_unauthorized || !decide_skips_envelope(body));
    check(!e.is_error || decide_is_json(body) || body.len > 0);
    check(decide_read_error(body, 400 + (int)(dice % 200)) <=
          ANSWER_SYNC_CRASH);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct span input = fuzz_span(bytes, len);
    uint64_t dice = fuzz_number(&input);

    check_clean(input, dice);
    check_answers(input, dice);
    return 0;
}

/* Strings are read several bytes at a time: whatever a byte is and wherever it
 * stands, it means the same. */
#include "base/json.h"

#include "support/main.h"

#include <string.h>

enum { LEN = 20 }; /* of the strings, over two words long */

/* Quotes around x's, with one other byte among them. */
static struct span string_with(unsigned char byte, size_t place,
                               char text[LEN + 2])
{
    memset(text, 'x', LEN + 2);
    text[0] = text[LEN + 1] = '"';
    text[1 + place] = (char)byte;
    return (struct span){text, LEN + 2};
}

static const char *flaw_of(unsigned char byte)
{
    if (byte < 0x20)
        return "control character in a string";
    if (byte >= 0x80)
        return "invalid UTF-8";
    if (byte == '"')
        return "text behind the value";
    return byte == '\\' ? "unknown escape" : NULL;
}

static void check_byte(unsigned char byte, size_t place)
{
    const char *expected = flaw_of(byte);
    char text[LEN + 2];
    struct json_value value;
    struct json_flaw flaw = {0, ""};
    enum err e = json_check(string_with(byte, place, text), &value, &flaw);

    ck_assert_int_eq(e, expected ? ERR_SYNTAX : ERR_OK);
    ck_assert_str_eq(flaw.what, expected ? expected : "");
    if (expected)
        ck_assert_uint_eq(flaw.offset,
                          1 + place + (byte == '"' || byte == '\\'));
}

START_TEST(a_byte_means_the_same_wherever_it_stands)
{
    for (size_t place = 0; place + 1 < LEN; place++)
        for (unsigned byte = 0; byte < 256; byte++)
            check_byte((unsigned char)byte, place);
}
END_TEST

START_TEST(a_byte_means_the_same_behind_another_that_is_not_plain)
{
    static const char pairs[][3] = {"\x1f ", "\x1f!", "\"\"",    "\"#",
                                    "\\]",   "\\\\",  "\x80\x7f"};
    struct json_value value;
    struct json_flaw flaw;
    char text[LEN + 2];

    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        for (size_t place = 0; place + 2 < LEN; place++) {
            struct span s = string_with('x', 0, text);

            memcpy(text + 1 + place, pairs[i], 2);
            ck_assert_int_eq(json_check(s, &value, &flaw),
                             strcmp(pairs[i], "\\\\") ? ERR_SYNTAX : ERR_OK);
        }
}
END_TEST

int main(void)
{
    return run_tests("json_scan", 10, a_byte_means_the_same_wherever_it_stands,
                     a_byte_means_the_same_behind_another_that_is_not_plain);
}

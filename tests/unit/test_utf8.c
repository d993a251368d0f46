/* UTF-8, measured against every code point there is. */
#include "base/utf8.h"

#include "support/main.h"
#include "support/table.h"

START_TEST(every_code_point_but_surrogates_survives_a_round_trip)
{
    char bytes[4];

    for (uint32_t point = 0; point <= 0x10ffff; point++) {
        size_t len = utf8_put(point, bytes);
        bool surrogate = point >= 0xd800 && point <= 0xdfff;

        ck_assert_uint_eq(utf8_len(bytes, len), surrogate ? 0 : len);
        if (!surrogate)
            ck_assert_uint_eq(utf8_point(bytes, len), point);
    }
}
END_TEST

START_TEST(exactly_the_defined_characters_are_well_formed)
{
    uint32_t count = 0;
    char bytes[4] = {0};

    for (uint32_t lead = 0; lead < 256; lead++)
        for (uint32_t tails = 0; tails < 1u << 18;
             tails += lead < 0xf0 ? 61 : 1) {
            bytes[0] = (char)lead;
            bytes[1] = (char)(0x80 | tails >> 12);
            bytes[2] = (char)(0x80 | (tails >> 6 & 0x3f));
            bytes[3] = (char)(0x80 | (tails & 0x3f));
            count += utf8_len(bytes, 4) == 4;
        }
    ck_assert_uint_eq(count, 0x110000 - 0x10000);
}
END_TEST

START_TEST(a_character_that_the_end_cuts_is_not_well_formed)
{
    struct span whole = BYTES("\xf0\x9f\x98\x80");

    for (size_t left = 1; left < whole.len; left++) {
        struct span cut = exact_copy((struct span){whole.at, left});

        ck_assert_uint_eq(utf8_len(cut.at, left), 0);
        exact_free(cut);
    }
    ck_assert_uint_eq(utf8_len(whole.at, 5), 4);
}
END_TEST

static const struct {
    uint32_t first, last;
    bool control;
} ranges[] = {
    {0x00, 0x1f, true},      {0x20, 0x7e, false},     {0x7f, 0x9f, true},
    {0xa0, 0x61b, false},    {0x61c, 0x61c, true},    {0x61d, 0x200d, false},
    {0x200e, 0x200f, true},  {0x2010, 0x2027, false}, {0x2028, 0x202e, true},
    {0x202f, 0x2065, false}, {0x2066, 0x2069, true},  {0x206a, 0x10ffff, false},
};

START_TEST(what_can_garble_a_terminal_is_a_control)
{
    for (uint32_t c = ranges[_i].first; c <= ranges[_i].last; c++)
        ck_assert_msg(utf8_is_control(c) == ranges[_i].control, "U+%04X", c);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("utf8");
    TCase *tests = tcase_create("utf8");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests,
                   every_code_point_but_surrogates_survives_a_round_trip);
    tcase_add_test(tests, exactly_the_defined_characters_are_well_formed);
    tcase_add_test(tests, a_character_that_the_end_cuts_is_not_well_formed);
    tcase_add_loop_test(tests, what_can_garble_a_terminal_is_a_control, 0,
                        ROWS(ranges));
    return run_suite(suite);
}

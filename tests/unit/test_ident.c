/* Which bytes a name, an id, a queue and a secret may hold. */
#include "base/ident.h"

#include "support/main.h"
#include "support/table.h"

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define PUNCT "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"

static const struct {
    bool (*is_good)(struct span s);
    const char *allowed;
    size_t max;
} kinds[] = {
    {ident_is_name, ALNUM "._~-", 128},
    {ident_is_id, ALNUM "_:-", 128},
    {ident_is_queue, ALNUM "._-", 64},
    {ident_is_secret, ALNUM PUNCT, 4096},
};

START_TEST(exactly_the_allowed_bytes_are_accepted)
{
    for (int c = 0; c < 256; c++) {
        bool want = c != 0 && strchr(kinds[_i].allowed, c);
        char one = (char)c;
        char last[] = {'a', 'b', one};

        ck_assert_msg(kinds[_i].is_good((struct span){&one, 1}) == want,
                      "byte %d alone", c);
        ck_assert_msg(kinds[_i].is_good((struct span){last, 3}) == want,
                      "byte %d at the end", c);
    }
}
END_TEST

START_TEST(lengths_end_at_their_bound)
{
    char text[4097];
    size_t max = kinds[_i].max;

    memset(text, 'a', sizeof text);
    ck_assert(!kinds[_i].is_good((struct span){text, 0}));
    ck_assert(!kinds[_i].is_good((struct span){NULL, 0}));
    ck_assert(kinds[_i].is_good((struct span){text, 1}));
    ck_assert(kinds[_i].is_good((struct span){text, max}));
    ck_assert(!kinds[_i].is_good((struct span){text, max + 1}));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ident");
    TCase *tests = tcase_create("ident");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, exactly_the_allowed_bytes_are_accepted, 0,
                        ROWS(kinds));
    tcase_add_loop_test(tests, lengths_end_at_their_bound, 0, ROWS(kinds));
    return run_suite(suite);
}

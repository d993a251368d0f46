/* How far apart words are, for suggestions. */
#include "base/distance.h"
#include "support/main.h"
#include "support/table.h"

#include <stdint.h>
#include <string.h>

static const struct {
    const char *a, *b;
    size_t far;
} words[] = {
    {"", "", 0},
    {"url", "url", 0},
    {"", "url", 3},
    {"url", "", 3},
    {"ur", "url", 1},
    {"urrl", "url", 1},
    {"uri", "url", 1},
    {"ulr", "url", 1},
    {"lru", "url", 2},
    {"timeuot", "timeout", 1},
    {"itmeuot", "timeout", 2},
    {"kitten", "sitting", 3},
    {"queue", "points", 6},
};

START_TEST(each_step_from_word_to_word_counts)
{
    ck_assert_uint_eq(distance_of(words[_i].a, words[_i].b), words[_i].far);
    ck_assert_uint_eq(distance_of(words[_i].b, words[_i].a), words[_i].far);
}
END_TEST

START_TEST(what_is_too_long_is_far_from_everything)
{
    char word[257];

    memset(word, 'a', sizeof word);
    word[255] = '\0';
    ck_assert_uint_eq(distance_of(word, "a"), 254);
    word[255] = 'a';
    word[256] = '\0';
    ck_assert_uint_eq(distance_of(word, "a"), SIZE_MAX);
    ck_assert_uint_eq(distance_of("a", word), SIZE_MAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("base.distance");
    TCase *t = tcase_create("distance");

    suite_add_tcase(s, t);
    tcase_add_loop_test(t, each_step_from_word_to_word_counts, 0, ROWS(words));
    tcase_add_test(t, what_is_too_long_is_far_from_everything);
    return run_suite(s);
}

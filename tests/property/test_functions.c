/* functions [--seed N] [--commands N]: random plays until so many commands were
 * played. One whose states differ is shrunk to the fewest commands that still
 * make them differ, and shown. */
#include "property/player.h"

#include "base/rand.h"
#include "support/main.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_S = 36000 };

struct script {
    struct move moves[STEPS_MAX];
    size_t count;
};

static uint64_t seed = 1;
static size_t commands = 10000;

static void write_script(struct script *s, uint64_t number)
{
    uint64_t dice = number;

    s->count = STEPS_MAX;
    for (size_t i = 0; i < s->count; i++)
        for (size_t n = 0; n < DICE; n++)
            s->moves[i].dice[n] = rand_u32(&dice);
}

/* Plays it, aloud if wanted; how many commands went well. */
static size_t play(struct real *real, const struct script *s, bool aloud)
{
    char *is = NULL, *should = NULL;
    struct play p;
    size_t i = 0;

    play_open(&p, real);
    for (bool same = true; same && i < s->count; i += same) {
        same = play_move(&p, &s->moves[i], &is, &should);
        if (aloud)
            printf("%3zu %s\n", i, p.said);
    }
    if (aloud && is)
        printf("Redis has\n%s\nand should have\n%s\n", is, should);
    free(is);
    free(should);
    play_close(&p);
    return i;
}

/* The script without some of its commands. */
static struct script without(const struct script *s, size_t from, size_t count)
{
    struct script less = {.count = s->count - count};

    memcpy(less.moves, s->moves, from * sizeof *s->moves);
    memcpy(less.moves + from, s->moves + from + count,
           (less.count - from) * sizeof *s->moves);
    return less;
}

static void shrink(struct real *real, struct script *s)
{
    for (size_t part = s->count / 2; part > 0; part /= 2)
        for (size_t from = 0; from + part <= s->count;) {
            struct script less = without(s, from, part);
            size_t good = play(real, &less, false);

            if (good == less.count) {
                from += part;
                continue;
            }
            less.count = good + 1;
            *s = less;
        }
}

static void judge(struct real *real, uint64_t number)
{
    struct script s;
    size_t good;

    write_script(&s, number);
    good = play(real, &s, false);
    if (good == s.count)
        return;
    s.count = good + 1;
    shrink(real, &s);
    printf("--seed %llu --commands 1, the fewest commands that show it:\n",
           (unsigned long long)number);
    (void)play(real, &s, true);
    (void)fflush(stdout);
    ck_abort_msg("the functions and their model differ");
}

START_TEST(the_functions_do_what_their_model_does)
{
    struct real real;

    real_open(&real);
    for (size_t played = 0; played < commands; played += STEPS_MAX)
        judge(&real, seed++);
    real_close(&real);
}
END_TEST

static bool read_options(int argc, char **argv)
{
    for (int i = 1; i < argc; i += 2) {
        if (i + 1 == argc)
            return false;
        if (strcmp(argv[i], "--seed") == 0)
            seed = strtoull(argv[i + 1], NULL, 10);
        else if (strcmp(argv[i], "--commands") == 0)
            commands = strtoull(argv[i + 1], NULL, 10);
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("property.functions");
    TCase *tests = tcase_create("real");

    if (!read_options(argc, argv)) {
        (void)fprintf(stderr, "usage: %s [--seed N] [--commands N]\n", argv[0]);
        return 64;
    }
    tcase_set_timeout(tests, LIMIT_S);
    tcase_add_test(tests, the_functions_do_what_their_model_does);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

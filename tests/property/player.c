#include "property/player.h"

#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A moment like any other. */
static const int64_t start_us = INT64_C(1700000000123456);

void play_open(struct play *p, struct real *real)
{
    *p = (struct play){.real = real};
    p->model.now_us = start_us;
    real_reset(real);
}

void play_close(struct play *p)
{
    model_free(&p->model);
    model_free(&p->kept);
}

unsigned play_roll(struct play *p, unsigned below)
{
    if (p->left == 0)
        return 0;
    p->left--;
    return *p->dice++ % below;
}

void play_say(struct play *p, const char *fmt, ...)
{
    size_t len = strlen(p->said);
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(p->said + len, sizeof p->said - len, fmt, args);
    va_end(args);
}

bool play_move(struct play *p, const struct move *move, char **ret_is,
               char **ret_should)
{
    struct words words = {.count = 0};
    const char *is;
    char *should;
    bool same;

    p->dice = move->dice;
    p->left = DICE;
    p->said[0] = '\0';
    play_choose(p, &words);
    is = real_run(p->real, &words, p->model.now_us);
    should = model_text(&p->model);
    same = strcmp(is, should) == 0;
    if (same) {
        free(should);
    } else {
        *ret_is = strdup(is);
        *ret_should = should;
        ck_assert_ptr_nonnull(*ret_is);
    }
    return same;
}

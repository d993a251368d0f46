#include "link/redis_sync.h"

#include "base/check.h"

#include <stdarg.h>
#include <string.h>

enum { WORDS_MAX = 64 };

enum err redis_ask_words(struct redis_sync *r, const struct reply **ret, ...)
{
    const char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    const char *word;
    int argc = 0;
    va_list args;

    va_start(args, ret);
    while ((word = va_arg(args, const char *)) != NULL) {
        check(argc < WORDS_MAX);
        argv[argc] = word;
        lens[argc++] = strlen(word);
    }
    va_end(args);
    return redis_ask(r, argc, argv, lens, ret);
}

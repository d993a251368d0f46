#include "link/redis_internal.h"

#include "link/library.h"

#include <string.h>

static void library_loaded(void *arg, const struct reply *reply)
{
    struct redis *r = arg;
    struct span text;
    char why[512];

    r->loading = false;
    if (!reply || reply_kind(reply) != REPLY_ERROR || !r->options.trouble)
        return;
    text = reply_span(reply);
    if (memmem(text.at, text.len, "already exists", 14))
        return;
    reply_explain(reply, why, sizeof why);
    r->options.trouble(r->options.owner, r, why);
}

void redis_load_library(struct redis *r)
{
    const char *argv[3] = {"FUNCTION", "LOAD", library_text};

    if (r->loading)
        return;
    r->loading = redis_send(r, library_loaded, r,
                            &(struct redis_words){3, argv, NULL}) == ERR_OK;
}

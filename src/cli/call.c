#include "cli/call.h"

#include "cli/say.h"
#include "link/library.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

void call_operator(char *dst, size_t size)
{
    char host[256] = "";

    (void)gethostname(host, sizeof host - 1);
    (void)snprintf(dst, size, "operator%s%s", host[0] ? "@" : "", host);
}

static enum err refusal(enum err e, const struct reply *reply)
{
    return !e && reply_kind(reply) == REPLY_ERROR ? ERR_REPLY : e;
}

static enum err load_library(struct connection *c,
                             const struct reply **ret_reply)
{
    enum err e = redis_ask_words(c->redis, ret_reply, "FUNCTION", "LOAD",
                                 library_text, NULL);
    struct span text;

    e = refusal(e, *ret_reply);
    if (e != ERR_REPLY)
        return e;
    text = reply_span(*ret_reply);
    if (memmem(text.at, text.len, "already exists", 14))
        return ERR_OK;
    if (reply_fault(*ret_reply) == FAULT_DENIED)
        say(c->command, "this Redis lacks the functions of this version of "
                        "extq, and this user may not load them: start 'extq "
                        "run' of this version there once");
    return ERR_REPLY;
}

enum err call_function(struct connection *c, const struct redis_words *words,
                       const struct reply **ret_reply)
{
    enum err e =
        redis_ask(c->redis, words->count, words->at, words->lens, ret_reply);

    if (e || reply_fault(*ret_reply) != FAULT_NO_FUNCTION)
        return refusal(e, *ret_reply);
    e = load_library(c, ret_reply);
    if (!e)
        e = redis_ask(c->redis, words->count, words->at, words->lens,
                      ret_reply);
    return refusal(e, *ret_reply);
}

#include "support/redis_link.h"

#include <signal.h>
#include <stdio.h>

static void came_up(void *owner, struct redis *r)
{
    struct redis_link *l = owner;

    ck_assert(redis_is_up(r));
    l->ups++;
}

static void went_down(void *owner, struct redis *r, const char *why)
{
    struct redis_link *l = owner;

    ck_assert(!redis_is_up(r));
    (void)snprintf(l->why, sizeof l->why, "%s", why);
    l->downs++;
}

void redis_link_open(struct redis_link *l, const struct redis_address *address)
{
    memset(l, 0, sizeof *l);
    l->address = *address;
    for (int i = 0; i < LINK_ANSWERS; i++)
        l->answers[i].link = l;
    (void)signal(SIGPIPE, SIG_IGN);
    ck_assert_int_eq(uv_loop_init(&l->loop), 0);
}

void redis_link_close(struct redis_link *l)
{
    redis_close(&l->redis);
    (void)uv_run(&l->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&l->loop), 0);
}

void redis_link_connect(struct redis_link *l, int64_t connect_ms,
                        int64_t reply_ms)
{
    const struct redis_options options = {
        .address = &l->address,
        .connect_ms = connect_ms,
        .reply_ms = reply_ms,
        .owner = l,
        .up = came_up,
        .down = went_down,
    };

    ck_assert_int_eq(redis_open(&l->loop, &options, &l->redis), ERR_OK);
}

void redis_link_up(struct redis_link *l)
{
    int before = l->ups;

    redis_link_connect(l, LINK_LIMIT_MS, LINK_LIMIT_MS);
    link_until(l, l->ups > before, "the connection");
}

bool redis_link_step(struct redis_link *l)
{
    if (l->redis)
        redis_flush(l->redis);
    (void)uv_run(&l->loop, UV_RUN_NOWAIT);
    return true;
}

void redis_link_note(void *arg, const struct reply *reply)
{
    struct answer *a = arg;

    a->calls++;
    a->nulls += reply == NULL;
    a->errors += reply_kind(reply) == REPLY_ERROR;
    a->order = ++a->link->answered;
    (void)span_copy(reply_span(reply), a->text, sizeof a->text);
}

enum err redis_link_send(struct redis_link *l, int i, int argc,
                         const char **argv)
{
    return redis_send(l->redis, redis_link_note, &l->answers[i],
                      &(struct redis_words){argc, argv, NULL});
}

void redis_link_echo(struct redis_link *l, int from, int to)
{
    char text[16];

    for (int i = from; i < to; i++) {
        (void)snprintf(text, sizeof text, "%d", i);
        ck_assert_int_eq(link_say(l, i, "ECHO", text), ERR_OK);
    }
}

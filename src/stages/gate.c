#include "stages/gate.h"

#include "base/clean.h"
#include "link/library.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* What comes before the rows. */
enum { HEAD = 3 };

void gate_told_read(const struct reply *reply, struct gate_told *ret)
{
    *ret = (struct gate_told){.end = GATE_UNKNOWN};
    if (!reply || reply_kind(reply) != REPLY_LIST || reply_count(reply) < HEAD)
        return;
    ret->end = GATE_TOLD;
    ret->now_ms = reply_number(reply_at(reply, 0));
    ret->version = reply_number(reply_at(reply, 1));
    ret->changed = ret->whole = reply_number(reply_at(reply, 2)) != 0;
    ret->count = gate_news_count(reply, HEAD);
    ret->reply = reply;
}

void gate_told_row(const struct gate_told *told, size_t i,
                   struct gate_news *ret)
{
    gate_news_at(told->reply, HEAD, i, ret);
}

static enum gate_end end_of(struct redis *redis, const struct reply *reply)
{
    switch (reply_fault(reply)) {
    case FAULT_NONE:
        redis_break(redis, "an answer to something else");
        return GATE_UNKNOWN;
    case FAULT_NO_FUNCTION:
        redis_load_library(redis);
        return GATE_AGAIN;
    case FAULT_OTHER:
        return GATE_UNKNOWN;
    default:
        return GATE_AGAIN;
    }
}

static void replied(void *arg, const struct reply *reply)
{
    const struct gate_call *call = arg;
    struct gate_told told;

    gate_told_read(reply, &told);
    if (reply && told.end == GATE_UNKNOWN)
        told.end = end_of(call->redis, reply);
    call->done(call->arg, &told);
}

static const char *word_of(const char *mark)
{
    return mark && mark[0] ? mark : "-";
}

void gate_words(struct gate_words *ret, const struct gate_call *call,
                const char *op, const char *gate,
                const struct gate_shutting *what)
{
    const struct queue_keys *k = call->keys;
    const char *const words[GATE_WORDS] = {
        "FCALL",
        library_gate,
        "4",
        k->gates,
        k->changes,
        k->parked,
        k->outcomes,
        ret->number[0],
        op,
        gate,
        gate_kind_text(what->kind),
        ret->number[1],
        ret->number[2],
        word_of(what->mark),
        ret->why,
        ret->number[3],
        call->by,
    };

    memcpy(ret->at, words, sizeof words);
    (void)snprintf(ret->number[0], sizeof *ret->number, "%zu",
                   call->outcomes_max);
    (void)snprintf(ret->number[1], sizeof *ret->number, "%" PRId64,
                   what->wait_ms);
    (void)snprintf(ret->number[2], sizeof *ret->number, "%" PRIu32, what->step);
    (void)snprintf(ret->number[3], sizeof *ret->number, "%" PRId64,
                   what->probe_ms);
    (void)clean_text(span_of(what->why ? what->why : ""), ret->why,
                     sizeof ret->why);
}

static enum err order(struct gate_call *call, const char *op, const char *gate,
                      const struct gate_shutting *what)
{
    struct gate_words w;

    gate_words(&w, call, op, gate, what);
    return redis_send(call->redis, replied, call,
                      &(struct redis_words){GATE_WORDS, w.at, NULL});
}

enum err gate_shut(struct gate_call *call, const char *gate,
                   const struct gate_shutting *what)
{
    return order(call, "shut", gate, what);
}

enum err gate_open(struct gate_call *call, const char *gate,
                   enum gate_kind only, const char *why)
{
    return order(call, "open", gate,
                 &(struct gate_shutting){.kind = only, .why = why});
}

enum err gate_end(struct gate_call *call, const char *gate, enum gate_kind only,
                  int64_t ends_ms)
{
    return order(call, "open", gate,
                 &(struct gate_shutting){.kind = only,
                                         .probe_ms = ends_ms,
                                         .why = "its time is over"});
}

enum err gates_read(struct gate_call *call, int64_t since, unsigned limit)
{
    const struct queue_keys *k = call->keys;
    char number[2][24];
    const char *argv[8] = {"FCALL",    library_gates, "3",       k->gates,
                           k->changes, k->parked,     number[0], number[1]};

    (void)snprintf(number[0], sizeof *number, "%" PRId64, since);
    (void)snprintf(number[1], sizeof *number, "%u", limit);
    return redis_send(call->redis, replied, call,
                      &(struct redis_words){8, argv, NULL});
}

#include "stages/claim.h"

#include "link/library.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool is_given_up(const struct reply *reply)
{
    struct span text = reply_span(reply);

    return span_is(span_cut(&text, ' '), "GENERATION");
}

/* The version of the gates that a claim of a paused queue is refused with; -1 =
 * the reply is none. */
static int64_t version_paused(const struct reply *reply)
{
    struct span text = reply_span(reply);
    uint64_t version;

    if (reply_kind(reply) != REPLY_ERROR ||
        !span_is(span_cut(&text, ' '), "PAUSED") ||
        !span_number(text, &version) || version > INT64_MAX)
        return -1;
    return (int64_t)version;
}

/* What the reply says, if it is a list, as a success is. Whatever else
 * it is, and any error that nobody knows, may come from something between us
 * and a Redis that carried the command out. */
static enum claim_end end_of(struct redis *redis, const struct reply *reply)
{
    switch (reply_fault(reply)) {
    case FAULT_NONE:
        if (reply_kind(reply) == REPLY_LIST)
            return CLAIM_DONE;
        redis_break(redis, "an answer to something else");
        return CLAIM_UNKNOWN;
    case FAULT_LEASE:
        return CLAIM_LEASE;
    case FAULT_NO_FUNCTION:
        redis_load_library(redis);
        return CLAIM_AGAIN;
    case FAULT_OTHER:
        if (version_paused(reply) >= 0)
            return CLAIM_AGAIN;
        return is_given_up(reply) ? CLAIM_OLD : CLAIM_UNKNOWN;
    default:
        return CLAIM_AGAIN;
    }
}

/* What is not over by itself in a moment, for a log. */
static const struct reply *refusal_in(const struct reply *reply,
                                      enum claim_end end)
{
    bool own =
        end == CLAIM_LEASE || end == CLAIM_OLD || version_paused(reply) >= 0;

    if (own || reply_kind(reply) != REPLY_ERROR ||
        reply_fault(reply) == FAULT_NO_FUNCTION)
        return NULL;
    return reply;
}

/* No reply is NULL. */
static struct claimed read_end(const struct claim_call *call,
                               const struct reply *reply)
{
    struct claimed c = {.end = CLAIM_UNKNOWN};

    if (reply)
        c.end = end_of(call->redis, reply);
    c.refusal = refusal_in(reply, c.end);
    c.version = version_paused(reply);
    return c;
}

static void claim_replied(void *arg, const struct reply *reply)
{
    const struct claim_call *call = arg;
    struct claimed c = read_end(call, reply);

    if (c.end == CLAIM_DONE && reply_kind(reply_at(reply, 2)) != REPLY_LIST)
        c.end = CLAIM_UNKNOWN;
    if (c.end == CLAIM_DONE) {
        c.now_ms = reply_number(reply_at(reply, 0));
        c.jobs = reply_at(reply, 2);
        c.count = reply_count(c.jobs) / 2;
        if (reply_count(reply) > 3)
            c.version = reply_number(reply_at(reply, 3));
        if (reply_count(reply) > 4)
            c.more = reply_number(reply_at(reply, 4)) > 0;
    }
    call->done(call->arg, &c);
}

void claimed_job(const struct claimed *c, size_t i, struct span *ret_field,
                 struct span *ret_record)
{
    *ret_field = reply_span(reply_at(c->jobs, 2 * i));
    *ret_record = reply_span(reply_at(c->jobs, 2 * i + 1));
}

enum err claim(struct claim_call *call, const struct holder *holder,
               const struct claim_share *share)
{
    enum { FIXED = 19 };
    const struct queue_keys *k = holder->keys;
    char held[KEY_MAX], number[4][24];
    const char *argv[FIXED + CLAIM_GATES_MAX] = {
        "FCALL",   NULL,        "10",      k->jobs,       k->later,
        held,      k->leases,   k->meta,   k->services,   k->suspects,
        k->gates,  k->changes,  k->parked, holder->epoch, number[0],
        number[1], holder->tag, number[2], number[3],
    };

    argv[1] = share->behind_bell ? library_bell : library_claim;
    keys_held(held, k, holder->epoch);
    snprintf(number[0], sizeof number[0], "%u", share->count);
    snprintf(number[1], sizeof number[1], "%u", share->due_count);
    snprintf(number[2], sizeof number[2], "%" PRIu64, holder->generation);
    snprintf(number[3], sizeof number[3], "%u", share->alone_from);
    for (size_t n = 0; n < share->gate_count; n++)
        argv[FIXED + n] = share->gates[n];
    return redis_send(
        call->redis, claim_replied, call,
        &(struct redis_words){FIXED + (int)share->gate_count, argv, NULL});
}

enum err claim_isolated(struct claim_call *call, const struct holder *holder)
{
    const struct queue_keys *k = holder->keys;
    char held[KEY_MAX], generation[24];
    const char *argv[12] = {
        "FCALL",   library_isolate, "6",         held,
        k->leases, k->services,     k->suspects, k->gates,
        k->parked, holder->epoch,   holder->tag, generation,
    };

    keys_held(held, k, holder->epoch);
    snprintf(generation, sizeof generation, "%" PRIu64, holder->generation);
    return redis_send(call->redis, claim_replied, call,
                      &(struct redis_words){12, argv, NULL});
}

static void parked_replied(void *arg, const struct reply *reply)
{
    const struct claim_call *call = arg;
    struct claimed c = read_end(call, reply);

    if (c.end == CLAIM_DONE && (reply_kind(reply_at(reply, 2)) != REPLY_LIST ||
                                reply_kind(reply_at(reply, 3)) != REPLY_LIST))
        c.end = CLAIM_UNKNOWN;
    if (c.end == CLAIM_DONE) {
        c.now_ms = reply_number(reply_at(reply, 0));
        c.version = reply_number(reply_at(reply, 1));
        c.jobs = reply_at(reply, 2);
        c.count = reply_count(c.jobs) / 4;
        c.gates = reply_at(reply, 3);
        c.gate_count = gate_news_count(c.gates, 0);
    }
    call->done(call->arg, &c);
}

void claimed_parked_job(const struct claimed *c, size_t i,
                        struct claimed_parked *ret)
{
    ret->field = reply_span(reply_at(c->jobs, 4 * i));
    ret->record = reply_span(reply_at(c->jobs, 4 * i + 1));
    ret->gate = reply_span(reply_at(c->jobs, 4 * i + 2));
    ret->probe = reply_number(reply_at(c->jobs, 4 * i + 3)) != 0;
}

void claimed_gate(const struct claimed *c, size_t i, struct gate_news *ret)
{
    gate_news_at(c->gates, 0, i, ret);
}

enum { PARKED_WORDS = 16 };

static enum err send_parked(struct claim_call *call,
                            const char *const fixed[PARKED_WORDS],
                            const struct claim_parking *what)
{
    size_t count = PARKED_WORDS + 2 * what->gate_count;
    const char **argv = malloc(count * sizeof *argv);
    char(*numbers)[12] = malloc((what->gate_count + 1) * sizeof *numbers);
    enum err e = ERR_MEMORY;

    if (argv && numbers) {
        memcpy(argv, fixed, PARKED_WORDS * sizeof *argv);
        for (size_t i = 0; i < what->gate_count; i++) {
            (void)snprintf(numbers[i], sizeof *numbers, "%u",
                           what->gates[i].count);
            argv[PARKED_WORDS + 2 * i] = what->gates[i].gate;
            argv[PARKED_WORDS + 2 * i + 1] = numbers[i];
        }
        e = redis_send(call->redis, parked_replied, call,
                       &(struct redis_words){(int)count, argv, NULL});
    }
    free(argv);
    free(numbers);
    return e;
}

enum err claim_parked(struct claim_call *call, const struct holder *holder,
                      const struct claim_parking *what)
{
    const struct queue_keys *k = holder->keys;
    char held[KEY_MAX], number[3][24];
    const char *const fixed[PARKED_WORDS] = {
        "FCALL",     library_unpark, "8",        held,
        k->parked,   k->gates,       k->changes, k->leases,
        k->services, k->suspects,    k->later,   holder->epoch,
        holder->tag, number[0],      number[1],  number[2],
    };

    keys_held(held, k, holder->epoch);
    snprintf(number[0], sizeof number[0], "%" PRIu64, holder->generation);
    snprintf(number[1], sizeof number[1], "%" PRId64, what->hold_ms);
    snprintf(number[2], sizeof number[2], "%u", what->alone_from);
    return send_parked(call, fixed, what);
}

static void recover_replied(void *arg, const struct reply *reply)
{
    const struct claim_call *call = arg;
    struct claimed c = read_end(call, reply);

    if (c.end == CLAIM_DONE && reply_count(reply) != 2)
        c.end = CLAIM_UNKNOWN;
    if (c.end == CLAIM_DONE) {
        c.count = (size_t)reply_number(reply_at(reply, 0));
        c.more = reply_number(reply_at(reply, 1)) != 0;
    }
    call->done(call->arg, &c);
}

enum err claim_recover(struct claim_call *call, const struct holder *holder,
                       const struct span *known, size_t known_count)
{
    enum { FIXED = 11 };
    const struct queue_keys *k = holder->keys;
    char held[KEY_MAX], generation[24];
    const char *fixed[FIXED] = {
        "FCALL",       library_recover, "5",         held,
        k->later,      k->leases,       k->services, k->parked,
        holder->epoch, holder->tag,     generation,
    };
    const char **argv = malloc((FIXED + known_count) * sizeof *argv);
    size_t *lens = malloc((FIXED + known_count) * sizeof *lens);
    enum err e = ERR_MEMORY;

    keys_held(held, k, holder->epoch);
    snprintf(generation, sizeof generation, "%" PRIu64, holder->generation);
    for (size_t i = 0; argv && lens && i < FIXED + known_count; i++) {
        struct span word = i < FIXED ? span_of(fixed[i]) : known[i - FIXED];
        argv[i] = word.at;
        lens[i] = word.len;
    }
    if (argv && lens)
        e = redis_send(
            call->redis, recover_replied, call,
            &(struct redis_words){(int)(FIXED + known_count), argv, lens});
    free(argv);
    free(lens);
    return e;
}

#include "client/producer.h"

#include <stdlib.h>
#include <string.h>

enum { WINDOW = 512, WINDOW_MAX = 65536, UNSENT_MAX = 1 << 20 };

_Static_assert(sizeof(struct why) == sizeof(struct extq_why),
               "sentences are copied whole");

bool producer_is_free(struct extq *x)
{
    if (!x)
        return false;
    if (!x->telling)
        x->client.why.text[0] = '\0';
    return !x->telling;
}

/* Ends the oldest job's waiting. */
static void settle(struct extq *x, enum extq_status status)
{
    struct slot *slot = &x->slots[x->oldest];

    x->oldest = (x->oldest + 1) % x->window;
    x->count--;
    if (status != EXTQ_OK && x->first == EXTQ_OK)
        x->first = status;
    if (slot->ret) {
        *slot->ret = status;
    } else if (x->done) {
        x->telling = true;
        x->done(x->owner, slot->arg, slot->id, status);
        x->telling = false;
    }
}

static void settle_all(struct extq *x, enum extq_status status)
{
    while (x->count > 0)
        settle(x, status);
}

/* A number is the queue's length. Anything else that is no error was not said
 * by Redis about our command. */
static void settle_by(struct extq *x, const struct reply *reply)
{
    enum extq_status status = client_judge(&x->client, reply);

    if (status == EXTQ_OK && reply_kind(reply) != REPLY_NUMBER) {
        (void)client_fail(&x->client, EXTQ_MAYBE, "an answer of no sense");
        client_hang_up(&x->client);
        settle_all(x, EXTQ_MAYBE);
        return;
    }
    if (status == EXTQ_OK) {
        int64_t length = reply_number(reply);
        x->waiting = length > 0 ? (uint64_t)length : 0;
    }
    settle(x, status);
}

void producer_drain(struct extq *x, size_t keep)
{
    x->unsent = 0;
    while (x->count > keep) {
        const struct reply *reply = NULL;

        if (client_next(&x->client, &reply))
            settle_all(x, EXTQ_MAYBE);
        else
            settle_by(x, reply);
    }
}

static enum extq_status send_text(struct extq *x)
{
    const char *at[] = {"LPUSH", x->client.keys.jobs, x->text.at};
    const size_t lens[] = {5, strlen(at[1]), x->text.len};

    if (client_queue(&x->client, &(struct redis_words){3, at, lens})) {
        /* Of this one nothing left; of those before it who knows. */
        settle_all(x, EXTQ_MAYBE);
        return EXTQ_UNAVAILABLE;
    }
    x->unsent += x->text.len;
    return EXTQ_OK;
}

enum extq_status producer_take(struct extq *x, const struct extq_job *job,
                               void *arg, enum extq_status *ret)
{
    struct slot *slot;
    enum extq_status s = producer_check(x, job);

    if (s != EXTQ_OK)
        return s;
    if (x->count == x->window || x->unsent > UNSENT_MAX)
        producer_drain(x, x->count / 2);
    s = client_connect(&x->client, x->count == 0);
    if (s == EXTQ_OK)
        s = send_text(x);
    if (s != EXTQ_OK)
        return s;
    slot = &x->slots[(x->oldest + x->count++) % x->window];
    memcpy(slot->id, x->job.id, sizeof slot->id);
    slot->arg = arg;
    slot->ret = ret;
    return EXTQ_OK;
}

enum extq_status extq_submit(struct extq *x, const struct extq_job *job,
                             void *arg)
{
    if (!producer_is_free(x))
        return EXTQ_INVALID;
    return producer_take(x, job, arg, NULL);
}

enum extq_status extq_flush(struct extq *x)
{
    enum extq_status first;

    if (!producer_is_free(x))
        return EXTQ_INVALID;
    producer_drain(x, 0);
    first = x->first;
    x->first = EXTQ_OK;
    return first;
}

static struct extq *make(const struct extq_options *o)
{
    size_t window = o->window ? o->window : WINDOW;
    struct extq *x = calloc(1, sizeof *x + window * sizeof *x->slots);

    if (!x)
        return NULL;
    x->window = window;
    x->done = o->done;
    x->owner = o->owner;
    x->text = buf_make(JOB_BYTES_MAX);
    x->job = job_make();
    return x;
}

static enum extq_status opened(struct extq *x, enum extq_status s,
                               struct extq **ret, struct extq_why *why)
{
    if (s == EXTQ_OK) {
        *ret = x;
        return s;
    }
    if (why)
        memcpy(why->text, x->client.why.text, sizeof why->text);
    extq_close(&x);
    return s;
}

static enum extq_status not_opened(struct extq_why *why, enum extq_status s,
                                   const char *text)
{
    if (why)
        (void)span_copy(span_of(text), why->text, sizeof why->text);
    return s;
}

enum extq_status extq_open(const struct extq_options *options,
                           struct extq **ret, struct extq_why *why)
{
    struct extq_options o;
    struct extq *x;

    if (!ret)
        return EXTQ_INVALID;
    *ret = NULL;
    if (!client_options(options, &o) || o.window > WINDOW_MAX)
        return not_opened(why, EXTQ_INVALID,
                          "struct_size: start from EXTQ_OPTIONS_INIT; window: "
                          "at most 65536");
    x = make(&o);
    if (!x)
        return not_opened(why, EXTQ_NO_MEMORY, "out of memory");
    return opened(x, client_set_up(&x->client, &o), ret, why);
}

uint64_t extq_waiting(const struct extq *x)
{
    return x ? x->waiting : 0;
}

const char *extq_error(const struct extq *x)
{
    return x ? x->client.why.text : "the handle is NULL";
}

void extq_close(struct extq **x)
{
    if (!x || !*x || (*x)->telling)
        return;
    producer_drain(*x, 0);
    client_tear_down(&(*x)->client);
    job_clear(&(*x)->job);
    buf_clear(&(*x)->text);
    free(*x);
    *x = NULL;
}

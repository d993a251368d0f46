/* Jobs that are waited for: one, or many in one pipeline. */
#include "client/producer.h"

enum extq_status extq_enqueue(struct extq *x, const struct extq_job *job)
{
    enum extq_status status = EXTQ_OK, s, before;

    if (!producer_is_free(x))
        return EXTQ_INVALID;
    producer_drain(x, 0);
    before = x->first;
    s = producer_take(x, job, NULL, &status);
    producer_drain(x, 0);
    x->first = before;
    return s == EXTQ_OK ? status : s;
}

/* Trying it for each job would wait out the time limit for each. */
static bool is_hopeless(enum extq_status s)
{
    return s == EXTQ_UNAVAILABLE || s == EXTQ_DENIED || s == EXTQ_NO_MEMORY;
}

/* The jobs as the caller's compiler laid them out: by the size that it knew. */
static const struct extq_job *job_at(const struct extq_job *jobs, size_t i)
{
    const char *first = (const char *)jobs;

    return (const void *)(first + i * jobs->struct_size);
}

/* Takes them all; what kept one from being taken is its status. Returns the
 * first that was met. */
static enum extq_status take_all(struct extq *x, const struct extq_job *jobs,
                                 size_t count, enum extq_status *statuses)
{
    enum extq_status s = EXTQ_OK, first = EXTQ_OK, sink;

    for (size_t i = 0; i < count; i++) {
        enum extq_status *ret = statuses ? &statuses[i] : &sink;

        if (!is_hopeless(s))
            s = producer_take(x, job_at(jobs, i), NULL, ret);
        if (s != EXTQ_OK)
            *ret = s;
        if (first == EXTQ_OK)
            first = x->first != EXTQ_OK ? x->first : s;
    }
    producer_drain(x, 0);
    return first == EXTQ_OK ? x->first : first;
}

enum extq_status extq_enqueue_all(struct extq *x, const struct extq_job *jobs,
                                  size_t count, enum extq_status *ret_statuses)
{
    enum extq_status first, before;

    if (!producer_is_free(x))
        return EXTQ_INVALID;
    if (!jobs && count > 0)
        return client_fail(&x->client, EXTQ_INVALID, "jobs: are missing");
    producer_drain(x, 0);
    before = x->first;
    x->first = EXTQ_OK;
    first = take_all(x, jobs, count, ret_statuses);
    x->first = before;
    return first;
}

enum extq_status extq_ping(struct extq *x)
{
    const char *at[] = {"PING"};
    const size_t lens[] = {4};
    const struct reply *reply = NULL;
    enum extq_status s;

    if (!producer_is_free(x))
        return EXTQ_INVALID;
    producer_drain(x, 0);
    s = client_connect(&x->client, true);
    if (s != EXTQ_OK)
        return s;
    if (client_ask(&x->client, &(struct redis_words){1, at, lens}, &reply))
        return EXTQ_UNAVAILABLE;
    return client_judge(&x->client, reply);
}

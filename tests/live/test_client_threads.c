/* libextq's thread rules: handles know nothing of each other, and one handle
 * may wander from thread to thread. For ThreadSanitizer above all. */
#include "support/client/client_bed.h"
#include "support/main.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

enum { THREADS = 6, JOBS = 300, TIMEOUT_MS = 20000 };

struct worker {
    pthread_t thread;
    unsigned number;
    const char *url;
    struct extq *shared; /* used under lock alone */
    pthread_mutex_t *lock;
    size_t ok; /* by done, on this thread */
};

static void note(void *owner, void *arg, const char *id,
                 enum extq_status status)
{
    struct worker *w = owner;

    (void)arg;
    (void)id;
    w->ok += status == EXTQ_OK;
}

static void *produce(void *arg)
{
    struct worker *w = arg;
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct client_job texts;
    struct extq *x = NULL;

    options.url = w->url;
    options.window = 16;
    options.timeout_ms = TIMEOUT_MS;
    options.done = note;
    options.owner = w;
    if (extq_open(&options, &x, NULL) != EXTQ_OK)
        return NULL;
    for (unsigned i = 0; i < JOBS; i++) {
        struct extq_job job = client_job(&texts, w->number * JOBS + i);

        if (extq_submit(x, &job, NULL) != EXTQ_OK)
            break;
    }
    (void)extq_flush(x);
    extq_close(&x);
    return NULL;
}

static void *share(void *arg)
{
    struct worker *w = arg;
    struct client_job texts;

    for (unsigned i = 0; i < JOBS / 10; i++) {
        struct extq_job job = client_job(&texts, w->number * JOBS + i);

        (void)pthread_mutex_lock(w->lock);
        w->ok += extq_enqueue(w->shared, &job) == EXTQ_OK;
        (void)pthread_mutex_unlock(w->lock);
    }
    return NULL;
}

/* The sum of what all had acknowledged. */
static size_t run(struct worker workers[THREADS], void *(*work)(void *),
                  const struct worker *like)
{
    size_t ok = 0;

    for (unsigned i = 0; i < THREADS; i++) {
        workers[i] = *like;
        workers[i].number = i;
        ck_assert_int_eq(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (unsigned i = 0; i < THREADS; i++) {
        ck_assert_int_eq(pthread_join(workers[i].thread, NULL), 0);
        ok += workers[i].ok;
    }
    return ok;
}

START_TEST(threads_have_handles_of_their_own)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct worker workers[THREADS], like = {.url = redis_server_url(s)};

    ck_assert_uint_eq(run(workers, produce, &like), THREADS * JOBS);
    ck_assert_int_eq(redis_server_count(s, "LLEN", bed_jobs_key, NULL),
                     THREADS * JOBS);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_handle_wanders_between_threads_under_a_lock)
{
    struct client_bed *b = client_bed_open(NULL, 0, TIMEOUT_MS);
    pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct worker workers[THREADS], like = {.shared = b->x, .lock = &lock};

    ck_assert_uint_eq(run(workers, share, &like), THREADS * JOBS / 10);
    ck_assert_int_eq(redis_server_count(b->redis, "LLEN", bed_jobs_key, NULL),
                     THREADS * JOBS / 10);
    client_bed_close(&b);
}
END_TEST

int main(void)
{
    return run_tests("client.threads", 120, threads_have_handles_of_their_own,
                     a_handle_wanders_between_threads_under_a_lock);
}

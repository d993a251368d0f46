/* A producer with libextq:
 *
 *     cc producer.c $(pkg-config --cflags --libs extq) -o producer
 *     REDIS_URL=redis://127.0.0.1:6379/0 ./producer evt_9f2c */
#include <extq.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
    const struct timespec second = {1, 0};
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq_job job = EXTQ_JOB_INIT;
    enum extq_status status;
    struct extq_why why;
    struct extq *x;
    int tries = 0;

    options.url = getenv("REDIS_URL");
    if (extq_open(&options, &x, &why) != EXTQ_OK) {
        (void)fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    job.id = argc > 1 ? argv[1] : "evt_9f2c"; /* the same for the same event */
    job.container = "acme";
    job.point = "on-new-lead";
    job.payload = "{\"lead\":{\"name\":\"Ada\"}}";
    /* EXTQ_MAYBE: no answer, so again with the same id. */
    while ((status = extq_enqueue(x, &job)) == EXTQ_MAYBE ||
           status == EXTQ_UNAVAILABLE) {
        if (++tries == 5)
            break;
        (void)nanosleep(&second, NULL);
    }
    if (status != EXTQ_OK)
        (void)fprintf(stderr, "%s: %s\n", extq_status_text(status),
                      extq_error(x));
    else
        puts(job.id);
    extq_close(&x);
    return status != EXTQ_OK;
}

/* Reads what became of jobs, as a member of a group: what one member has
 * acknowledged comes to none again.
 *
 *     cc reader.c $(pkg-config --cflags --libs extq) -o reader
 *     REDIS_URL=redis://127.0.0.1:6379/0 ./reader */
#include <extq.h>

#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq_group group = EXTQ_GROUP_INIT;
    const struct extq_outcome *outcome;
    enum extq_status status;
    struct extq_why why;
    struct extq_reader *r;

    options.url = getenv("REDIS_URL");
    group.name = "billing";
    group.consumer = "host-1";  /* its own, the same after a restart */
    group.take_over_ms = 60000; /* what a dead member left behind */
    if (extq_reader_open(&options, &group, &r, &why) != EXTQ_OK) {
        (void)fprintf(stderr, "%s\n", why.text);
        return 1;
    }
    while ((status = extq_reader_next(r, 1000, &outcome)) == EXTQ_OK &&
           outcome) {
        const char *id = extq_outcome_get(outcome, "id");
        const char *verdict = extq_outcome_get(outcome, "verdict");

        printf("%s %s\n", id ? id : "-", verdict ? verdict : "-");
        (void)extq_reader_ack(r); /* after it was dealt with */
    }
    if (status != EXTQ_OK)
        (void)fprintf(stderr, "%s: %s\n", extq_status_text(status),
                      extq_reader_error(r));
    extq_reader_close(&r);
    return status != EXTQ_OK;
}

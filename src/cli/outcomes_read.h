/* Pages through an outcome stream, and waits at its end. */
#ifndef EXTQ_CLI_OUTCOMES_READ_H
#define EXTQ_CLI_OUTCOMES_READ_H

#include "cli/connect.h"
#include "cli/outcomes_entry.h"
#include "link/keys.h"

enum { STREAM_ID_MAX = 48 };

struct outcomes_reader {
    struct connection *connection;
    const struct outcome_filter *filter; /* what counts as one of the last N */
    bool (*show)(void *arg, const struct outcome_entry *entry); /* false ends
                              the reading; called for every entry */
    void *arg;
    struct queue_keys keys;
    char behind[STREAM_ID_MAX]; /* reading goes on behind this entry */
    int64_t now_ms;             /* the server's, when the reading began */
    bool ended;                 /* show said so, or a signal */
    bool interrupted;           /* it was a signal */
};

/* Also takes SIGINT and SIGTERM over: they end the reading in good order. */
void outcomes_reader_prepare(struct outcomes_reader *r, const char *queue);

/* Shows what is there: since a moment, of that the last `last` that match
 * (0 = all). Returns an exit_code. */
int outcomes_list(struct outcomes_reader *r, const struct when *since,
                  uint64_t last);

/* The same, but says nothing: ERR_REDIS, ERR_REPLY with the refusal in
 * *ret_reply. Without a moment it goes on where it was. */
enum err outcomes_read(struct outcomes_reader *r, const struct when *since,
                       uint64_t last,
                       const struct reply **ret_reply) must_check;

/* Shows what comes behind that, until it is ended. Waits through
 * restarts of Redis and says so. Returns an exit_code. */
int outcomes_follow(struct outcomes_reader *r);

#endif

/* extq dead, extq later and extq parked VERB: letters are listed, shown,
 * retried and dropped in the same way wherever they are. For letters*.c and
 * parked.c only. */
#ifndef EXTQ_CLI_LETTERS_H
#define EXTQ_CLI_LETTERS_H

#include "cli/connect.h"
#include "stages/letters.h"

enum letters_verb { VERB_LIST, VERB_SHOW, VERB_RETRY, VERB_DROP, VERBS };

struct letters_request {
    struct common_options common;
    const char *command; /* as the place is called */
    enum letter_place place;
    enum letters_verb verb;
    bool verb_given;
    struct letters_wanted wanted;
    struct when since, until;
    const char *queue;
    int64_t last; /* 0 = not given */
    int64_t rate; /* a second; 0 = no bound */
    bool all, dry_run, payload, json;
};

/* The letters of a queue, with a connection to it. */
struct letters_work {
    const struct letters_request *request;
    struct connection *connection;
    const char *queue;
    struct queue_keys keys;
    struct letters_wanted wanted; /* its times are the server's */
    int64_t now_ms;               /* likewise */
    const struct reply *reply;    /* of a refusal */
};

/* parked.c: the gates at which jobs are parked. Returns an exit_code. */
int parked_gates(const struct letters_request *q);

/* letters_list.c: list and show. letters_act.c: retry and drop. ERR_REDIS,
 * ERR_MEMORY; ERR_REPLY with the refusal in k->reply. *ret_exit is set on
 * ERR_OK. */
enum err letters_list(struct letters_work *k, int *ret_exit) must_check;
enum err letters_act(struct letters_work *k, int *ret_exit) must_check;

/* The start of a walk. */
struct letters_walk letters_walk_of(const struct letters_work *k);

/* "dead letter", "later job", "parked job"; with an s unless count is 1. */
const char *letters_noun(enum letter_place place, uint64_t count);

#endif

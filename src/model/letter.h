/* A letter: a job that is kept where people may look at it and act on it. What
 * each place tells of it differs; here it is one thing. */
#ifndef EXTQ_MODEL_LETTER_H
#define EXTQ_MODEL_LETTER_H

#include "model/job.h"
#include "model/record.h"

enum letter_place {
    LETTER_DEAD,   /* given up on */
    LETTER_LATER,  /* a retry, or scheduled */
    LETTER_PARKED, /* waits at a gate */
    LETTER_PLACES,
};

struct letter {
    enum letter_place place;
    struct span name; /* what finds it there: a dead one's entry id, the whole
                         record of the others */
    struct span id, container, point; /* empty where nobody could read them */
    struct span class;                /* why it is there, in the word of the
                                         outcomes; empty: nothing failed yet */
    struct span error;                /* only of dead ones */
    struct span gate;                 /* where it is parked */
    int64_t at_ms;    /* unix ms: dead since; due; parked: claimed first */
    struct span text; /* all bytes of the record, whatever they are */
    bool sound;       /* `record` could be read */
    struct record record;
};

/* The word for people and functions: "dead", "later", "parked". */
const char *letter_place_text(enum letter_place p);

/* Fills in what a record tells: class from its history, and by way of *job,
 * which the spans then point into, id, container and point. at_ms is of the
 * first claim. ERR_MEMORY. */
enum err letter_read(struct letter *l, struct span record,
                     struct job *job) must_check;

/* Which letters are meant. NULL and 0 = any. */
struct letters_wanted {
    const char *const *ids; /* one of them, of id_count */
    size_t id_count;
    const char *container, *point, *class;
    int64_t from_ms, until_ms; /* at_ms is in between, both included */
};

bool letter_is_wanted(const struct letter *l, const struct letters_wanted *w);

#endif

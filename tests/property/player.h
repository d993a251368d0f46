/* Random commands, played on the model and on the real thing: after each, both
 * must have the same state. */
#ifndef EXTQ_PROPERTY_PLAYER_H
#define EXTQ_PROPERTY_PLAYER_H

#include "property/model.h"
#include "property/real.h"

enum { DICE = 8, STEPS_MAX = 150, ACTORS = 5 };

/* One command. What it is follows from its dice and from the state that it
 * meets, so that any part of a play is a play. */
struct move {
    uint32_t dice[DICE];
};

struct play {
    struct model model, kept;
    struct real *real;
    char epochs[ACTORS][EPOCH_TEXT]; /* of the services, the dead as well */
    unsigned joined, jobs;
    bool has_kept;
    const uint32_t *dice; /* of this command, those that are left */
    unsigned left;
    char said[400]; /* this command, in words */
};

void play_open(struct play *p, struct real *real);
void play_close(struct play *p);

/* Plays it; false when the states differ: *ret_is and *ret_should are to be
 * freed then. */
bool play_move(struct play *p, const struct move *move, char **ret_is,
               char **ret_should);

/* player_moves.c: writes the command and has the model carry it out. */
void play_choose(struct play *p, struct words *w);

/* The next of the command's dice, below that number. */
unsigned play_roll(struct play *p, unsigned below);

void play_say(struct play *p, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif

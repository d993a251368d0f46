/* What the files of the model share.
 *
 *   model.c        leases, and what they are of
 *   model_claim.c  claims
 *   model_end.c    finish
 *   model_gates.c  gates
 *   model_text.c   the state as text */
#ifndef EXTQ_PROPERTY_MODEL_INTERNAL_H
#define EXTQ_PROPERTY_MODEL_INTERNAL_H

#include "property/model.h"

int64_t model_now(const struct model *m); /* in ms */

/* The fence: when the lease ends; 0 = it was taken, or never was. */
int64_t model_owns(const struct model *m, const char *epoch);

/* May the actor claim: its lease, and its generation. */
bool model_may_claim(struct model *m, const struct actor *a);

/* The number that stands in the record's nth place, from 0; and the record with
 * other claims. */
int64_t model_number_in(const char *record, unsigned nth);
void model_with_claims(char dst[ROW_TEXT], const char *record, int64_t claims);

/* The queue as a whole is: nobody gets a job. */
bool model_is_paused(const struct model *m);

/* How many of each number of deaths were met in one claim. */
struct crowd {
    unsigned met[16];
};

/* A record on its way out of a line: to the actor, or, where it is a suspect,
 * apart from the others, or to the suspects. */
void model_hand_out(struct model *m, const struct actor *a, const char *record,
                    struct crowd *crowd);

/* A fresh job waits there if its claim names the gate: it is shut, or others
 * are before it. */
bool model_makes_wait(const struct model *m, unsigned gate);

/* Gates that were shut after now become so that much sooner, in the order of
 * their names. */
void model_shift_gates(struct model *m, int64_t behind_ms);

/* Puts a record behind the others that wait at the gate. */
void model_park(struct model *m, unsigned gate, const char *record);

#endif

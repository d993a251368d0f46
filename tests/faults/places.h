/* The failpoints that the sources name. */
#ifndef EXTQ_FAULTS_PLACES_H
#define EXTQ_FAULTS_PLACES_H

#include <stddef.h>

enum { PLACES_MAX = 64 };

struct places {
    char names[PLACES_MAX][32];
    size_t count;
};

/* Reads the sources; fails the test when there are none. */
void places_read(struct places *p);

#endif

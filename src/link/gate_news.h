/* What server-side functions tell of gates: rows of name, state and number of
 * jobs parked there. */
#ifndef EXTQ_LINK_GATE_NEWS_H
#define EXTQ_LINK_GATE_NEWS_H

#include "link/reply.h"
#include "model/gate_state.h"

struct gate_news {
    struct span gate;
    struct gate_state state; /* GATE_NONE: the gate is gone, forget it */
    uint64_t parked;         /* jobs that wait there */
};

/* How many rows the list has, from its element `first` on. */
size_t gate_news_count(const struct reply *list, size_t first);

/* The i-th row; spans live as long as the reply. What cannot be read as a
 * state is GATE_PAUSED until somebody says: nothing passes unjudged. */
void gate_news_at(const struct reply *list, size_t first, size_t i,
                  struct gate_news *ret);

#endif

/* What `extq demo` does as a producer and as an operator: plain LPUSH in,
 * XREAD of the outcome stream, nothing that needs extq's own code. */
#ifndef EXTQ_CLI_DEMO_LINK_H
#define EXTQ_CLI_DEMO_LINK_H

#include "cli/demo_events.h"
#include "cli/outcomes_entry.h"
#include "link/redis_sync.h"

enum { DEMO_PUSH_MAX = 256, DEMO_ID_MAX = 48 };

struct demo_link {
    struct redis_address address;
    struct redis_sync *redis; /* NULL while not connected */
    char behind[DEMO_ID_MAX]; /* stream entries up to this one were read */
};

struct demo_link demo_link_make(const char *socket);

/* True when Redis answers and a service holds a lease on the queue. */
bool demo_link_is_served(struct demo_link *l);

/* Pushes up to DEMO_PUSH_MAX events in one LPUSH and notes when. Returns how
 * many; 0 while Redis is away: ask again. */
size_t demo_link_push(struct demo_link *l, struct demo_event *events,
                      size_t count);

/* Hands over the outcomes that came; waits for none. Nothing happens while
 * Redis is away. */
void demo_link_read(struct demo_link *l,
                    void (*show)(void *arg, const struct outcome_entry *entry),
                    void *arg);

void demo_link_close(struct demo_link *l);

#endif

/* When this process may take the leases of others that ran out: pure.
 *
 * After Redis was away, or its clock jumped, leases look expired whose owners
 * live and only could not renew: they get one lease's time to do so. */
#ifndef EXTQ_MODEL_SWEEP_H
#define EXTQ_MODEL_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

struct sweep {
    int64_t lease_ms;
    int64_t from_ms;   /* monotonic: no sweep before */
    int64_t server_ms; /* the last reading of both clocks; 0 = none */
    int64_t mono_ms;
};

/* Connected, for the first time or again. uptime_ms is the server's, 0 when
 * unknown: a server that was up for longer than a lease, met for the first
 * time, needs no grace. */
void sweep_connected(struct sweep *s, int64_t now_ms, int64_t uptime_ms);

/* A reading of the server's clock, taken at now_ms (monotonic). */
void sweep_read_clock(struct sweep *s, int64_t now_ms, int64_t server_ms);

bool sweep_allowed(const struct sweep *s, int64_t now_ms);

#endif

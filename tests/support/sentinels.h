/* Three real Redis servers and three Sentinels that watch over them, on
 * loopback: who is the primary changes when it dies. */
#ifndef EXTQ_SUPPORT_SENTINELS_H
#define EXTQ_SUPPORT_SENTINELS_H

#include "link/redis_address.h"

#include <stdint.h>

enum { SENTINELS = 3 };

struct sentinels;

/* Waits until all know each other. `settings` are more of the servers
 * ("min-replicas-to-write 1"), one a line. Fails the test when it cannot. The
 * caller closes it. */
struct sentinels *sentinels_open(const char *settings);

/* The same, all of it over TLS alone; and the files that a client needs. */
struct sentinels *sentinels_open_tls(const char *settings);
const struct redis_files *sentinels_files(const struct sentinels *s);

void sentinels_close(struct sentinels **s);

/* "sentinel://127.0.0.1:...,.../main"; lives as long as it. */
const char *sentinels_url(const struct sentinels *s);

/* Kills the primary with SIGKILL, waits until another one is, and starts the
 * dead one again. Returns after how many ms the new one took writes. */
int64_t sentinels_fail_over(struct sentinels *s);

/* The two halves of it. While the dead one is away, the new one may want it
 * before it takes writes: with cut, and min-replicas-to-write. */
int64_t sentinels_kill_primary(struct sentinels *s);
void sentinels_mend(struct sentinels *s);

/* The primary's replicas hear no more of it, until it is killed. */
void sentinels_cut(struct sentinels *s);

/* SIGKILL to one Sentinel, for good. */
void sentinels_kill_one(struct sentinels *s, unsigned which);

#endif

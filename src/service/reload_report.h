/* What came of a reload, told to the `extq reload` that asked for it.
 *
 * The command listens at a socket named after the service's pid and sends
 * SIGHUP; the service, once it is done, says there what changed, or why nothing
 * did. Nobody but root and the service's own user is told. It needs neither
 * Redis nor the ops port: either may be what the new configuration mends. */
#ifndef EXTQ_SERVICE_RELOAD_REPORT_H
#define EXTQ_SERVICE_RELOAD_REPORT_H

#include "base/buf.h"
#include "service/config_changes.h"

#include <stdint.h>

/* What a report of success begins with; any other is one of failure. */
extern const char reload_report_good[];

/* The service: one reload's. */
struct reload_report {
    struct buf text;
    size_t changes;
};

struct reload_report reload_report_make(void);

/* A change: goes to the log as well, unless it is one of too many. */
void reload_report_change(void *report, const struct config_change *change);

/* The reload is over; why is NULL when it did what it should. Tells who waits
 * for it, if anybody does, and frees what the report has. */
void reload_report_send(struct reload_report *r, const struct why *why);

/* The command: a socket at which the service of that pid (its own, within a
 * container) finds it, to be made before the signal; -1 with errno. */
int reload_report_listen(int64_t own_pid);

/* The pid of who listens there already, when errno says EADDRINUSE; 0 = not
 * known. Any user of the machine can. */
int64_t reload_report_rival(int64_t own_pid);

/* Waits for the report of the process of that pid (ours); limit_ms at most.
 * Returns ERR_OK with its lines in *ret; ERR_ABSENT when none came or the
 * process ended; ERR_MEMORY. */
enum err reload_report_await(int fd, int64_t pid, int64_t limit_ms,
                             struct buf *ret) must_check;

#endif

/* Enqueues again what Redis does not know. */
#ifndef EXTQ_CLI_RECONCILE_PUSH_H
#define EXTQ_CLI_RECONCILE_PUSH_H

#include "cli/reconcile_read.h"
#include "cli/reconcile_scan.h"

/* Reads the ledger again and pushes each job whose id is unknown after the
 * scan, once, with the bytes that it has there, at the scan's pace. Returns an
 * exit_code, what went wrong was said; *ret_pushed is how many Redis has
 * acknowledged, in every case. */
int reconcile_push(struct scan *s, const char *queue, struct ledger_file *file,
                   uint64_t *ret_pushed);

#endif

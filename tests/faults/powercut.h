/* A power cut of Redis: SIGKILL, and of each file in its append-only folder
 * only what was synced survives, and a random part of the rest. */
#ifndef EXTQ_FAULTS_POWERCUT_H
#define EXTQ_FAULTS_POWERCUT_H

#include "faults/rig.h"

#include <stdint.h>

enum { POWERCUT_FILES = 4096 };

/* What preload_powercut.c writes. */
struct powercut_table {
    uint64_t syncs;
    struct {
        uint64_t inode; /* 0 = free */
        int64_t synced; /* bytes */
    } files[POWERCUT_FILES];
};

struct powercut {
    struct temp_path table;
    struct temp_path data;       /* the append-only folder */
    int64_t unsynced, forgotten; /* bytes, of all cuts */
};

/* Before rig_open: the redis-server that it starts is preloaded. */
void powercut_prepare(struct powercut *p);

/* After it; fails the test when syncs are not seen. */
void powercut_begin(struct powercut *p, struct rig *r);

/* The cut, once services have had the file of the last start rewritten (until
 * then a second one can lose jobs), and a start on what is left; as one fault,
 * what services held exposed. */
void powercut_strike(struct powercut *p, struct rig *r);

/* The two halves of it. */
void powercut_cut(struct powercut *p, struct rig *r);
void powercut_start_again(struct powercut *p, struct rig *r);

#endif

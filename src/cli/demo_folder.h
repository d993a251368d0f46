/* The private folder of `extq demo`, and the files in it. */
#ifndef EXTQ_CLI_DEMO_FOLDER_H
#define EXTQ_CLI_DEMO_FOLDER_H

#include "base/err.h"

enum { DEMO_PATH_MAX = 128 };

struct demo_folder {
    char dir[DEMO_PATH_MAX]; /* empty = none was made */
    char config[DEMO_PATH_MAX];
    char token[DEMO_PATH_MAX];
    char log[DEMO_PATH_MAX];
    char socket[DEMO_PATH_MAX]; /* of the embedded Redis */
    unsigned ops_port;          /* of 127.0.0.1; 0 = none */
};

/* Makes it (0700) under $TMPDIR, or /tmp. ERR_IO. */
enum err demo_folder_make(struct demo_folder *ret, struct why *why) must_check;

/* Writes the service's configuration and the token file. ERR_IO. */
enum err demo_folder_fill(const struct demo_folder *f, unsigned port,
                          const char *token, struct why *why) must_check;

/* Removes it and what is in it. Whoever just ended may still be cleaning up
 * in there, so this goes on for a few seconds. ERR_IO when something stays. */
enum err demo_folder_remove(struct demo_folder *f) must_check;

#endif

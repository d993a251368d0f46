/* One reading of the configuration under way: the file's tree, the struct
 * being filled, and the first thing found wrong.
 *
 * Problems do not stop the reading: collections are read after the keys they
 * depend on, in whatever order the file has them, and what stands first in the
 * file is reported. The functions below return ERR_MEMORY or ERR_OK. */
#ifndef EXTQ_SERVICE_CONFIG_READING_H
#define EXTQ_SERVICE_CONFIG_READING_H

#include "service/config.h"
#include "service/config_value.h"
#include "service/config_yaml.h"

enum { POINTS_LISTED_MAX = 1000, EXTENSIONS_LISTED_MAX = 20000 };

struct reading {
    struct config *config;
    const char *file; /* as given; "" = none */
    char folder[CONFIG_PATH_MAX];
    struct document *tree; /* owned; NULL without a file */
    const struct node *queues, *extensions, *points; /* NULL = not given */
    size_t problems;                                 /* how many so far */
    struct place first;                              /* of what is wrong */
    struct why why;
};

/* Keeps the problem when it is the first so far. place.line 0 = not in the
 * file, behind all that is; key may be "". */
void reading_complain(struct reading *r, struct place place, const char *key,
                      const char *fmt, ...) like_printf(4, 5);

/* The same for the value of a key without *, wherever it came from: names its
 * variable when that is set. */
void reading_complain_key(struct reading *r, const char *key, const char *fmt,
                          ...) like_printf(3, 4);

/* The file's keys outside of collections; notes where those are. */
void reading_service_keys(struct reading *r);

/* EXTQ_* variables that are set and not empty. */
void reading_environment(struct reading *r);

/* What those keys and variables left: queues, points, extensions. */
enum err reading_collections(struct reading *r) must_check;

/* One section: keys of path (as in the table) into target; shown is the path
 * as the user wrote it. */
struct section {
    const char *path, *shown;
    struct config_target target;
};
void reading_section(struct reading *r, const struct section *section,
                     const struct node *node);

/* True when the node is a map with distinct scalar keys; complains if not.
 * An absent value is an empty map: *ret_count 0. */
bool reading_is_map(struct reading *r, const char *shown,
                    const struct node *node, size_t *ret_count);

/* The value of that member of a map, or NULL. */
const struct node *reading_member(const struct reading *r,
                                  const struct node *map, struct span name);

/* What follows from the values: addresses, cores, names; then what must hold
 * between them. */
void reading_derive(struct reading *r);
void reading_cross_check(struct reading *r);

#endif

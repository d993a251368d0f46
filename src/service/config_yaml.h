/* YAML text as a tree that knows where each part stands; hides libyaml.
 *
 * Bounded before anything is built: bytes, nodes, depth. Aliases are shared
 * nodes and may form cycles, so a walk must be bounded by what it looks for,
 * never by the tree. */
#ifndef EXTQ_SERVICE_CONFIG_YAML_H
#define EXTQ_SERVICE_CONFIG_YAML_H

#include "base/err.h"
#include "base/span.h"

enum {
    YAML_BYTES_MAX = 4 << 20,
    YAML_NODES_MAX = 200000,
    YAML_DEPTH_MAX = 16,
    YAML_ANCHORS_MAX = 100, /* libyaml compares each with all */
};

struct document;
struct node; /* borrowed from its document */

/* Counted from 1; line 0 = nowhere. */
struct place {
    size_t line, column;
};

enum node_kind { NODE_NOTHING, NODE_SCALAR, NODE_LIST, NODE_MAP };

/* ERR_SYNTAX with *ret_at and *why: not YAML, more than one document, or over
 * a bound. ERR_MEMORY. */
enum err document_open(struct span text, struct document **ret,
                       struct place *ret_at, struct why *why) must_check;
void document_close(struct document **d);

/* NULL for an empty document. */
const struct node *document_root(const struct document *d);

/* NODE_NOTHING for NULL and for a plain empty scalar, null or ~. */
enum node_kind node_kind(const struct node *n);
struct place node_place(const struct node *n);

/* The text of a scalar. */
struct span node_text(const struct node *n);

/* True when the node carries a tag other than YAML's own for its kind. */
bool node_has_tag(const struct node *n);

/* Items of a list, members of a map; 0 for others. i < count. */
size_t node_count(const struct node *n);
const struct node *node_item(const struct document *d, const struct node *n,
                             size_t i);
const struct node *node_key(const struct document *d, const struct node *n,
                            size_t i);
const struct node *node_value(const struct document *d, const struct node *n,
                              size_t i);

#endif

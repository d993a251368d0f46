#include "service/config_yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct document {
    yaml_document_t tree;
};

static enum err refuse(struct why *why, const char *what)
{
    return why_set(why, ERR_SYNTAX, "%s", what);
}

static struct place place_of(yaml_mark_t mark)
{
    return (struct place){mark.line + 1, mark.column + 1};
}

/* The reader knows only the offset of a byte it does not like. */
static struct place place_at(struct span text, size_t offset)
{
    struct place at = {1, 1};

    for (size_t i = 0; i < offset && i < text.len; i++) {
        at.column++;
        if (text.at[i] == '\n')
            at = (struct place){at.line + 1, 1};
    }
    return at;
}

/* libyaml does not say so, and nobody sees it. */
static bool is_tab(struct span text, struct place at)
{
    struct span line;

    do
        line = span_cut(&text, '\n');
    while (--at.line > 0);
    return at.column <= line.len && line.at[at.column - 1] == '\t';
}

static enum err parser_error(const yaml_parser_t *p, struct span text,
                             struct place *ret_at, struct why *why)
{
    /* libyaml forgets to name some of its failed allocations. */
    if (p->error == YAML_MEMORY_ERROR || p->error == YAML_NO_ERROR)
        return ERR_MEMORY;
    *ret_at = p->error == YAML_READER_ERROR ? place_at(text, p->problem_offset)
                                            : place_of(p->problem_mark);
    return why_set(why, ERR_SYNTAX, "not YAML: %s%s%s%s",
                   p->context ? p->context : "", p->context ? ", " : "",
                   p->problem ? p->problem : "syntax error",
                   is_tab(text, *ret_at) ? " (a tab: indent by spaces)" : "");
}

/* UTF-8 only: libyaml would otherwise guess UTF-16 from the first bytes. */
static enum err parser_open(yaml_parser_t *p, struct span text)
{
    if (!yaml_parser_initialize(p))
        return ERR_MEMORY;
    yaml_parser_set_encoding(p, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(p, (const unsigned char *)text.at, text.len);
    return ERR_OK;
}

/* What the survey has met so far. */
struct tally {
    size_t nodes, depth, documents, anchors;
};

static bool has_anchor(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return event->data.scalar.anchor != NULL;
    case YAML_SEQUENCE_START_EVENT:
        return event->data.sequence_start.anchor != NULL;
    case YAML_MAPPING_START_EVENT:
        return event->data.mapping_start.anchor != NULL;
    default:
        return false;
    }
}

static enum err count(struct tally *t, const yaml_event_t *event,
                      struct why *why)
{
    if (has_anchor(event) && ++t->anchors > YAML_ANCHORS_MAX)
        return refuse(why, "too many anchors");
    switch (event->type) {
    case YAML_DOCUMENT_START_EVENT:
        if (++t->documents > 1)
            return refuse(why, "a second document begins here; only one is "
                               "read");
        return ERR_OK;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        if (++t->depth > YAML_DEPTH_MAX)
            return refuse(why, "nested too deeply");
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        t->depth--;
        return ERR_OK;
    case YAML_SCALAR_EVENT:
    case YAML_ALIAS_EVENT:
        break;
    default:
        return ERR_OK;
    }
    if (++t->nodes > YAML_NODES_MAX)
        return refuse(why, "too many values");
    return ERR_OK;
}

/* Reads the text once as a stream, which takes constant memory, so that the
 * tree is built only from what is within bounds. */
static enum err survey(struct span text, struct place *ret_at, struct why *why)
{
    struct tally tally = {0};
    yaml_parser_t parser;
    yaml_event_t event;
    bool ended = false;
    enum err e = parser_open(&parser, text);

    if (e)
        return e;
    while (!e && !ended) {
        if (!yaml_parser_parse(&parser, &event)) {
            e = parser_error(&parser, text, ret_at, why);
            break;
        }
        e = count(&tally, &event, why);
        if (e)
            *ret_at = place_of(event.start_mark);
        ended = event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    return e;
}

static enum err build(struct span text, struct document *d,
                      struct place *ret_at, struct why *why)
{
    yaml_parser_t parser;
    enum err e = parser_open(&parser, text);

    if (e)
        return e;
    if (!yaml_parser_load(&parser, &d->tree))
        e = parser_error(&parser, text, ret_at, why);
    yaml_parser_delete(&parser);
    return e;
}

enum err document_open(struct span text, struct document **ret,
                       struct place *ret_at, struct why *why)
{
    struct document *d;
    enum err e;

    *ret_at = (struct place){1, 1};
    if (text.len > YAML_BYTES_MAX)
        return refuse(why, "the file is too large");
    e = survey(text, ret_at, why);
    if (e)
        return e;
    d = calloc(1, sizeof *d);
    if (!d)
        return ERR_MEMORY;
    e = build(text, d, ret_at, why);
    if (e) {
        free(d);
        return e;
    }
    *ret = d;
    return ERR_OK;
}

void document_close(struct document **d)
{
    if (!*d)
        return;
    yaml_document_delete(&(*d)->tree);
    free(*d);
    *d = NULL;
}

/* libyaml's readers take the tree without const and leave it alone. */
static yaml_node_t *node_get(const struct document *d, int index)
{
    union {
        const yaml_document_t *in;
        yaml_document_t *out;
    } tree = {.in = &d->tree};

    return yaml_document_get_node(tree.out, index);
}

static const yaml_node_t *inside(const struct node *n)
{
    return (const yaml_node_t *)n;
}

const struct node *document_root(const struct document *d)
{
    return (const struct node *)node_get(d, 1);
}

/* Quoted it is a text: "null" is somebody's name. */
static bool is_null(const yaml_node_t *n)
{
    const struct span text = {(const char *)n->data.scalar.value,
                              n->data.scalar.length};

    return n->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (text.len == 0 || span_is(text, "~") || span_is(text, "null"));
}

enum node_kind node_kind(const struct node *n)
{
    if (!n || inside(n)->type == YAML_NO_NODE)
        return NODE_NOTHING;
    if (inside(n)->type == YAML_SEQUENCE_NODE)
        return NODE_LIST;
    if (inside(n)->type == YAML_MAPPING_NODE)
        return NODE_MAP;
    return is_null(inside(n)) ? NODE_NOTHING : NODE_SCALAR;
}

struct place node_place(const struct node *n)
{
    return place_of(inside(n)->start_mark);
}

struct span node_text(const struct node *n)
{
    return (struct span){(const char *)inside(n)->data.scalar.value,
                         inside(n)->data.scalar.length};
}

bool node_has_tag(const struct node *n)
{
    const char *own = YAML_DEFAULT_SCALAR_TAG;

    if (inside(n)->type == YAML_SEQUENCE_NODE)
        own = YAML_DEFAULT_SEQUENCE_TAG;
    else if (inside(n)->type == YAML_MAPPING_NODE)
        own = YAML_DEFAULT_MAPPING_TAG;
    return strcmp((const char *)inside(n)->tag, own) != 0;
}

size_t node_count(const struct node *n)
{
    const yaml_node_t *in = inside(n);

    if (in->type == YAML_SEQUENCE_NODE)
        return (size_t)(in->data.sequence.items.top -
                        in->data.sequence.items.start);
    if (in->type == YAML_MAPPING_NODE)
        return (size_t)(in->data.mapping.pairs.top -
                        in->data.mapping.pairs.start);
    return 0;
}

const struct node *node_item(const struct document *d, const struct node *n,
                             size_t i)
{
    return (const struct node *)node_get(
        d, inside(n)->data.sequence.items.start[i]);
}

const struct node *node_key(const struct document *d, const struct node *n,
                            size_t i)
{
    return (const struct node *)node_get(
        d, inside(n)->data.mapping.pairs.start[i].key);
}

const struct node *node_value(const struct document *d, const struct node *n,
                              size_t i)
{
    return (const struct node *)node_get(
        d, inside(n)->data.mapping.pairs.start[i].value);
}

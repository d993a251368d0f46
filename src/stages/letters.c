#include "stages/letters.h"

#include "link/library.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum { HEAD = 17, EACH = 5, CLASS_SIZE = 48 };

struct named {
    size_t name, name_len; /* in the names of all */
    char id[IDENT_MAX + 1], container[IDENT_MAX + 1], point[IDENT_MAX + 1];
    char class[CLASS_SIZE];
};

struct letters_batch {
    size_t count;
    struct buf names;
    int words;
    char outcomes_max[24], suspect_claims[12], parked[KEY_MAX];
    struct named *letters; /* owned; so are the next two, which have room for
                              the words of all letters */
    const char **at;
    size_t *lens;
    size_t room;
};

struct letters_batch *letters_batch_open(void)
{
    struct letters_batch *b = calloc(1, sizeof *b);

    if (b)
        b->names = buf_make(SIZE_MAX / 2);
    return b;
}

void letters_batch_close(struct letters_batch **b)
{
    if (!*b)
        return;
    buf_clear(&(*b)->names);
    free((*b)->letters);
    free((*b)->at);
    free((*b)->lens);
    free(*b);
    *b = NULL;
}

void letters_batch_reset(struct letters_batch *b)
{
    b->count = 0;
    buf_reset(&b->names);
}

static bool grow_one(void *array, size_t count, size_t size)
{
    void **at = array, *grown = reallocarray(*at, count, size);

    if (grown)
        *at = grown;
    return grown;
}

static enum err grow(struct letters_batch *b)
{
    size_t room = b->room > 0 ? 2 * b->room : PAGING_FIRST;
    size_t words = HEAD + EACH * room;

    if (!grow_one(&b->letters, room, sizeof *b->letters) ||
        !grow_one(&b->at, words, sizeof *b->at) ||
        !grow_one(&b->lens, words, sizeof *b->lens))
        return ERR_MEMORY;
    b->room = room;
    return ERR_OK;
}

enum err letters_batch_add(struct letters_batch *b, const struct letter *l)
{
    enum err e = b->count < b->room ? ERR_OK : grow(b);
    struct named *n;

    if (!e)
        e = buf_add(&b->names, l->name.at, l->name.len);
    if (e)
        return ERR_MEMORY;
    n = &b->letters[b->count++];
    n->name = b->names.len - l->name.len;
    n->name_len = l->name.len;
    (void)span_copy(l->id, n->id, sizeof n->id);
    (void)span_copy(l->container, n->container, sizeof n->container);
    (void)span_copy(l->point, n->point, sizeof n->point);
    (void)span_copy(l->class, n->class, sizeof n->class);
    return ERR_OK;
}

size_t letters_batch_count(const struct letters_batch *b)
{
    return b->count;
}

static void put(struct letters_batch *b, struct span word)
{
    b->at[b->words] = word.at;
    b->lens[b->words++] = word.len;
}

static void put_head(struct letters_batch *b, const struct letters_order *o)
{
    const struct queue_keys *k = o->keys;
    const char *const words[HEAD] = {
        "FCALL",
        library_letters,
        "8",
        k->dead,
        k->later,
        b->parked,
        k->outcomes,
        k->meta,
        k->gates,
        k->changes,
        k->parked,
        o->op == LETTERS_RETRY ? "retry" : "drop",
        letter_place_text(o->place),
        b->outcomes_max,
        o->by,
        o->gate,
        b->suspect_claims,
    };

    keys_parked(b->parked, k, o->gate);
    (void)snprintf(b->outcomes_max, sizeof b->outcomes_max, "%zu",
                   o->outcomes_max);
    (void)snprintf(b->suspect_claims, sizeof b->suspect_claims, "%" PRIu32,
                   o->suspect_claims);
    for (size_t i = 0; i < HEAD; i++)
        put(b, span_of(words[i]));
}

void letters_batch_words(struct letters_batch *b,
                         const struct letters_order *order, size_t first,
                         size_t count, struct redis_words *ret)
{
    b->words = 0;
    put_head(b, order);
    for (size_t i = first; i < first + count; i++) {
        const struct named *n = &b->letters[i];

        put(b, (struct span){b->names.at + n->name, n->name_len});
        put(b, span_of(n->id));
        put(b, span_of(n->container));
        put(b, span_of(n->point));
        put(b, span_of(n->class));
    }
    *ret = (struct redis_words){b->words, b->at, b->lens};
}

enum err letters_done(const struct reply *reply, uint64_t *ret)
{
    if (reply_kind(reply) != REPLY_LIST || reply_count(reply) != 2)
        return ERR_REPLY;
    *ret = (uint64_t)reply_number(reply_at(reply, 1));
    return ERR_OK;
}

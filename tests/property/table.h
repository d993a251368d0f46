/* A Redis list, hash or sorted set as the model has it: rows in their order. */
#ifndef EXTQ_PROPERTY_TABLE_H
#define EXTQ_PROPERTY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { ROW_TEXT = 400, ROW_KEY = 96 };

struct row {
    char key[ROW_KEY];   /* of a hash; otherwise empty */
    char text[ROW_TEXT]; /* the value, element or member */
    int64_t score;       /* of a sorted set */
};

struct rows {
    struct row *at; /* owned */
    size_t count, size;
};

void rows_free(struct rows *r);
void rows_copy(struct rows *to, const struct rows *from);

/* List. */
void rows_push(struct rows *r, const char *text);
void rows_unshift(struct rows *r, const char *text);
struct row rows_take(struct rows *r, size_t i);

/* Hash, its rows in the order of their keys; rows_get is NULL when there is no
 * such field. */
void rows_set(struct rows *r, const char *key, const char *text);
const char *rows_get(const struct rows *r, const char *key);
bool rows_unset(struct rows *r, const char *key);
int64_t rows_increase(struct rows *r, const char *key, int64_t by);

/* Sorted set, by score and then by member; rows_score is -1 for no member. */
void rows_rank(struct rows *r, const char *text, int64_t score);
int64_t rows_score(const struct rows *r, const char *text);
void rows_unrank(struct rows *r, const char *text);

#endif

#include "base/ident.h"

/* The sets that a byte belongs to; in the table, A is what is in all. */
enum { NAME = 1, ID = 2, QUEUE = 4 };
enum { O, A = NAME | ID | QUEUE, D = NAME | QUEUE, T = NAME, C = ID };

static const unsigned char sets[256] = {
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* controls */
    O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, O, /* controls */
    O, O, O, O, O, O, O, O, O, O, O, O, O, A, D, O, /* - . */
    A, A, A, A, A, A, A, A, A, A, C, O, O, O, O, O, /* 0 to 9 : */
    O, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* A to O */
    A, A, A, A, A, A, A, A, A, A, A, O, O, O, O, A, /* P to Z _ */
    O, A, A, A, A, A, A, A, A, A, A, A, A, A, A, A, /* a to o */
    A, A, A, A, A, A, A, A, A, A, A, O, O, O, T, O, /* p to z ~ */
};

enum { QUEUE_MAX = 64, SECRET_MAX = 4096 };

static bool is_all(struct span s, unsigned set, size_t max)
{
    if (s.len == 0 || s.len > max)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (!(sets[(unsigned char)s.at[i]] & set))
            return false;
    return true;
}

bool ident_is_name(struct span s)
{
    return is_all(s, NAME, IDENT_MAX);
}

bool ident_is_id(struct span s)
{
    return is_all(s, ID, IDENT_MAX);
}

bool ident_is_queue(struct span s)
{
    return is_all(s, QUEUE, QUEUE_MAX);
}

bool ident_is_secret(struct span s)
{
    if (s.len == 0 || s.len > SECRET_MAX)
        return false;
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] <= ' ' || s.at[i] > '~')
            return false;
    return true;
}

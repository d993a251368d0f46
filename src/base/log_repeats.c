#include "base/log_repeats.h"

uint64_t log_repeat_id(const char *text, size_t len)
{
    uint64_t id = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < len; i++)
        id = (id ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return id ? id : 1;
}

bool log_repeats_count(struct log_repeats *r, uint64_t id, int64_t now_ms)
{
    for (size_t i = 0; i < LOG_REPEATS; i++) {
        struct log_repeat *at = &r->at[i];

        if (at->id != id || at->until_ms <= now_ms)
            continue;
        at->count++;
        return true;
    }
    return false;
}

struct log_repeat *log_repeats_place(struct log_repeats *r)
{
    struct log_repeat *first = &r->at[0];

    for (size_t i = 0; i < LOG_REPEATS; i++) {
        if (r->at[i].id == 0)
            return &r->at[i];
        if (r->at[i].until_ms < first->until_ms)
            first = &r->at[i];
    }
    return first;
}

struct log_repeat *log_repeats_over(struct log_repeats *r, int64_t now_ms)
{
    for (size_t i = 0; i < LOG_REPEATS; i++)
        if (r->at[i].id != 0 && r->at[i].until_ms <= now_ms)
            return &r->at[i];
    return NULL;
}

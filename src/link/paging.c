#include "link/paging.h"

enum { PAGE_BYTES = 512 << 10 };

uint64_t paging_after(uint64_t page, uint64_t bytes)
{
    if (bytes > PAGE_BYTES)
        page = page * PAGE_BYTES / bytes;
    else if (bytes < PAGE_BYTES / 2)
        page *= 2;
    if (page > PAGING_MAX)
        return PAGING_MAX;
    return page > 0 ? page : 1;
}

uint64_t paging_bytes(const struct reply *r)
{
    uint64_t sum = reply_span(r).len;

    for (size_t i = 0; i < reply_count(r); i++)
        sum += paging_bytes(reply_at(r, i));
    return sum;
}

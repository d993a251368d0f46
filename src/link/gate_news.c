#include "link/gate_news.h"

enum { COLUMNS = 3 };

size_t gate_news_count(const struct reply *list, size_t first)
{
    size_t count = reply_count(list);

    return count > first ? (count - first) / COLUMNS : 0;
}

void gate_news_at(const struct reply *list, size_t first, size_t i,
                  struct gate_news *ret)
{
    size_t at = first + COLUMNS * i;
    int64_t parked = reply_number(reply_at(list, at + 2));

    ret->gate = reply_span(reply_at(list, at));
    ret->parked = parked > 0 ? (uint64_t)parked : 0;
    if (gate_state_read(reply_span(reply_at(list, at + 1)), &ret->state))
        ret->state = (struct gate_state){
            .kind = GATE_PAUSED,
            .mark = span_of("-"),
            .why = span_of("its state cannot be read"),
        };
}

#include "cli/bench_rows.h"

#define SHAPE(...)                                                             \
    {                                                                          \
        __VA_ARGS__                                                            \
    }

const struct bench_row bench_rows[] = {
    {"throughput1", "one worker thread beside the bare loop", row_load,
     SHAPE(1, 1, 64), 100000, 4000, 0, 0, 0},
    {"throughput2", "two worker threads beside the bare loop", row_load,
     SHAPE(1, 2, 64), 200000, 4000, 0, 0, 0},
    {"redis_cpu", "Redis, claim to outcome, beside the bare Redis loop",
     row_redis, SHAPE(1, 1, 256), 100000, 4000, 0, 0, 0},
    {"latency", "from the push to the request, on an idle system", row_latency,
     SHAPE(1, 1, 64), 500, 20, 0, 0, 0},
    {"flight1k", "1,000 in flight, the extension takes 100 ms", row_load,
     SHAPE(1, 1, 1000), 40000, 4000, 100, 42, 60},
    {"flight10k", "10,000 in flight, the extension takes 1 s", row_load,
     SHAPE(1, 1, 10000), 70000, 30000, 1000, 45, 250},
    {"idle", "a service without work", row_idle, SHAPE(1, 0, 256), 10, 1, 0, 0,
     0},
    {"processes", "1, 2, 3 and 4 processes of one worker", row_processes,
     SHAPE(1, 1, 128), 100000, 4000, 0, 0, 0},
    {"slow", "others, while 3,000 requests hang", row_slow, SHAPE(1, 1, 64),
     30000, 2000, 0, 0, 0},
    {"https", "10,000 distinct HTTPS extensions", row_https, SHAPE(1, 1, 10000),
     10000, 300, 0, 0, 0},
    {"nginx", "one worker thread, against nginx", row_nginx, SHAPE(1, 1, 64),
     100000, 4000, 0, 0, 0},
    {"http2", "HTTP/2 over TLS to nginx, against HTTP/1.1", row_http2,
     SHAPE(1, 1, 64), 100000, 4000, 0, 0, 0},
    {"http2_1k", "the same, 1,000 in flight", row_http2, SHAPE(1, 1, 1000),
     100000, 8000, 0, 0, 0},
    {"backlog", "a million jobs waiting, against a thousand", row_backlog,
     SHAPE(1, 1, 64), 1000000, 20000, 0, 0, 0},
    {"retries", "a million retries due, against a thousand", row_retries,
     SHAPE(1, 1, 64), 1000000, 20000, 0, 0, 0},
    {NULL, NULL, NULL, SHAPE(0, 0, 0), 0, 0, 0, 0, 0},
};

uint64_t row_jobs(const struct bench *b, const struct bench_row *row)
{
    if (b->jobs)
        return b->jobs;
    return b->quick ? row->quick_jobs : row->jobs;
}

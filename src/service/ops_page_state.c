#include "service/ops_page.h"

#include "base/clock.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 512 };

static void write_readiness(struct page *p, struct page_text *t)
{
    struct why sick = {""}, idle = {""};
    bool healthy = ops_is_healthy(p->ops, &sick);
    bool ready = ops_is_ready(p->ops, &idle);

    page_put(t, ",\"healthy\":%s", healthy ? "true" : "false");
    page_quote(t, ",\"sick\":", span_of(sick.text), TEXT_MOST);
    page_put(t, ",\"ready\":%s", ready ? "true" : "false");
    page_quote(t, ",\"idle\":", span_of(idle.text), TEXT_MOST);
}

static void write_service(struct page *p, struct page_text *t)
{
    const struct page_scope *s = &p->scope;

    page_put(t, "{\"now\":%" PRId64 ",\"started\":%" PRId64, clock_wall_ms(),
             p->ops->started_ms);
    page_quote(t, ",\"version\":", span_of(EXTQ_VERSION), TEXT_MOST);
    page_quote(t, ",\"name\":", span_of(s->name), TEXT_MOST);
    page_put(t,
             ",\"admin\":%s,\"workers\":%u,\"busy\":%u,\"limit\":%u,"
             "\"lag_us\":%" PRId64,
             s->admin ? "true" : "false", s->workers, s->busy, s->limit,
             s->lag_us);
    write_readiness(p, t);
}

/* "used_memory:1024\r\n" */
static int64_t info_number(struct span info, const char *name)
{
    size_t len = strlen(name);

    while (info.len > 0) {
        struct span line = span_cut(&info, '\n');
        struct span value = span_cut(&line, '\r');
        uint64_t number = 0;

        if (value.len <= len || memcmp(value.at, name, len) != 0)
            continue;
        value.at += len;
        value.len -= len;
        return span_number(value, &number) ? (int64_t)number : 0;
    }
    return 0;
}

static void write_memory(struct page *p, struct page_text *t)
{
    const char *argv[] = {"INFO", "memory"};
    const struct reply *reply;

    if (page_ask_redis(p, 2, argv, &reply))
        return;
    page_put(t, ",\"memory\":%" PRId64 ",\"memory_max\":%" PRId64,
             info_number(reply_span(reply), "used_memory:"),
             info_number(reply_span(reply), "maxmemory:"));
}

static void write_queues(struct page *p, struct page_text *t)
{
    enum err e = ERR_OK;
    size_t whole = t->out->len;

    page_put(t, ",\"queues\":[");
    for (size_t n = 0; !e && n < p->scope.queue_count; n++) {
        page_put(t, "%s", n > 0 ? "," : "");
        e = page_write_queue(p, p->scope.queues[n], t);
    }
    page_put(t, "]");
    if (e && !t->err)
        buf_cut(t->out, whole);
    else
        p->read_ms = clock_mono_ms();
    if (e)
        redis_sync_close(&p->redis);
}

static void write_redis(struct page *p, struct page_text *t)
{
    char address[2 * REDIS_PATH_MAX];

    p->why.text[0] = '\0';
    write_queues(p, t);
    redis_address_text(&p->scope.redis, address, sizeof address);
    page_quote(t, ",\"redis\":{\"address\":", span_of(address), TEXT_MOST);
    page_put(t, ",\"ok\":%s", p->redis ? "true" : "false");
    if (p->redis)
        write_memory(p, t);
    page_quote(t, ",\"why\":", span_of(p->why.text), TEXT_MOST);
    page_put(t, ",\"age_ms\":%" PRId64 "}",
             p->read_ms ? clock_mono_ms() - p->read_ms : -1);
}

void page_write_state(struct page *p, struct page_text *t)
{
    page_put(t, "event: state\ndata: ");
    write_service(p, t);
    write_redis(p, t);
    page_put(t, "}\n\n");
}

#include "link/redis_reader.h"

enum {
    DEPTH_MAX = 7,          /* as in hiredis 0.14; later ones have no limit */
    ELEMENTS_MAX = 1 << 20, /* in a reply, with all that is nested */
    RATE = 16,              /* bytes per ms that a slow reply must keep up */
    SLOW_MAX_MS = 240000,   /* what a reply may be slow in all */
};

/* Redis itself stores no longer text (proto-max-bulk-len), and a claim may
 * have to carry one away. */
#define TEXT_MAX  ((size_t)512 << 20)
#define BYTES_MAX (TEXT_MAX + ((size_t)64 << 20))

/* What hiredis keeps of its buffer between replies: those of claims fit. */
#define BUFFER_KEEP ((size_t)256 << 10)

#if HIREDIS_MAJOR >= 1
typedef size_t element_count;
#else
typedef int element_count;
#endif

static unsigned depth_of(const redisReadTask *task)
{
    unsigned depth = 0;

    while ((task = task->parent) && depth <= DEPTH_MAX)
        depth++;
    return depth;
}

/* Why the next piece of a reply cannot be taken; NULL = it can. An error that
 * nobody asked for is Redis's way to turn a client away. */
static const char *objection(const struct redis_reader *w,
                             const redisReadTask *task)
{
    if (task->type > REDIS_REPLY_ERROR)
        return "a reply of a kind that was not agreed on";
    if (!task->parent && task->type != REDIS_REPLY_ERROR && w->expects &&
        !w->expects(w->owner))
        return "a reply that nobody asked for";
    if (w->elements > ELEMENTS_MAX || w->bytes > BYTES_MAX)
        return "a reply that is too large";
    if (depth_of(task) > DEPTH_MAX)
        return "a reply that is nested too deeply";
    return NULL;
}

/* Counts a piece of a reply; NULL when hiredis must not make it. */
static struct redis_reader *admit(const redisReadTask *task, size_t elements,
                                  size_t bytes)
{
    struct redis_reader *w = task->privdata;

    if (!task->parent)
        redis_reader_next(w);
    w->elements =
        elements > ELEMENTS_MAX ? ELEMENTS_MAX + 1 : w->elements + elements;
    w->bytes += bytes;
    w->arrived += bytes + 4;
    w->why = objection(w, task);
    return w->why ? NULL : w;
}

static void *make_text(const redisReadTask *task, char *at, size_t len)
{
    const struct redis_reader *w = admit(task, 0, len);

    return w ? w->makers->createString(task, at, len) : NULL;
}

static void *make_list(const redisReadTask *task, element_count count)
{
    const struct redis_reader *w = admit(task, (size_t)count, 0);

    return w ? w->makers->createArray(task, count) : NULL;
}

static void *make_number(const redisReadTask *task, long long number)
{
    const struct redis_reader *w = admit(task, 0, 0);

    return w ? w->makers->createInteger(task, number) : NULL;
}

static void *make_nil(const redisReadTask *task)
{
    const struct redis_reader *w = admit(task, 0, 0);

    return w ? w->makers->createNil(task) : NULL;
}

#if HIREDIS_MAJOR >= 1
/* Without these hiredis would make pointers of small numbers. */
static void *make_double(const redisReadTask *task, double number, char *at,
                         size_t len)
{
    (void)number;
    (void)at;
    (void)len;
    (void)admit(task, 0, 0);
    return NULL;
}

static void *make_bool(const redisReadTask *task, int value)
{
    (void)value;
    (void)admit(task, 0, 0);
    return NULL;
}
#endif

void redis_reader_watch(struct redis_reader *w, redisContext *c,
                        bool (*expects)(void *owner), void *owner)
{
    *w = (struct redis_reader){
        .reader = c->reader,
        .makers = c->reader->fn,
        .owner = owner,
        .expects = expects,
        .ours =
            {
                .createString = make_text,
                .createArray = make_list,
                .createInteger = make_number,
#if HIREDIS_MAJOR >= 1
                .createDouble = make_double,
                .createBool = make_bool,
#endif
                .createNil = make_nil,
                .freeObject = c->reader->fn->freeObject,
            },
    };
    c->reader->fn = &w->ours;
    c->reader->maxbuf = BUFFER_KEEP;
    c->reader->privdata = w;
}

void redis_reader_next(struct redis_reader *w)
{
    w->elements = w->bytes = w->arrived = 0;
}

bool redis_reader_has_more(const struct redis_reader *w)
{
    return w->reader->len > w->reader->pos;
}

/* Whether the reader is inside a text; what it says of its length is then next
 * in the buffer until the whole text is. */
static bool in_text(const redisReader *r)
{
    if (r->ridx < 0)
        return false;
#if HIREDIS_MAJOR >= 1
    return r->task[r->ridx]->type == REDIS_REPLY_STRING;
#else
    return r->rstack[r->ridx].type == REDIS_REPLY_STRING;
#endif
}

bool redis_reader_allows(struct redis_reader *w)
{
    const redisReader *r = w->reader;
    size_t announced = 0;

    if (r->err)
        return true;
    if (r->len - r->pos > BYTES_MAX)
        w->why = "a reply that is too large";
    for (size_t i = r->pos; in_text(r) && i < r->len && !w->why; i++) {
        if (r->buf[i] < '0' || r->buf[i] > '9')
            break;
        announced = announced * 10 + (size_t)(r->buf[i] - '0');
        if (announced > TEXT_MAX)
            w->why = "a reply that is too large";
    }
    return !w->why;
}

int64_t redis_reader_due_ms(const struct redis_reader *w, int64_t asked_ms,
                            int64_t heard_ms, int64_t patience_ms)
{
    size_t here = w->arrived + w->reader->len - w->reader->pos;
    int64_t slow_ms = (int64_t)(here / RATE);
    int64_t silent_ms = (heard_ms > asked_ms ? heard_ms : asked_ms);

    if (slow_ms > SLOW_MAX_MS)
        slow_ms = SLOW_MAX_MS;
    if (silent_ms > asked_ms + slow_ms)
        silent_ms = asked_ms + slow_ms;
    return silent_ms + patience_ms;
}

#include "support/ledger.h"

#include "base/clock.h"
#include "support/wait.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct ledger {
    pthread_mutex_t lock;
    struct peer_request **requests; /* owned, as is what they point to */
    size_t count, room;
};

/* The support library gives up where memory ends: there is nobody to tell. */
static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

struct ledger *ledger_open(void)
{
    struct ledger *l = must(calloc(1, sizeof *l));

    (void)pthread_mutex_init(&l->lock, NULL);
    return l;
}

void ledger_close(struct ledger **l)
{
    if (!*l)
        return;
    for (size_t i = 0; i < (*l)->count; i++)
        request_free((*l)->requests[i]);
    (void)pthread_mutex_destroy(&(*l)->lock);
    free((*l)->requests);
    free(*l);
    *l = NULL;
}

void request_free(struct peer_request *r)
{
    free(r->head);
    free(r->body_bytes);
    free(r);
}

/* Cuts the text at the first `end` and moves *rest behind it; NULL when it is
 * not there. */
static char *cut(char **rest, const char *end)
{
    char *start = *rest;
    char *stop = strstr(start, end);

    if (!stop)
        return NULL;
    *stop = '\0';
    *rest = stop + strlen(end);
    return start;
}

static bool read_request_line(struct peer_request *r, char **rest)
{
    char *line = cut(rest, "\r\n");
    char *query;

    r->method = line ? cut(&line, " ") : NULL;
    r->target = r->method ? cut(&line, " ") : NULL;
    if (!r->target || strlen(r->target) >= sizeof r->path)
        return false;
    memcpy(r->path, r->target, strlen(r->target) + 1);
    r->query = "";
    query = strchr(r->path, '?');
    if (query) {
        r->query = r->target + (query - r->path) + 1;
        *query = '\0';
    }
    return true;
}

static void read_headers(struct peer_request *r, char *rest)
{
    char *line;

    while (r->header_count < PEER_HEADERS_MAX && (line = cut(&rest, "\r\n"))) {
        char *name = cut(&line, ":");

        if (!name)
            continue;
        r->headers[r->header_count].name = name;
        r->headers[r->header_count++].value = line + strspn(line, " \t");
    }
}

struct peer_request *ledger_read(struct span head)
{
    struct peer_request *r = must(calloc(1, sizeof *r));
    char *rest;

    r->head = must(malloc(head.len + 3));
    memcpy(r->head, head.at, head.len);
    memcpy(r->head + head.len, "\r\n", 3);
    rest = r->head;
    if (!read_request_line(r, &rest)) {
        request_free(r);
        return NULL;
    }
    read_headers(r, rest);
    return r;
}

void ledger_add(struct ledger *l, struct peer_request *r, struct span body)
{
    r->body_bytes = must(malloc(body.len + 1));
    memcpy(r->body_bytes, body.len > 0 ? body.at : "", body.len);
    r->body_bytes[body.len] = '\0';
    r->body = (struct span){r->body_bytes, body.len};
    r->at_us = clock_mono_us();
    (void)pthread_mutex_lock(&l->lock);
    if (l->count == l->room) {
        l->room = l->room > 0 ? 2 * l->room : 64;
        l->requests =
            must(realloc(l->requests, l->room * sizeof(l->requests[0])));
    }
    l->requests[l->count++] = r;
    (void)pthread_mutex_unlock(&l->lock);
}

const char *request_header(const struct peer_request *r, const char *name)
{
    for (size_t i = 0; i < r->header_count; i++)
        if (strcasecmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

/* The request number `nth` of the path, if there; *ret_count is how many there
 * are. */
static const struct peer_request *find(struct ledger *l, const char *path,
                                       size_t nth, size_t *ret_count)
{
    const struct peer_request *found = NULL;
    size_t count = 0;

    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < l->count; i++) {
        if (path && strcmp(l->requests[i]->path, path) != 0)
            continue;
        if (count++ == nth)
            found = l->requests[i];
    }
    (void)pthread_mutex_unlock(&l->lock);
    *ret_count = count;
    return found;
}

size_t ledger_count(struct ledger *l, const char *path)
{
    size_t count;

    (void)find(l, path, 0, &count);
    return count;
}

const struct peer_request *ledger_at(struct ledger *l, const char *path,
                                     size_t i)
{
    size_t count;

    return find(l, path, i, &count);
}

const struct peer_request *ledger_wait(struct ledger *l, const char *path,
                                       size_t count, int64_t limit_ms)
{
    struct waiter w = waiter_start(limit_ms);

    while (ledger_count(l, path) < count)
        if (!waiter_pause(&w))
            ck_abort_msg("waited %lld ms for request %zu of %s; %zu came",
                         (long long)w.limit_ms, count, path ? path : "any path",
                         ledger_count(l, path));
    return count > 0 ? ledger_at(l, path, count - 1) : NULL;
}

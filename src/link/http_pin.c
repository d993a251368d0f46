#include "link/http_pin.h"

#define HASH_NONFATAL_OOM 1
#define HASH_FUNCTION     HASH_OAT /* the default falls through silently */
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

/* Of one lane: libcurl keeps what it was told until it is told otherwise. */
enum { PINS_MAX = 64, ADDRESS_TEXT_MAX = 64 };

struct pin {
    UT_hash_handle hh;
    TAILQ_ENTRY(pin) used;
    unsigned refs;
    unsigned generation; /* of http->self, when the addresses were vetted */
    struct dns_answer *answer;
    bool settled;
    struct curl_slist lines[2]; /* what libcurl is told */
    char *add, *remove;         /* their texts; remove may be NULL */
    char key[];                 /* "host:port" */
};

static struct pin *pin_find(struct lane *lane, const char *key)
{
    struct pin *p;

    HASH_FIND_STR(lane->pins, key, p);
    return p;
}

void pin_drop(struct pin **ret)
{
    struct pin *p = *ret;

    *ret = NULL;
    if (!p || --p->refs > 0)
        return;
    dns_drop(&p->answer);
    free(p->add);
    free(p->remove);
    free(p);
}

static void take_out(struct lane *lane, struct pin *p)
{
    HASH_DEL(lane->pins, p);
    TAILQ_REMOVE(&lane->pins_used, p, used);
    pin_drop(&p);
}

void pins_clear(struct lane *lane)
{
    struct pin *p;

    while (lane->pins && (p = TAILQ_FIRST(&lane->pins_used)))
        take_out(lane, p);
}

/* "host:port:192.0.2.1,[2001:db8::1]". */
static char *write_addresses(const char *key, const struct dns_answer *a)
{
    size_t key_len = strlen(key), len = key_len;
    size_t size = key_len + 2 + a->count * ADDRESS_TEXT_MAX;
    char *line = malloc(size), text[ADDRESS_TEXT_MAX - 4];

    if (!line)
        return NULL;
    memcpy(line, key, key_len);
    for (size_t i = 0; i < a->count; i++) {
        bool v6 = a->at[i].any.sa_family == AF_INET6;

        if (getnameinfo(&a->at[i].any, sizeof a->at[i], text, sizeof text, NULL,
                        0, NI_NUMERICHOST) != 0)
            continue;
        len += (size_t)snprintf(line + len, size - len, v6 ? "%c[%s]" : "%c%s",
                                len > key_len ? ',' : ':', text);
    }
    return line;
}

static struct pin *pin_make(const char *key, struct dns_answer *answer)
{
    size_t len = strlen(key);
    struct pin *p = calloc(1, sizeof *p + len + 1);

    if (!p)
        return NULL;
    memcpy(p->key, key, len);
    p->refs = 1;
    p->answer = dns_hold(answer);
    p->add = write_addresses(key, answer);
    if (!p->add)
        pin_drop(&p);
    return p;
}

/* The least recently used one makes room; libcurl hears of it with the next
 * that it is told. */
static bool make_room(struct lane *lane, struct pin *p)
{
    struct pin *oldest = TAILQ_FIRST(&lane->pins_used);

    p->lines[0].data = p->add;
    if (HASH_COUNT(lane->pins) < PINS_MAX)
        return true;
    if (asprintf(&p->remove, "-%s", oldest->key) < 0) {
        p->remove = NULL;
        return false;
    }
    take_out(lane, oldest);
    p->lines[1].data = p->add;
    p->lines[0].data = p->remove;
    p->lines[0].next = &p->lines[1];
    return true;
}

static bool put_in(struct lane *lane, struct pin *p)
{
    if (!lane->pins)
        TAILQ_INIT(&lane->pins_used);
    if (!make_room(lane, p))
        return false;
    HASH_ADD_STR(lane->pins, key, p);
    if (!p->hh.tbl)
        return false;
    TAILQ_INSERT_TAIL(&lane->pins_used, p, used);
    return true;
}

static bool is_open(const struct http *h, const struct dns_answer *a,
                    uint16_t port)
{
    for (size_t i = 0; i < a->count; i++) {
        union dns_address at = a->at[i];

        if (at.any.sa_family == AF_INET)
            at.v4.sin_port = htons(port);
        else
            at.v6.sin6_port = htons(port);
        if (!address_is_open(&h->options.addresses, &h->self.places, &at.any))
            return false;
    }
    return true;
}

enum pinning pin_take(struct lane *lane, const struct http_target *target,
                      struct dns_answer *answer, struct pin **ret)
{
    struct http *h = lane->owner;
    struct pin *p = pin_find(lane, target->pin_key);

    if (p && p->answer == answer && p->generation == h->self.generation) {
        TAILQ_REMOVE(&lane->pins_used, p, used);
        TAILQ_INSERT_TAIL(&lane->pins_used, p, used);
    } else {
        if (!is_open(h, answer, target->port))
            return PIN_REFUSED;
        if (p)
            take_out(lane, p);
        p = pin_make(target->pin_key, answer);
        if (!p || !put_in(lane, p)) {
            pin_drop(&p);
            return PIN_NO_MEMORY;
        }
        p->generation = h->self.generation;
    }
    p->refs++;
    *ret = p;
    return PIN_DONE;
}

struct curl_slist *pin_lines(struct pin *p)
{
    return p->settled ? NULL : p->lines;
}

void pin_settle(struct pin *p, bool known)
{
    p->settled = known;
}

#include "faults/watch_internal.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEYS_MAX = 4096 };

struct census {
    struct watch *watch;
    struct pen present, leaked;
};

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), tail = strlen(end);

    return len >= tail && strcmp(text + len - tail, end) == 0;
}

/* The number of the job whose bytes these are. */
static uint32_t job_of_bytes(struct span bytes)
{
    static const char field[] = "\"id\":\"";
    const char *id =
        bytes.len ? memmem(bytes.at, bytes.len, field, sizeof field - 1) : NULL;
    const char *end;

    if (!id)
        return NO_JOB;
    id += sizeof field - 1;
    end = memchr(id, '"', bytes.len - (size_t)(id - bytes.at));
    return end ? job_of_id(id, (size_t)(end - id)) : NO_JOB;
}

static void note_jobs(struct census *c, const char *key, const char *command)
{
    const char *argv[4] = {command, key, "0", "-1"};
    const struct reply *all =
        watch_ask(c->watch, strcmp(command, "HVALS") == 0 ? 2 : 4, argv);

    for (size_t i = 0; i < reply_count(all); i++)
        pen_line(&c->present, "%" PRIu32 " %s\n",
                 job_of_bytes(reply_span(reply_at(all, i))), key);
}

static bool is_kept_for_good(const char *key)
{
    return ends_with(key, ":outcomes") || ends_with(key, ":meta") ||
           ends_with(key, ":dead") || ends_with(key, ":gates") ||
           ends_with(key, ":changes");
}

/* Jobs that wait at a gate which nobody knows wait for ever. */
static bool is_parked_well(struct census *c, const char *key)
{
    static const char parked[] = ":parked:";
    const char *at = strstr(key, parked);
    char gates[KEY_MAX];

    (void)snprintf(gates, sizeof gates, "%.*s:gates", (int)(at - key), key);
    return watch_number(c->watch, "HEXISTS", gates, at + sizeof parked - 1) ==
           1;
}

/* Notes the jobs of a key that may hold some; false for all others. */
static bool note_key(struct census *c, const char *key)
{
    if (strstr(key, ":parked:")) {
        note_jobs(c, key, "LRANGE");
        if (!is_parked_well(c, key))
            pen_line(&c->leaked, "%s\n", key);
    } else if (ends_with(key, ":jobs") || ends_with(key, ":suspects")) {
        note_jobs(c, key, "LRANGE");
    } else if (ends_with(key, ":later")) {
        note_jobs(c, key, "ZRANGE");
    } else if (strstr(key, ":held:")) {
        note_jobs(c, key, "HVALS");
        pen_line(&c->leaked, "%s\n", key);
    } else {
        return false;
    }
    return true;
}

/* ttl_ms: what is left of it, 0 included; -1 = it has no end. */
static void judge_key(struct census *c, const char *key, int64_t ttl_ms)
{
    if (note_key(c, key) || is_kept_for_good(key) ||
        (strncmp(key, "extq:ext:", 9) == 0 && ttl_ms >= 0))
        return;
    pen_line(&c->leaked, "%s\n", key);
}

/* Keys and what is left of each, at one moment: one that ends by itself
 * between two questions would be a key that is there and never ends. */
static const struct reply *list_keys(struct watch *w)
{
    static const char script[] =
        "local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do "
        "all[#all + 1] = key all[#all + 1] = redis.call('PTTL', key) end "
        "return all";
    const char *argv[3] = {"EVAL", script, "0"};

    return watch_ask(w, 3, argv);
}

void watch_census(struct watch *w)
{
    struct census c = {.watch = w};
    const struct reply *all = list_keys(w);
    size_t count = reply_count(all) / 2;
    struct {
        char *name;
        int64_t ttl_ms;
    } keys[KEYS_MAX];

    if (!all || count > KEYS_MAX)
        ck_abort_msg("no census: Redis is away, or holds too much");
    pen_open(&c.present, w->folder, "present");
    pen_open(&c.leaked, w->folder, "leaked");
    for (size_t i = 0; i < count; i++) {
        struct span key = reply_span(reply_at(all, 2 * i));

        keys[i].name = strndup(key.at, key.len);
        keys[i].ttl_ms = reply_number(reply_at(all, 2 * i + 1));
    }
    for (size_t i = 0; i < count; i++) {
        judge_key(&c, keys[i].name, keys[i].ttl_ms);
        free(keys[i].name);
    }
    pen_close(&c.present);
    pen_close(&c.leaked);
}

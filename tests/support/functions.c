#include "support/functions.h"

#include "support/wait.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

/* Shared by every call: what follows the name of the function is its own. */
#define fcall(f, ...) redis_server_ask((f)->server, "FCALL", __VA_ARGS__, NULL)

struct functions functions_open(const char *const *words)
{
    struct functions f = {.server = redis_server_start(true, words)};

    keys_of_queue(&f.keys, "extq", "q");
    ck_assert_str_eq(
        redis_server_ask(f.server, "FUNCTION", "LOAD", library_text, NULL),
        library_name);
    return f;
}

void functions_close(struct functions *f)
{
    redis_server_close(&f->server);
}

struct epoch functions_join(struct functions *f, const char *lease_ms)
{
    struct epoch epoch;
    const char *reply =
        fcall(f, library_join, "4", f->keys.meta, f->keys.leases,
              f->keys.services, f->keys.alone, lease_ms, "{}");

    (void)snprintf(epoch.text, sizeof epoch.text, "%.*s",
                   (int)strcspn(reply, "\n"), reply);
    return epoch;
}

const char *functions_tick(struct functions *f, const char *epoch,
                           const char *lease_ms, const char *sweep,
                           const char *dead_min_id)
{
    const struct queue_keys *k = &f->keys;

    return fcall(f, library_tick, "9", k->leases, k->later, k->jobs, k->dead,
                 k->meta, k->suspects, k->alone, k->gates, k->changes, epoch,
                 lease_ms, sweep, dead_min_id, "1");
}

static bool is_taken(struct functions *f, const char *by, const char *epoch)
{
    return strstr(functions_tick(f, by, "60000", "1", "0"), epoch);
}

struct epoch functions_join_and_lose(struct functions *f)
{
    struct epoch lost = functions_join(f, "1");
    struct epoch other = functions_join(f, "60000");

    wait_until(is_taken(f, other.text, lost.text), LIMIT_MS,
               "a lease to be taken");
    return lost;
}

void functions_take_lease(struct functions *f, const char *epoch)
{
    struct epoch other = functions_join(f, "60000");

    /* Run out long ago, by the server's clock. */
    redis_server_ask(f->server, "ZADD", f->keys.leases, "XX", "1", epoch, NULL);
    ck_assert(is_taken(f, other.text, epoch));
}

void functions_push(struct functions *f, int from, int to)
{
    char job[32];

    for (int n = from; n <= to; n++) {
        (void)snprintf(job, sizeof job, "{\"n\":%d}", n);
        redis_server_ask(f->server, "LPUSH", f->keys.jobs, job, NULL);
    }
}

static const char *claim_words(struct functions *f, const char *epoch,
                               const char *const words[4])
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_claim, "10", k->jobs, k->later, held, k->leases,
                 k->meta, k->services, k->suspects, k->gates, k->changes,
                 k->parked, epoch, words[0], words[1], words[2], words[3],
                 FUNCTIONS_ALONE_FROM);
}

const char *functions_claim(struct functions *f, const char *epoch,
                            const char *count, const char *due_count)
{
    return claim_words(f, epoch,
                       (const char *const[]){count, due_count, "w", "0"});
}

const char *functions_claim_as(struct functions *f, const char *epoch,
                               const char *count, const char *tag,
                               const char *generation)
{
    return claim_words(f, epoch,
                       (const char *const[]){count, count, tag, generation});
}

struct field functions_field(struct functions *f, const char *epoch, int n)
{
    char held[KEY_MAX], job[32];
    struct field field = {""};
    const char *line, *next;

    keys_held(held, &f->keys, epoch);
    (void)snprintf(job, sizeof job, "{\"n\":%d}", n);
    /* Two lines for each or three: field, header if it is not the first claim,
     * job. */
    for (line = redis_server_ask(f->server, "HGETALL", held, NULL); *line;
         line = next) {
        size_t len = strcspn(line, "\n");

        next = line + len + (line[len] == '\n');
        if (strncmp(line, job, strlen(job)) == 0)
            break;
        if (!memchr(line, ' ', len) && *line != '{')
            (void)snprintf(field.text, sizeof field.text, "%.*s", (int)len,
                           line);
    }
    if (!*line)
        field.text[0] = '\0';
    ck_assert_msg(field.text[0], "%s does not hold %s", epoch, job);
    return field;
}

/* Without the time of a later claim. */
static size_t seq_len(const char *seq)
{
    return strcspn(seq, "+");
}

/* What is the same for every finish here. */
#define finish(f, epoch, held, ...)                                            \
    fcall(f, library_finish, "9", held, (f)->keys.later, (f)->keys.dead,       \
          (f)->keys.outcomes, (f)->keys.leases, (f)->keys.meta,                \
          (f)->keys.gates, (f)->keys.changes, (f)->keys.parked, epoch, "1000", \
          "1000", "w", __VA_ARGS__)

const char *functions_finish(struct functions *f, const char *epoch,
                             const char *field, const char *move,
                             const char *delay_ms)
{
    const char *verdict = strcmp(move, "dead") == 0 ? "dead" : "retry";
    const char *next_at = strcmp(move, "dead") == 0 ? "" : "+";
    char held[KEY_MAX], header[128], kind[16];
    const char *seq = strchr(field, ':') + 1;

    keys_held(held, &f->keys, epoch);
    if (strcmp(move, "done") == 0)
        return finish(f, epoch, held, "", field, "done:+", "i", "acme",
                      "on-lead", "1", "200", "7", "5", "0");
    (void)snprintf(kind, sizeof kind, "%s:", move);
    (void)snprintf(header, sizeof header, "%.*s 1 1 0 5 -\n", (int)seq_len(seq),
                   seq);
    return finish(f, epoch, held, "moves", field, kind, delay_ms, header, "i",
                  "acme", "on-lead", "1", verdict, "timeout", "0", "7", "late",
                  "5", next_at, "0");
}

const char *functions_finish_bare(struct functions *f, const char *epoch,
                                  const char *field, const char *move)
{
    char held[KEY_MAX];

    keys_held(held, &f->keys, epoch);
    if (strcmp(move, "done") == 0)
        return finish(f, epoch, held, "", field, move);
    return finish(f, epoch, held, "moves", field, move, "0", "1 1 1 0 5 -\n");
}

const char *functions_release(struct functions *f, const char *epoch,
                              const char *count, const char *mine)
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_release, "4", held, k->later, k->leases,
                 k->services, epoch, count, mine);
}

const char *functions_recover(struct functions *f, const char *epoch,
                              const char *tag, const char *known)
{
    char field[EPOCH_MAX + 32], generation[24] = "0";
    const char *last;

    (void)snprintf(field, sizeof field, "%s:%s:recovered", epoch, tag);
    last = redis_server_ask(f->server, "HGET", f->keys.services, field, NULL);
    if (last[0] >= '1' && last[0] <= '9')
        (void)snprintf(generation, sizeof generation, "%s", last);
    return functions_recover_as(f, epoch, tag, generation, known);
}

const char *functions_recover_as(struct functions *f, const char *epoch,
                                 const char *tag, const char *generation,
                                 const char *known)
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_recover, "4", held, k->later, k->leases,
                 k->services, epoch, tag, generation, known ? known : "none:0");
}

/* Every value of every kind of key that may hold jobs, tagged by its kind. */
static const char all_records[] =
    "local all, add = {}, nil "
    "add = function(kind, values) for _, v in ipairs(values) do "
    "  all[#all + 1] = '<' .. kind .. '>' .. v end end "
    "add('jobs', redis.call('LRANGE', KEYS[1], 0, -1)) "
    "add('later', redis.call('ZRANGE', KEYS[2], 0, -1)) "
    "add('suspects', redis.call('LRANGE', KEYS[5], 0, -1)) "
    "for _, key in ipairs(redis.call('KEYS', KEYS[6] .. '*')) do "
    "  add('parked', redis.call('LRANGE', key, 0, -1)) end "
    "for _, e in ipairs(redis.call('XRANGE', KEYS[3], '-', '+')) do "
    "  add('dead', {e[2][#e[2]]}) end "
    "for _, key in ipairs(redis.call('KEYS', KEYS[4] .. '*')) do "
    "  add('held', redis.call('HVALS', key)) end "
    "return table.concat(all, ' ') .. ' '";

static const char *list_all(struct functions *f)
{
    const struct queue_keys *k = &f->keys;

    return redis_server_ask(f->server, "EVAL", all_records, "6", k->jobs,
                            k->later, k->dead, k->held, k->suspects, k->parked,
                            NULL);
}

void functions_census(struct functions *f, int from, int to)
{
    const char *all = list_all(f);
    char job[32];
    int total = 0;

    for (const char *at = all; (at = strstr(at, "{\"n\":")); at++)
        total++;
    for (int n = from; n <= to; n++) {
        const char *found;

        (void)snprintf(job, sizeof job, "{\"n\":%d} ", n);
        found = strstr(all, job);
        ck_assert_msg(found, "%s is nowhere", job);
        ck_assert_msg(!strstr(found + 1, job), "%s is there twice", job);
    }
    ck_assert_int_eq(total, to - from + 1);
}

const char *functions_place(struct functions *f, int n)
{
    static const char *const places[] = {"jobs", "later",    "dead",
                                         "held", "suspects", "parked"};
    const char *all = list_all(f), *found, *place = all;
    char job[32];

    (void)snprintf(job, sizeof job, "{\"n\":%d} ", n);
    found = strstr(all, job);
    if (!found)
        return "nowhere";
    for (const char *at = all; (at = strchr(at, '<')) && at < found; at++)
        place = at + 1;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strncmp(place, places[i], strlen(places[i])) == 0)
            return places[i];
    ck_abort_msg("an unknown place");
}

int64_t functions_held(struct functions *f, const char *epoch)
{
    char held[KEY_MAX];

    keys_held(held, &f->keys, epoch);
    return redis_server_count(f->server, "HLEN", held, NULL);
}

struct digest functions_digest(struct functions *f)
{
    struct digest digest;

    (void)snprintf(digest.text, sizeof digest.text, "%.47s",
                   redis_server_ask(f->server, "DEBUG", "DIGEST", NULL));
    ck_assert_uint_eq(strlen(digest.text), 40);
    return digest;
}

const char *functions_isolate(struct functions *f, const char *epoch)
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_isolate, "5", held, k->leases, k->services,
                 k->suspects, k->gates, epoch, "w", "0");
}

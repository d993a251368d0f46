#include "support/gated.h"

#include "support/table.h"

#include <stdio.h>

#define fcall(f, ...) redis_server_ask((f)->server, "FCALL", __VA_ARGS__, NULL)

void gated_park(struct functions *f, const char *epoch, const char *gate,
                int from, int to)
{
    for (int n = from; n <= to; n++) {
        struct field field = functions_field(f, epoch, n);

        ck_assert_ptr_null(
            strchr(functions_finish(f, epoch, field.text, "park", gate), '\n'));
    }
}

void gated_fill(struct functions *f, const char *epoch, const char *gate,
                int from, int to)
{
    char count[16];

    functions_push(f, from, to);
    (void)snprintf(count, sizeof count, "%d", to - from + 1);
    functions_claim(f, epoch, count, "0");
    gated_park(f, epoch, gate, from, to);
}

const char *gated_claim(struct functions *f, const char *epoch,
                        const char *count, const char *first,
                        const char *second)
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_claim, "10", k->jobs, k->later, held, k->leases,
                 k->meta, k->services, k->suspects, k->gates, k->changes,
                 k->parked, epoch, count, "0", "w", "0", FUNCTIONS_ALONE_FROM,
                 first, second);
}

const char *gated_unpark(struct functions *f, const char *epoch,
                         const char *gate, const char *count)
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_unpark, "8", held, k->parked, k->gates, k->changes,
                 k->leases, k->services, k->suspects, k->later, epoch, "w", "0",
                 "60000", FUNCTIONS_ALONE_FROM, gate, count);
}

const char *gated_unpark_two(struct functions *f, const char *epoch,
                             const char *const gates[2],
                             const char *const counts[2])
{
    const struct queue_keys *k = &f->keys;
    char held[KEY_MAX];

    keys_held(held, k, epoch);
    return fcall(f, library_unpark, "8", held, k->parked, k->gates, k->changes,
                 k->leases, k->services, k->suspects, k->later, epoch, "w", "0",
                 "60000", FUNCTIONS_ALONE_FROM, gates[0], counts[0], gates[1],
                 counts[1]);
}

const char *gated_shut(struct functions *f, const char *gate,
                       struct gated_shut what)
{
    const struct queue_keys *k = &f->keys;

    return fcall(f, library_gate, "4", k->gates, k->changes, k->parked,
                 k->outcomes, "1000", "shut", gate, what.kind, what.wait_ms,
                 what.step ? what.step : "0", "m", "because of this",
                 what.probe_ms ? what.probe_ms : "0", "tester");
}

const char *gated_open(struct functions *f, const char *gate, const char *only)
{
    const struct queue_keys *k = &f->keys;

    return fcall(f, library_gate, "4", k->gates, k->changes, k->parked,
                 k->outcomes, "1000", "open", gate, only, "0", "0", "-",
                 "well again", "0", "tester");
}

const char *gated_news(struct functions *f, const char *since,
                       const char *limit)
{
    const struct queue_keys *k = &f->keys;

    return fcall(f, library_gates, "3", k->gates, k->changes, k->parked, since,
                 limit);
}

const char *gated_state(struct functions *f, const char *gate)
{
    return redis_server_ask(f->server, "HGET", f->keys.gates, gate, NULL);
}

void gated_set(struct functions *f, const char *gate, const char *state)
{
    if (state[0])
        redis_server_ask(f->server, "HSET", f->keys.gates, gate, state, NULL);
}

int64_t gated_version(struct functions *f)
{
    return redis_server_count(f->server, "HGET", f->keys.gates, ":version",
                              NULL);
}

int64_t gated_length(struct functions *f, const char *gate)
{
    char key[KEY_MAX];

    keys_parked(key, &f->keys, gate);
    return redis_server_count(f->server, "LLEN", key, NULL);
}

const char *gated_numbers(const char *reply)
{
    static char text[1024];
    size_t len = 0;

    text[0] = '\0';
    for (const char *at = reply; (at = strstr(at, "{\"n\":")); at++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%d",
                                len ? " " : "", (int)strtol(at + 5, NULL, 10));
    return text;
}

const char *gated_line(const char *reply, int i)
{
    static char line[512];

    while (i-- > 0) {
        reply = strchr(reply, '\n');
        ck_assert_ptr_nonnull(reply);
        reply++;
    }
    (void)snprintf(line, sizeof line, "%.*s", (int)strcspn(reply, "\n"), reply);
    return line;
}

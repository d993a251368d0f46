#include "link/redis_internal.h"

#include <stdio.h>

enum { DENIED_MS = 30000 };

/* One that cannot serve just now does not mean us. */
static void turned_away(struct redis *r, const struct reply *reply,
                        const char *why)
{
    if (reply_fault(reply) == FAULT_AWAY) {
        redis_break(r, "Redis cannot serve just now");
        return;
    }
    r->retry_ms = DENIED_MS;
    redis_break(r, why);
}

/* Nothing but the error's name: what stands between us and Redis may repeat
 * the password. */
static void authenticated(void *arg, const struct reply *reply)
{
    struct span rest, name;
    char why[128];

    if (reply_kind(reply) != REPLY_ERROR)
        return;
    rest = reply_span(reply);
    name = span_cut(&rest, ' ');
    (void)snprintf(why, sizeof why,
                   "Redis refused AUTH (%.*s): mend the user in redis.url or "
                   "redis.password_file",
                   name.len < 16 ? (int)name.len : 0, name.at);
    turned_away(arg, reply, why);
}

static void selected(void *arg, const struct reply *reply)
{
    char text[256], why[300];

    if (reply_kind(reply) != REPLY_ERROR)
        return;
    reply_explain(reply, text, sizeof text);
    (void)snprintf(why, sizeof why, "Redis refused SELECT: %s", text);
    turned_away(arg, reply, why);
}

enum err redis_greet(struct redis *r)
{
    const struct redis_address *a = r->options.address;
    const char *auth[3] = {"AUTH", a->user, a->password};
    const char *select[2] = {"SELECT", NULL};
    char db[16];
    enum err e = ERR_OK;

    if (a->password[0] && !a->user[0]) {
        auth[1] = a->password;
        e = redis_send(r, authenticated, r,
                       &(struct redis_words){2, auth, NULL});
    } else if (a->password[0]) {
        e = redis_send(r, authenticated, r,
                       &(struct redis_words){3, auth, NULL});
    }
    if (e || a->db == 0)
        return e;
    snprintf(db, sizeof db, "%d", a->db);
    select[1] = db;
    return redis_send(r, selected, r, &(struct redis_words){2, select, NULL});
}

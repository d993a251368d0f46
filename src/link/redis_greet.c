#include "link/redis_internal.h"

#include "base/file.h"
#include "link/redis_find.h"

#include <stdio.h>
#include <string.h>

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

static void refused(struct redis *r, const char *command,
                    const struct reply *reply)
{
    char text[256], why[300];

    reply_explain(reply, text, sizeof text);
    (void)snprintf(why, sizeof why, "Redis refused %s: %s", command, text);
    turned_away(r, reply, why);
}

static void selected(void *arg, const struct reply *reply)
{
    if (reply_kind(reply) == REPLY_ERROR)
        refused(arg, "SELECT", reply);
}

/* The first answer that came through TLS, or from what a guide named. */
static void greeted(void *arg, const struct reply *reply)
{
    struct redis *r = arg;

    if (!reply)
        return;
    if (reply_kind(reply) == REPLY_ERROR)
        refused(r, "HELLO", reply);
    else if (r->options.address->guide_count > 0 && !reply_is_primary(reply))
        redis_break(r, "it is no primary: those who named it do not agree yet");
    else
        redis_proved(r);
}

static enum err send_auth(struct redis *r, struct span password)
{
    const char *user = r->options.address->user;
    const char *words[3] = {"AUTH", user, password.at};
    size_t lens[3] = {4, strlen(user), password.len};
    bool plain = user[0] == '\0';

    if (plain) {
        words[1] = password.at;
        lens[1] = password.len;
    }
    return redis_send(r, authenticated, r,
                      &(struct redis_words){plain ? 2 : 3, words, lens});
}

/* Read anew each time, so that a new password needs no restart. */
static enum err authenticate(struct redis *r)
{
    struct buf password = buf_make(REDIS_PASSWORD_MAX);
    const char *path = r->options.address->files.password;
    enum err e;

    if (path[0] == '\0')
        return ERR_OK;
    e = file_read_secret(path, &password, NULL);
    if (e && e != ERR_MEMORY)
        e = ERR_IO;
    if (!e)
        e = send_auth(r, buf_span(&password));
    buf_wipe(&password);
    return e;
}

static enum err select_db(struct redis *r)
{
    const char *words[2] = {"SELECT", NULL};
    char db[16];

    if (r->options.address->db == 0)
        return ERR_OK;
    (void)snprintf(db, sizeof db, "%d", r->options.address->db);
    words[1] = db;
    return redis_send(r, selected, r, &(struct redis_words){2, words, NULL});
}

enum err redis_greet(struct redis *r, bool *ret_proves)
{
    const struct redis_address *a = r->options.address;
    const char *hello[1] = {"HELLO"};
    enum err e = authenticate(r);

    if (!e)
        e = select_db(r);
    *ret_proves = a->tls || a->guide_count > 0;
    if (e || !*ret_proves)
        return e;
    return redis_send(r, greeted, r, &(struct redis_words){1, hello, NULL});
}

#include "support/sentinels.h"

#include "base/clock.h"
#include "link/redis_sync.h"
#include "support/certificates.h"
#include "support/port.h"
#include "support/process.h"
#include "support/temp.h"
#include "support/wait.h"

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 60000, REPLY_MS = 1000, TEXT_MAX = 2048 };

/* A server or a Sentinel. Its configuration is a file that it rewrites. */
struct member {
    struct temp_path dir, config;
    struct redis_address address;
    struct process *process;
};

struct sentinels {
    struct member servers[SENTINELS], watchers[SENTINELS];
    struct temp_path certificates;
    struct redis_files files; /* empty without TLS */
    struct member *dead;      /* it, or soon: until that is mended */
    char url[256];
};

/* Who listens, and who connects: with a certificate, if at all. */
static void write_listener(const struct redis_files *f, int port, char *dst,
                           size_t size)
{
    if (f->ca[0])
        (void)snprintf(dst, size,
                       "port 0\ntls-port %d\ntls-replication yes\n"
                       "tls-ca-cert-file %s\ntls-cert-file %s\n"
                       "tls-key-file %s\n",
                       port, f->ca, f->cert, f->key);
    else
        (void)snprintf(dst, size, "port %d\n", port);
}

static struct member member_make(const struct redis_files *files,
                                 const char *settings)
{
    struct member m = {.dir = temp_dir()};
    char text[4 * TEXT_MAX], listener[2 * TEXT_MAX];

    (void)snprintf(m.address.place.host, sizeof m.address.place.host,
                   "127.0.0.1");
    m.address.place.port = port_free();
    m.address.tls = files->ca[0] != '\0';
    m.address.files = *files;
    write_listener(files, m.address.place.port, listener, sizeof listener);
    (void)snprintf(text, sizeof text, "%sbind 127.0.0.1\ndir %s\nsave \"\"\n%s",
                   listener, m.dir.text, settings);
    m.config = temp_write(&m.dir, "member.conf", text);
    return m;
}

static void member_start(struct member *m, bool watches)
{
    const char *argv[] = {"redis-server", m->config.text,
                          watches ? "--sentinel" : NULL, NULL};

    m->process = process_start(argv, NULL);
}

/* The reply in one line; "" when there is none. Lives until the next one. */
static const char *ask(const struct member *m, const char *word,
                       const char *next, const char *last)
{
    static char text[TEXT_MAX];
    struct redis_sync *link = NULL;
    const struct reply *reply = NULL;

    text[0] = '\0';
    if (redis_sync_open(&m->address, REPLY_MS, &link, NULL))
        return text;
    if (!redis_ask_words(link, &reply, word, next, last, NULL)) {
        const struct reply *first =
            reply_kind(reply) == REPLY_LIST ? reply_at(reply, 0) : reply;

        (void)span_copy(reply_span(first), text, sizeof text);
    }
    redis_sync_close(&link);
    return text;
}

static bool is_primary(const struct member *m)
{
    return m->process && strcmp(ask(m, "ROLE", NULL, NULL), "master") == 0;
}

/* Not before its replicas have reported, where it wants some. */
static bool takes_writes(const struct member *m)
{
    return is_primary(m) && strcmp(ask(m, "SET", "probe", "1"), "OK") == 0;
}

static int64_t number_in(const char *info, const char *name)
{
    const char *at = strstr(info, name);

    return at ? strtol(at + strlen(name), NULL, 10) : -1;
}

/* A Sentinel that knows the two other Sentinels and both replicas. */
static bool knows_all(const struct member *m)
{
    const char *info = ask(m, "INFO", "sentinel", NULL);

    return number_in(info, "slaves=") == SENTINELS - 1 &&
           number_in(info, "sentinels=") == SENTINELS;
}

static bool all_know(const struct sentinels *s)
{
    for (unsigned i = 0; i < SENTINELS; i++)
        if (s->watchers[i].process && !knows_all(&s->watchers[i]))
            return false;
    return true;
}

/* One is the primary, and all others have what it has: Sentinels choose none
 * that was away from it, and without them it may take no writes. */
static bool in_sync(const struct sentinels *s)
{
    for (unsigned i = 0; i < SENTINELS; i++) {
        const char *info = ask(&s->servers[i], "INFO", "replication", NULL);
        unsigned online = 0;

        while ((info = strstr(info, "state=online")))
            info++, online++;
        if (online == SENTINELS - 1 && takes_writes(&s->servers[i]))
            return true;
    }
    return false;
}

static void open_servers(struct sentinels *s, const char *settings)
{
    char text[TEXT_MAX];

    s->servers[0] = member_make(&s->files, settings);
    (void)snprintf(text, sizeof text, "%s\nreplicaof 127.0.0.1 %d\n", settings,
                   s->servers[0].address.place.port);
    for (unsigned i = 1; i < SENTINELS; i++)
        s->servers[i] = member_make(&s->files, text);
    for (unsigned i = 0; i < SENTINELS; i++)
        member_start(&s->servers[i], false);
}

static void open_watchers(struct sentinels *s)
{
    char text[TEXT_MAX];

    (void)snprintf(text, sizeof text,
                   "sentinel monitor main 127.0.0.1 %d 2\n"
                   "sentinel down-after-milliseconds main 1500\n"
                   "sentinel failover-timeout main 1000\n",
                   s->servers[0].address.place.port);
    for (unsigned i = 0; i < SENTINELS; i++) {
        s->watchers[i] = member_make(&s->files, text);
        member_start(&s->watchers[i], true);
    }
    (void)snprintf(s->url, sizeof s->url,
                   "%s://127.0.0.1:%d,127.0.0.1:%d,127.0.0.1:%d/main",
                   s->files.ca[0] ? "sentinels" : "sentinel",
                   s->watchers[0].address.place.port,
                   s->watchers[1].address.place.port,
                   s->watchers[2].address.place.port);
}

static void start_all(struct sentinels *s, const char *settings)
{
    open_servers(s, settings);
    wait_until(is_primary(&s->servers[0]), LIMIT_MS, "the first primary");
    open_watchers(s);
    wait_until(in_sync(s) && all_know(s), LIMIT_MS, "all to be well");
}

struct sentinels *sentinels_open(const char *settings)
{
    struct sentinels *s = calloc(1, sizeof *s);

    ck_assert_ptr_nonnull(s);
    start_all(s, settings);
    return s;
}

/* They know each other by address, and are servers and clients at once. */
struct sentinels *sentinels_open_tls(const char *settings)
{
    struct sentinels *s = calloc(1, sizeof *s);
    struct redis_files *f;
    const char *dir;

    ck_assert_ptr_nonnull(s);
    s->certificates = temp_dir();
    certificates_make(&s->certificates);
    f = &s->files;
    dir = s->certificates.text;
    (void)snprintf(f->ca, sizeof f->ca, "%s/ca.crt", dir);
    (void)snprintf(f->cert, sizeof f->cert, "%s/loopback.crt", dir);
    (void)snprintf(f->key, sizeof f->key, "%s/loopback.key", dir);
    start_all(s, settings);
    return s;
}

const struct redis_files *sentinels_files(const struct sentinels *s)
{
    return &s->files;
}

void sentinels_close(struct sentinels **s)
{
    for (unsigned i = 0; *s && i < SENTINELS; i++) {
        process_close(&(*s)->watchers[i].process);
        process_close(&(*s)->servers[i].process);
    }
    free(*s);
    *s = NULL;
}

const char *sentinels_url(const struct sentinels *s)
{
    return s->url;
}

static struct member *find_primary(struct sentinels *s)
{
    for (unsigned i = 0; i < SENTINELS; i++)
        if (takes_writes(&s->servers[i]))
            return &s->servers[i];
    return NULL;
}

static void kill_member(struct member *m)
{
    process_signal(m->process, SIGKILL);
    process_expect(m->process, 128 + SIGKILL, LIMIT_MS);
    process_close(&m->process);
}

/* What Sentinels would tell it too, after ten seconds. */
static void follow(struct member *m, const struct member *primary)
{
    char port[16];

    (void)snprintf(port, sizeof port, "%d", primary->address.place.port);
    member_start(m, false);
    wait_until(strcmp(ask(m, "REPLICAOF", "127.0.0.1", port), "OK") == 0,
               LIMIT_MS, "the dead one to come back");
}

/* One that was cut off answers nobody new. */
static void choose(struct sentinels *s)
{
    for (unsigned i = 0; !s->dead && i < SENTINELS; i++)
        if (is_primary(&s->servers[i]))
            s->dead = &s->servers[i];
    ck_assert_ptr_nonnull(s->dead);
}

int64_t sentinels_kill_primary(struct sentinels *s)
{
    int64_t began = clock_mono_ms();

    choose(s);
    kill_member(s->dead);
    wait_until(find_primary(s), LIMIT_MS, "another primary");
    return clock_mono_ms() - began;
}

void sentinels_mend(struct sentinels *s)
{
    follow(s->dead, find_primary(s));
    s->dead = NULL;
    wait_until(in_sync(s) && all_know(s), LIMIT_MS, "all to be well again");
}

int64_t sentinels_fail_over(struct sentinels *s)
{
    int64_t took = sentinels_kill_primary(s);

    sentinels_mend(s);
    return took;
}

/* Who is connected stays so; whoever comes anew, as a replica does that was
 * hung up on, has no password. */
void sentinels_cut(struct sentinels *s)
{
    struct redis_sync *link = NULL;
    const struct reply *reply;

    choose(s);
    ck_assert_int_eq(redis_sync_open(&s->dead->address, REPLY_MS, &link, NULL),
                     ERR_OK);
    ck_assert_int_eq(redis_ask_words(link, &reply, "CONFIG", "SET",
                                     "requirepass", "cut", NULL),
                     ERR_OK);
    ck_assert_int_eq(redis_ask_words(link, &reply, "CLIENT", "KILL", "TYPE",
                                     "replica", NULL),
                     ERR_OK);
    redis_sync_close(&link);
}

void sentinels_kill_one(struct sentinels *s, unsigned which)
{
    kill_member(&s->watchers[which]);
}

#include "support/redis_server.h"

#include "base/buf.h"
#include "link/redis_sync.h"
#include "support/process.h"
#include "support/temp.h"
#include "support/wait.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    START_MS = 20000,
    REPLY_MS = 20000,
    WORDS_MAX = 64,
    TEXT_MAX = 256 << 20,
};

struct redis_server {
    struct temp_path dir, socket, url;
    struct redis_address address;
    bool appendonly;
    const char *const *words; /* borrowed */
    struct process *process;  /* NULL while stopped */
    struct redis_sync *link;  /* opened by the first question */
    struct buf text;          /* the last reply */
};

static struct process *spawn(const struct redis_server *s)
{
    const char *argv[WORDS_MAX] = {
        "redis-server", "--port",       "0",
        "--unixsocket", s->socket.text, "--dir",
        s->dir.text,    "--save",       "",
        "--daemonize",  "no",           "--maxmemory-policy",
        "noeviction",   "--appendonly", s->appendonly ? "yes" : "no",
    };
    size_t used = 0;

    while (argv[used])
        used++;
    for (size_t i = 0; s->words && s->words[i]; i++) {
        ck_assert_uint_lt(used, WORDS_MAX - 1);
        argv[used++] = s->words[i];
    }
    return process_start(argv, NULL);
}

/* Up means: connected, and through with loading its data. */
static bool is_up(struct redis_server *s)
{
    const struct reply *reply;
    struct why why = {0};

    ck_assert_msg(!process_ended(s->process), "redis-server ended: %s",
                  process_out(s->process));
    if (!s->link && redis_sync_open(&s->address, REPLY_MS, &s->link, &why))
        return false;
    if (redis_ask_words(s->link, &reply, "PING", NULL)) {
        redis_sync_close(&s->link);
        return false;
    }
    return reply_kind(reply) == REPLY_TEXT;
}

static void launch(struct redis_server *s)
{
    s->process = spawn(s);
    wait_until(is_up(s), START_MS, "redis-server to answer");
}

struct redis_server *redis_server_start(bool appendonly,
                                        const char *const *words)
{
    struct redis_server *s = calloc(1, sizeof *s);

    ck_assert_ptr_nonnull(s);
    s->appendonly = appendonly;
    s->words = words;
    s->dir = temp_dir();
    s->socket = temp_join(&s->dir, "redis.sock");
    (void)snprintf(s->url.text, sizeof s->url.text, "unix://%.*s",
                   (int)sizeof s->url.text - 8, s->socket.text);
    (void)snprintf(s->address.socket, sizeof s->address.socket, "%.255s",
                   s->socket.text);
    s->text = buf_make(TEXT_MAX);
    launch(s);
    return s;
}

/* What is known of the process and the connection, forgotten. */
static void forget(struct redis_server *s)
{
    redis_sync_close(&s->link);
    process_close(&s->process);
    (void)unlink(s->socket.text);
}

void redis_server_close(struct redis_server **s)
{
    if (!*s)
        return;
    forget(*s);
    buf_clear(&(*s)->text);
    free(*s);
    *s = NULL;
}

const char *redis_server_socket(const struct redis_server *s)
{
    return s->socket.text;
}

const char *redis_server_url(const struct redis_server *s)
{
    return s->url.text;
}

const struct redis_address *redis_server_address(const struct redis_server *s)
{
    return &s->address;
}

void redis_server_stop(struct redis_server *s)
{
    process_signal(s->process, SIGTERM);
    (void)process_wait(s->process, START_MS);
    forget(s);
}

void redis_server_kill(struct redis_server *s)
{
    forget(s);
}

void redis_server_start_again(struct redis_server *s)
{
    ck_assert_msg(!s->process, "redis-server still runs");
    launch(s);
}

void redis_server_pause(struct redis_server *s)
{
    process_signal(s->process, SIGSTOP);
}

void redis_server_resume(struct redis_server *s)
{
    process_signal(s->process, SIGCONT);
}

static void add(struct redis_server *s, struct span text)
{
    ck_assert_int_eq(buf_add(&s->text, text.at, text.len), ERR_OK);
}

static void add_reply(struct redis_server *s, const struct reply *r)
{
    switch (reply_kind(r)) {
    case REPLY_NIL:
        add(s, span_of("(nil)"));
        break;
    case REPLY_NUMBER:
        ck_assert_int_eq(
            buf_printf(&s->text, "%lld", (long long)reply_number(r)), ERR_OK);
        break;
    case REPLY_LIST:
        for (size_t i = 0; i < reply_count(r); i++) {
            add(s, span_of(i > 0 ? "\n" : ""));
            add_reply(s, reply_at(r, i));
        }
        break;
    case REPLY_ERROR:
        add(s, span_of("(error) "));
        add(s, reply_span(r));
        break;
    case REPLY_TEXT:
        add(s, reply_span(r));
        break;
    }
}

static const char *ask(struct redis_server *s, va_list words)
{
    const char *argv[WORDS_MAX];
    size_t lens[WORDS_MAX];
    const struct reply *reply;
    struct why why = {0};
    int argc = 0;

    for (const char *word; (word = va_arg(words, const char *)); argc++) {
        ck_assert_int_lt(argc, WORDS_MAX);
        argv[argc] = word;
        lens[argc] = strlen(word);
    }
    if (!s->link && redis_sync_open(&s->address, REPLY_MS, &s->link, &why))
        ck_abort_msg("no connection to redis-server: %s", why.text);
    if (redis_ask(s->link, argc, argv, lens, &reply))
        ck_abort_msg("%s: %s", argv[0], redis_sync_error(s->link));
    buf_reset(&s->text);
    add(s, span_of(""));
    add_reply(s, reply);
    return s->text.at ? s->text.at : "";
}

const char *redis_server_ask(struct redis_server *s, ...)
{
    const char *text;
    va_list words;

    va_start(words, s);
    text = ask(s, words);
    va_end(words);
    return text;
}

int64_t redis_server_count(struct redis_server *s, ...)
{
    const char *text;
    va_list words;

    va_start(words, s);
    text = ask(s, words);
    va_end(words);
    return strtoll(text, NULL, 10);
}

#include "support/embedded_probe.h"

#include "link/redis_sync.h"
#include "support/main.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { REPLY_MS = 20000 };

struct embedded *embedded_probe_start(const struct temp_path *dir)
{
    struct embedded *e = NULL;
    struct why why = {""};

    ck_assert_msg(embedded_start(dir->text, &e, &why) == ERR_OK, "%s",
                  why.text);
    return e;
}

const char *embedded_probe_ask(const struct temp_path *dir, const char *a,
                               const char *b, const char *c)
{
    static char text[4096];
    struct redis_address address = {.db = 0};
    struct redis_sync *r = NULL;
    const struct reply *reply;
    struct span s;

    embedded_socket(dir->text, address.socket, sizeof address.socket);
    if (redis_sync_open(&address, REPLY_MS, &r, NULL))
        return NULL;
    if (redis_ask_words(r, &reply, a, b, c, NULL)) {
        redis_sync_close(&r);
        return NULL;
    }
    if (reply_count(reply) == 2)
        reply = reply_at(reply, 1);
    s = reply_span(reply);
    (void)snprintf(text, sizeof text, "%.*s", (int)s.len, s.at);
    redis_sync_close(&r);
    return text;
}

bool embedded_probe_answers(const struct temp_path *dir, const char *a,
                            const char *b, const char *expected)
{
    const char *text = embedded_probe_ask(dir, a, b, NULL);

    return text && strcmp(text, expected) == 0;
}

void embedded_probe_set(const struct temp_path *dir, const char *value)
{
    ck_assert_str_eq(embedded_probe_ask(dir, "SET", "key", value), "OK");
}

pid_t embedded_probe_pid(const struct temp_path *dir)
{
    const char *text = embedded_probe_ask(dir, "INFO", "server", NULL);
    const char *at = text ? strstr(text, "process_id:") : NULL;

    ck_assert_ptr_nonnull(at);
    return (pid_t)strtol(at + strlen("process_id:"), NULL, 10);
}

bool embedded_probe_is_gone(pid_t pid)
{
    /* Orphans may be children of the test. */
    (void)waitpid(pid, NULL, WNOHANG);
    return kill(pid, 0) != 0;
}

#include "support/canary.h"

#include "base/buf.h"
#include "link/redis_sync.h"
#include "support/temp.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { REPLY_MS = 20000, BYTES_MAX = 1 << 30, PATH_LENGTH = 1024 };

static char *next_form(struct canary *c)
{
    ck_assert_uint_lt(c->form_count, CANARY_FORMS_MAX);
    return c->forms[c->form_count++];
}

/* Each byte written with that format; bytes in `plain` stay as they are. */
static void add_escaped(struct canary *c, const char *marker, const char *plain,
                        const char *prefix, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    char *at = next_form(c);
    int len = 0;

    for (const char *m = marker; *m; m++) {
        unsigned char byte = (unsigned char)*m;

        if (strchr(plain, *m))
            len += snprintf(at + len, CANARY_FORM_MAX - (size_t)len, "%c", *m);
        else
            len += snprintf(at + len, CANARY_FORM_MAX - (size_t)len, "%s%c%c",
                            prefix, digits[byte >> 4], digits[byte & 15]);
    }
}

/* What is sure of its base64 when `before` bytes of something stand in front,
 * and anything behind. */
static void add_base64(struct canary *c, const char *marker, size_t before,
                       bool for_urls)
{
    unsigned char bytes[128] = {0}, text[CANARY_FORM_MAX];
    size_t len = before + strlen(marker), from = (before * 8 + 5) / 6;
    char *at = next_form(c);

    memcpy(bytes + before, marker, len - before);
    (void)EVP_EncodeBlock(text, bytes, (int)len);
    (void)snprintf(at, CANARY_FORM_MAX, "%.*s", (int)(len * 8 / 6 - from),
                   (char *)text + from);
    for (; for_urls && *at; at++)
        *at = *at == '+' ? '-' : *at == '/' ? '_' : *at;
}

static void add_json(struct canary *c, const char *marker)
{
    char *at = next_form(c);

    for (; *marker; marker++) {
        if (*marker == '/')
            *at++ = '\\';
        *at++ = *marker;
    }
}

struct canary canary_of(const char *marker)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
    struct canary c = {.places = 0};

    ck_assert_uint_ge(strlen(marker), 16);
    ck_assert_uint_le(strlen(marker), 100);
    (void)snprintf(next_form(&c), CANARY_FORM_MAX, "%s", marker);
    add_escaped(&c, marker, "", "", false);
    add_escaped(&c, marker, "", "", true);
    add_escaped(&c, marker, "", "\\x", false);
    add_escaped(&c, marker, letters, "%", false);
    add_escaped(&c, marker, letters, "%", true);
    add_json(&c, marker);
    for (size_t before = 0; before < 3; before++) {
        add_base64(&c, marker, before, false);
        add_base64(&c, marker, before, true);
    }
    return c;
}

void canary_search(struct canary *c, const char *place, struct span bytes)
{
    size_t used = strlen(c->where);

    c->places++;
    for (size_t i = 0; i < c->form_count; i++)
        if (memmem(bytes.at, bytes.len, c->forms[i], strlen(c->forms[i]))) {
            c->hits++;
            (void)snprintf(c->where + used, sizeof c->where - used,
                           "%s (form %zu)\n", place, i);
            return;
        }
}

static void search_open(struct canary *c, const char *place, int fd)
{
    struct buf bytes = buf_make(BYTES_MAX);
    char chunk[1 << 16];
    ssize_t got;

    while ((got = read(fd, chunk, sizeof chunk)) > 0)
        ck_assert_int_eq(buf_add(&bytes, chunk, (size_t)got), ERR_OK);
    ck_assert_msg(got == 0, "%s: %s", place, strerror(errno));
    canary_search(c, place, buf_span(&bytes));
    buf_clear(&bytes);
    (void)close(fd);
}

void canary_file(struct canary *c, const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    ck_assert_msg(fd >= 0, "%s: %s", path, strerror(errno));
    search_open(c, path, fd);
}

unsigned canary_folder(struct canary *c, const char *path)
{
    glob_t inside = {.gl_pathc = 0};
    char pattern[PATH_LENGTH];
    unsigned count = 0;
    struct stat about;

    (void)snprintf(pattern, sizeof pattern, "%s/*", path);
    (void)glob(pattern, GLOB_NOSORT, NULL, &inside);
    (void)snprintf(pattern, sizeof pattern, "%s/.[!.]*", path);
    (void)glob(pattern, GLOB_NOSORT | GLOB_APPEND, NULL, &inside);
    for (size_t i = 0; i < inside.gl_pathc; i++) {
        ck_assert_int_eq(stat(inside.gl_pathv[i], &about), 0);
        if (S_ISDIR(about.st_mode)) {
            count += canary_folder(c, inside.gl_pathv[i]);
        } else if (S_ISREG(about.st_mode)) {
            canary_file(c, inside.gl_pathv[i]);
            count++;
        }
    }
    globfree(&inside);
    return count;
}

void canary_process(struct canary *c, pid_t pid)
{
    static const char *const names[] = {"cmdline", "environ", "status", "maps"};
    char path[64];

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        int fd;

        (void)snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, names[i]);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        /* Closed even to its own user, which is as good. */
        if (fd < 0 && errno == EACCES)
            canary_search(c, path, span_of(""));
        else if (fd >= 0)
            search_open(c, path, fd);
        else
            ck_abort_msg("%s: %s", path, strerror(errno));
    }
}

static void add_reply(const struct reply *r, struct buf *out)
{
    struct span text = reply_span(r);

    ck_assert_int_ne(reply_kind(r), REPLY_ERROR);
    for (size_t i = 0; i < reply_count(r); i++)
        add_reply(reply_at(r, i), out);
    if (reply_kind(r) == REPLY_TEXT)
        ck_assert_int_eq(buf_add(out, text.at, text.len), ERR_OK);
    ck_assert_int_eq(buf_add_text(out, "\n"), ERR_OK);
}

/* How the value of a key of that type is read: "%" stands for the key. */
static const struct {
    const char *type, *words[5];
} ways[] = {
    {"string", {"GET", "%"}},
    {"list", {"LRANGE", "%", "0", "-1"}},
    {"hash", {"HGETALL", "%"}},
    {"zset", {"ZRANGE", "%", "0", "-1", "WITHSCORES"}},
    {"set", {"SMEMBERS", "%"}},
    {"stream", {"XRANGE", "%", "-", "+"}},
};

static void add_value(struct redis_sync *link, const char *key, struct buf *out)
{
    const struct reply *reply;
    const char *argv[5];
    char type[16];
    int argc = 0;

    ck_assert_int_eq(redis_ask_words(link, &reply, "TYPE", key, NULL), ERR_OK);
    ck_assert(span_copy(reply_span(reply), type, sizeof type));
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        for (;
             strcmp(type, ways[i].type) == 0 && argc < 5 && ways[i].words[argc];
             argc++)
            argv[argc] =
                ways[i].words[argc][0] == '%' ? key : ways[i].words[argc];
    /* It may have ended since. */
    if (argc == 0)
        return;
    ck_assert_int_eq(redis_ask(link, argc, argv, NULL, &reply), ERR_OK);
    add_reply(reply, out);
}

static bool is_one_of(const char *key, const char *const *beginnings)
{
    for (; beginnings && *beginnings; beginnings++)
        if (strncmp(key, *beginnings, strlen(*beginnings)) == 0)
            return true;
    return false;
}

static void search_keys(struct canary *c, struct redis_sync *link,
                        const char *const *but)
{
    struct buf names = buf_make(BYTES_MAX), value = buf_make(BYTES_MAX);
    const struct reply *reply;
    struct span rest;
    char key[512];

    ck_assert_int_eq(redis_ask_words(link, &reply, "KEYS", "*", NULL), ERR_OK);
    add_reply(reply, &names);
    canary_search(c, "the names of keys", buf_span(&names));
    rest = buf_span(&names);
    while (rest.len > 0) {
        ck_assert(span_copy(span_cut(&rest, '\n'), key, sizeof key));
        if (key[0] == '\0' || is_one_of(key, but))
            continue;
        buf_reset(&value);
        add_value(link, key, &value);
        canary_search(c, key, buf_span(&value));
    }
    buf_clear(&names);
    buf_clear(&value);
}

void canary_redis(struct canary *c, const struct redis_address *address,
                  const char *const *but)
{
    struct redis_sync *link = NULL;
    struct why why = {""};

    ck_assert_msg(!redis_sync_open(address, REPLY_MS, &link, &why), "%s",
                  why.text);
    search_keys(c, link, but);
    redis_sync_close(&link);
}

#include "support/users.h"
#include "support/port.h"

#include <check.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LIMIT_MS = 20000 };

/* What the shipped file has for a password: the hash of none. */
#define NO_HASH                                                                \
    "0000000000000000000000000000000000000000000000000000000000000000"
#define NOBODY "user default off resetchannels -@all"
#define ADMIN  "user default on nopass ~* &* +@all"

const char *const users_roles[ROLES] = {"extq-producer", "extq-service",
                                        "extq-operator", "extq-reader",
                                        "extq-admin"};

char *users_shipped(void)
{
    const char *source = getenv("EXTQ_SOURCE");
    char path[512];

    ck_assert_ptr_nonnull(source);
    (void)snprintf(path, sizeof path, "%s/deploy/redis/users.acl", source);
    return temp_read(path);
}

/* The role's password is its name. */
static void write_hash(const char *role, char *at)
{
    unsigned char hash[32];
    char hex[3];

    ck_assert_int_eq(
        EVP_Digest(role, strlen(role), hash, NULL, EVP_sha256(), NULL), 1);
    for (size_t i = 0; i < sizeof hash; i++) {
        (void)snprintf(hex, sizeof hex, "%02x", hash[i]);
        memcpy(at + 2 * i, hex, 2);
    }
}

/* The shipped file with passwords, and with a default user for the test. */
static struct temp_path make_users(const struct temp_path *dir)
{
    char *text = users_shipped(), out[8192];
    const char *nobody = strstr(text, NOBODY);

    ck_assert_ptr_eq(nobody, text);
    (void)snprintf(out, sizeof out, "%s%s", ADMIN, text + strlen(NOBODY));
    for (size_t i = 0; i < ROLES; i++) {
        char *line = strstr(out, users_roles[i]), *hash;

        ck_assert_ptr_nonnull(line);
        hash = strstr(line, NO_HASH);
        ck_assert_ptr_nonnull(hash);
        write_hash(users_roles[i], hash);
    }
    free(text);
    return temp_write(dir, "users.acl", out);
}

/* redis_server.h borrows its words. */
static char number[16], file[512];
static const char *const words[] = {"--port",    number, "--bind", "127.0.0.1",
                                    "--aclfile", file,   NULL};

struct users users_open(void)
{
    struct users u = {.dir = temp_dir(), .port = port_free()};

    u.file = make_users(&u.dir);
    (void)snprintf(number, sizeof number, "%d", u.port);
    (void)snprintf(file, sizeof file, "%s", u.file.text);
    u.server = redis_server_start(false, words);
    return u;
}

void users_close(struct users *u)
{
    redis_server_close(&u->server);
}

struct redis_sync *users_connect(const struct users *u, const char *role,
                                 const char *password, struct why *why)
{
    struct redis_address a = {.place.port = u->port};
    struct redis_sync *link = NULL;

    (void)snprintf(a.place.host, sizeof a.place.host, "127.0.0.1");
    (void)snprintf(a.user, sizeof a.user, "%s", role);
    if (password[0])
        temp_secret(password, a.files.password, sizeof a.files.password);
    return redis_sync_open(&a, LIMIT_MS, &link, why) ? NULL : link;
}

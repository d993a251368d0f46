/* Where Redis is, as it is configured: a server, or those who know which one it
 * is: Sentinels, or nodes of a cluster. It holds no secret: files with secrets
 * are read at each connect, so that a new one needs no restart. */
#ifndef EXTQ_LINK_REDIS_ADDRESS_H
#define EXTQ_LINK_REDIS_ADDRESS_H

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    REDIS_PATH_MAX = 256,
    REDIS_TEXT_MAX = 128,
    REDIS_FILE_MAX = 1024,
    REDIS_PASSWORD_MAX = 255,
    REDIS_GUIDES_MAX = 8,
    REDIS_PLACE_TEXT_MAX = 512
};

struct redis_place {
    char host[REDIS_PATH_MAX]; /* a name, or an IP address without brackets */
    int port;
};

struct redis_nodes;

struct redis_address {
    struct redis_place place;     /* of a server; host is empty otherwise */
    char socket[REDIS_PATH_MAX];  /* the path of a server's */
    char primary[REDIS_TEXT_MAX]; /* what the Sentinels call it; empty = none */
    struct redis_place guides[REDIS_GUIDES_MAX]; /* who is asked where it is */
    unsigned guide_count;
    bool cluster;  /* the guides are nodes of one, not Sentinels */
    unsigned slot; /* in a cluster: of the keys meant; see link/redis_slot.h */
    struct redis_nodes *nodes; /* of the cluster, beside the guides; NULL =
                                  none are kept. Its owner sets it after
                                  redis_address_read */
    int db;
    bool tls;
    char user[REDIS_TEXT_MAX];
    /* Paths; empty = none. Their owner sets them after redis_address_read. */
    struct redis_files {
        char password[REDIS_FILE_MAX]; /* one line, as the others of its kind */
        char sentinel_password[REDIS_FILE_MAX];
        char ca[REDIS_FILE_MAX]; /* PEM; empty = the system's */
        char cert[REDIS_FILE_MAX];
        char key[REDIS_FILE_MAX];
    } files;
};

/* Reads a URL: redis://[user@]host[:port][/db], rediss:// for TLS,
 * unix:///path[?db=n], sentinel://[user@]host[:port],.../name[/db],
 * sentinels:// for TLS to them and to what they name, and in the same way
 * cluster://[user@]host[:port],... and clusters://. A password inside is
 * refused (secrets only by file). ERR_SYNTAX, also for embedded:, which is no
 * address, and for TLS where hiredis has none. */
enum err redis_address_read(const char *url, struct redis_address *ret,
                            struct why *why) must_check;

/* The address in words, for messages: no user. */
void redis_address_text(const struct redis_address *a, char *dst, size_t size);

/* "host:port" or "[::1]:port". */
void redis_place_text(const struct redis_place *p, char *dst, size_t size);

#endif

/* Two resolvers, as of two services, in front of one real Redis and one real
 * platform: what the tests of the resolve stage stand on. */
#ifndef EXTQ_SUPPORT_RESOLVE_BED_H
#define EXTQ_SUPPORT_RESOLVE_BED_H

#include "stages/resolve.h"
#include "support/peer.h"
#include "support/redis_server.h"
#include "support/wait.h"

#define BED_FOUND "{\"url\":\"https://ext.example/a\",\"secret\":\"s3cr3t\"}"
#define BED_MOVED "{\"url\":\"https://ext.example/b\"}"
#define BED_ENTRY "x:ext:{acme}:on-new-lead"
#define BED_MARK  BED_ENTRY ":ask"

enum { BED_LIMIT_MS = 20000 };

struct resolve_bed;

/* What one service has for this. */
struct side {
    struct resolve_bed *bed;
    struct redis_links *links;
    struct redis *redis; /* the one of them */
    struct http *http;
    struct discovery *discovery;
    struct resolver *resolver;
    unsigned answers;
    struct resolved last; /* the last answer; its pointers are not valid */
    bool has_target;
    char url[URL_MAX + 1];
    char secret[128];
    char why[512];
};

struct resolve_bed {
    uv_loop_t loop;
    uv_prepare_t end_of_turn;
    struct redis_server *server;
    struct peer *peer; /* a registry: /{container}/{point} */
    struct http_options http;
    struct discovery_options discovery;
    struct resolve_options options; /* generous; may be changed any time */
    struct redis_options redis;
    struct side a, b;
    bool waiting; /* the loop runs until the next answer */
};

/* The extension that most tests resolve. */
extern const struct extension_key bed_acme;

struct resolve_bed *resolve_bed_open(void);
void resolve_bed_close(struct resolve_bed **w);

/* Opens the resolver of a side anew, with the options as they are. */
void side_reopen(struct side *s);

/* One turn of the loop, without waiting. */
void bed_turn(struct resolve_bed *w);

/* How many questions the platform was asked. */
size_t bed_asked(struct resolve_bed *w);

/* Lets the loop turn until Redis has that number for the command. */
#define bed_until(w, number, ...)                                              \
    wait_until((bed_turn(w), redis_server_count((w)->server, __VA_ARGS__,      \
                                                NULL) == (number)),            \
               BED_LIMIT_MS, #__VA_ARGS__)

/* A resolve_done that keeps the answer in the side. */
void side_keep(void *side, const struct resolved *answer);

/* Lets the loop run until that many answers have come, and no more. */
void side_await(struct side *s, unsigned answers);

/* Resolve, and wait for the answer; side_ask is for bed_acme and says where it
 * came from. */
void side_ask_for(struct side *s, const struct extension_key *key);
enum resolve_source side_ask(struct side *s);
void side_ask_anew(struct side *s);

/* The last answer was this extension from there; a failure that holds these
 * words. */
void side_found(const struct side *s, enum resolve_source source,
                const char *url);
void side_failed(const struct side *s, const char *why);

#endif

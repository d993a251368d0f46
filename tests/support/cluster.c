#include "support/cluster.h"

#include "link/redis_find.h"
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

enum { LIMIT_MS = 60000, REPLY_MS = 5000, NODES_MAX = 6, ID_SIZE = 41 };

struct node {
    struct temp_path dir, config;
    struct redis_address address;
    struct process *process; /* NULL = dead */
    char port[16], bus[16], id[ID_SIZE];
};

struct cluster {
    struct node nodes[NODES_MAX]; /* masters first */
    unsigned masters, count;
    struct temp_path certificates;
    struct redis_files files; /* empty without TLS */
    const char *host;         /* by which tests know them all */
    bool named;               /* so do they themselves */
    char url[256];
};

/* As whom it shows itself; without TLS it finds that out. */
static const char *announcement(const struct cluster *c)
{
    if (c->named)
        return "cluster-announce-hostname localhost\n"
               "cluster-preferred-endpoint-type hostname\n";
    return c->files.ca[0] ? "cluster-announce-ip 127.0.0.1\n" : "";
}

static void write_listener(const struct cluster *c, const char *port, char *dst,
                           size_t size)
{
    const struct redis_files *f = &c->files;

    if (f->ca[0])
        (void)snprintf(dst, size,
                       "port 0\ntls-port %s\ntls-cluster yes\n"
                       "tls-replication yes\ntls-ca-cert-file %s\n"
                       "tls-cert-file %s\ntls-key-file %s\n",
                       port, f->ca, f->cert, f->key);
    else
        (void)snprintf(dst, size, "port %s\n", port);
}

/* The port of the bus is 10000 more than the other, which may be none. */
static void node_start(const struct cluster *c, struct node *n)
{
    const char *argv[] = {"redis-server", n->config.text, NULL};
    char listener[4 * REDIS_FILE_MAX], text[8 * REDIS_FILE_MAX];

    n->dir = temp_dir();
    n->address = (struct redis_address){.tls = c->files.ca[0] != '\0',
                                        .files = c->files};
    (void)snprintf(n->address.place.host, sizeof n->address.place.host, "%s",
                   c->host);
    n->address.place.port = port_free();
    (void)snprintf(n->port, sizeof n->port, "%d", n->address.place.port);
    (void)snprintf(n->bus, sizeof n->bus, "%d", port_free());
    write_listener(c, n->port, listener, sizeof listener);
    (void)snprintf(text, sizeof text,
                   "%s%scluster-port %s\nbind 127.0.0.1\ndir %s\nsave \"\"\n"
                   "cluster-enabled yes\ncluster-node-timeout 1000\n"
                   "cluster-replica-validity-factor 0\n"
                   "repl-diskless-sync-delay 0\n",
                   listener, announcement(c), n->bus, n->dir.text);
    n->config = temp_write(&n->dir, "node.conf", text);
    n->process = process_start(argv, NULL);
}

/* Asks one question; the reply's text, "" for other kinds and where there is
 * none. Lives until the next one. */
static const char *ask(const struct node *n, const char *const *words)
{
    static char text[8192];
    const char *argv[16];
    struct redis_sync *link = NULL;
    const struct reply *reply = NULL;
    int argc = 0;

    text[0] = '\0';
    while (words[argc]) {
        argv[argc] = words[argc];
        argc++;
    }
    if (redis_sync_open(&n->address, REPLY_MS, &link, NULL))
        return text;
    if (!redis_ask(link, argc, argv, NULL, &reply)) {
        const struct reply *first =
            reply_kind(reply) == REPLY_LIST ? reply_at(reply, 0) : reply;

        (void)span_copy(reply_span(first), text, sizeof text);
    }
    redis_sync_close(&link);
    return text;
}

#define ask(n, ...) ask((n), (const char *const[]){__VA_ARGS__, NULL})

static void order(const struct node *n, const char *answer)
{
    ck_assert_msg(strcmp(answer, "OK") == 0, "%s: %s", n->port, answer);
}

static void share_slots(struct cluster *c)
{
    for (unsigned i = 0; i < c->masters; i++) {
        char first[16], last[16];

        (void)snprintf(first, sizeof first, "%u", i * REDIS_SLOTS / c->masters);
        (void)snprintf(last, sizeof last, "%u",
                       (i + 1) * REDIS_SLOTS / c->masters - 1);
        order(&c->nodes[i],
              ask(&c->nodes[i], "CLUSTER", "ADDSLOTSRANGE", first, last));
    }
}

static void meet(struct cluster *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        struct node *n = &c->nodes[i];
        char epoch[16];

        (void)snprintf(epoch, sizeof epoch, "%u", i + 1);
        order(n, ask(n, "CLUSTER", "SET-CONFIG-EPOCH", epoch));
        (void)snprintf(n->id, sizeof n->id, "%s", ask(n, "CLUSTER", "MYID"));
        if (i > 0)
            order(&c->nodes[0], ask(&c->nodes[0], "CLUSTER", "MEET",
                                    "127.0.0.1", n->port, n->bus));
    }
}

static unsigned count_of(const char *text, const char *part)
{
    unsigned count = 0;

    while ((text = strstr(text, part))) {
        text++;
        count++;
    }
    return count;
}

/* All know all, and there is nobody whom they doubt. */
static bool all_agree(const struct cluster *c)
{
    for (unsigned i = 0; i < c->count; i++) {
        const struct node *n = &c->nodes[i];
        const char *nodes;

        if (!n->process)
            continue;
        if (!strstr(ask(n, "CLUSTER", "INFO"), "cluster_state:ok"))
            return false;
        nodes = ask(n, "CLUSTER", "NODES");
        if (count_of(nodes, "\n") != c->count || strstr(nodes, "handshake") ||
            strstr(nodes, "fail"))
            return false;
    }
    return true;
}

static bool is_replicated(const struct cluster *c)
{
    for (unsigned i = c->masters; i < c->count; i++)
        if (!strstr(ask(&c->nodes[i], "INFO", "replication"),
                    "master_link_status:up"))
            return false;
    for (unsigned i = 0; i < c->count; i++)
        if (count_of(ask(&c->nodes[i], "CLUSTER", "NODES"), "slave") !=
            c->count - c->masters)
            return false;
    return true;
}

static void replicate(struct cluster *c)
{
    for (unsigned i = c->masters; i < c->count; i++) {
        const char *master = c->nodes[i - c->masters].id;

        wait_until(strcmp(ask(&c->nodes[i], "CLUSTER", "REPLICATE", master),
                          "OK") == 0,
                   LIMIT_MS, "a replica to know its master");
    }
    wait_until(is_replicated(c), LIMIT_MS, "the replicas");
}

static void write_url(struct cluster *c)
{
    size_t len = 0;

    for (unsigned i = 0; i < c->count && i < CLUSTER_MASTERS_MAX; i++)
        len += (size_t)snprintf(c->url + len, sizeof c->url - len, "%s%s:%s",
                                i > 0            ? ","
                                : c->files.ca[0] ? "clusters://"
                                                 : "cluster://",
                                c->host, c->nodes[i].port);
}

static void start_all(struct cluster *c, unsigned masters, bool replicas)
{
    c->masters = masters;
    c->count = replicas ? 2 * masters : masters;
    for (unsigned i = 0; i < c->count; i++)
        node_start(c, &c->nodes[i]);
    for (unsigned i = 0; i < c->count; i++)
        wait_until(strcmp(ask(&c->nodes[i], "PING"), "PONG") == 0, LIMIT_MS,
                   "a node to answer");
    share_slots(c);
    meet(c);
    wait_until(all_agree(c), LIMIT_MS, "the cluster");
    if (replicas)
        replicate(c);
    write_url(c);
}

struct cluster *cluster_open(unsigned masters, bool replicas)
{
    struct cluster *c = calloc(1, sizeof *c);

    ck_assert_ptr_nonnull(c);
    c->host = "127.0.0.1";
    start_all(c, masters, replicas);
    return c;
}

struct cluster *cluster_open_tls(unsigned masters, bool replicas,
                                 enum cluster_names names)
{
    struct cluster *c = calloc(1, sizeof *c);
    const char *dir, *certificate;

    ck_assert_ptr_nonnull(c);
    c->certificates = temp_dir();
    certificates_make(&c->certificates);
    dir = c->certificates.text;
    c->named = names == CLUSTER_BY_NAME;
    c->host = names == CLUSTER_BY_ADDRESS ? "127.0.0.1" : "localhost";
    certificate = names == CLUSTER_BY_ADDRESS ? "loopback" : "localhost";
    (void)snprintf(c->files.ca, sizeof c->files.ca, "%s/ca.crt", dir);
    (void)snprintf(c->files.cert, sizeof c->files.cert, "%s/%s.crt", dir,
                   certificate);
    (void)snprintf(c->files.key, sizeof c->files.key, "%s/%s.key", dir,
                   certificate);
    start_all(c, masters, replicas);
    return c;
}

const struct redis_files *cluster_files(const struct cluster *c)
{
    return &c->files;
}

void cluster_close(struct cluster **c)
{
    for (unsigned i = 0; *c && i < (*c)->count; i++)
        process_close(&(*c)->nodes[i].process);
    free(*c);
    *c = NULL;
}

const char *cluster_url(const struct cluster *c)
{
    return c->url;
}

pid_t cluster_pid(const struct cluster *c, unsigned master)
{
    return process_pid(c->nodes[master].process);
}

int cluster_port(const struct cluster *c, unsigned slot)
{
    struct redis_address a;
    struct redis_found found;

    ck_assert_int_eq(redis_address_read(c->url, &a, NULL), ERR_OK);
    a.files = c->files;
    a.slot = slot;
    return redis_find(&a, 0, &found, NULL) ? 0 : found.place.port;
}

static struct node *master_of(struct cluster *c, unsigned slot)
{
    int port = cluster_port(c, slot);

    for (unsigned i = 0; i < c->count; i++)
        if (c->nodes[i].address.place.port == port)
            return &c->nodes[i];
    ck_abort_msg("slot %u has no master", slot);
}

static void hand_over(struct cluster *c, const char *slot,
                      const struct node *target)
{
    order(target, ask(target, "CLUSTER", "SETSLOT", slot, "NODE", target->id));
    for (unsigned i = 0; i < c->masters; i++)
        order(&c->nodes[i], ask(&c->nodes[i], "CLUSTER", "SETSLOT", slot,
                                "NODE", target->id));
}

void cluster_migrate(struct cluster *c, unsigned slot,
                     void (*between)(void *arg), void *arg)
{
    const struct node *from = master_of(c, slot);
    const struct node *to =
        &c->nodes[(size_t)(from - c->nodes + 1) % c->masters];
    char number[16], key[512];

    (void)snprintf(number, sizeof number, "%u", slot);
    order(to, ask(to, "CLUSTER", "SETSLOT", number, "IMPORTING", from->id));
    order(from, ask(from, "CLUSTER", "SETSLOT", number, "MIGRATING", to->id));
    for (;;) {
        (void)snprintf(key, sizeof key, "%s",
                       ask(from, "CLUSTER", "GETKEYSINSLOT", number, "1"));
        between(arg);
        if (!key[0])
            break;
        (void)ask(from, "MIGRATE", "127.0.0.1", to->port, key, "0", "5000",
                  "REPLACE");
    }
    hand_over(c, number, to);
}

void cluster_kill_master(struct cluster *c, unsigned slot)
{
    struct node *dead = master_of(c, slot);
    int port;

    process_close(&dead->process);
    wait_until((port = cluster_port(c, slot)) != 0 &&
                   port != dead->address.place.port,
               LIMIT_MS, "the replica to take over");
}

const char *cluster_queue(unsigned masters, unsigned master)
{
    static char name[24];
    char key[64];

    for (unsigned n = 0;; n++) {
        (void)snprintf(name, sizeof name, "q%u", n);
        (void)snprintf(key, sizeof key, "extq:{%s}:jobs", name);
        if (redis_slot(span_of(key)) * masters / REDIS_SLOTS == master)
            return name;
    }
}

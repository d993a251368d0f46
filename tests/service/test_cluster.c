/* On a Redis Cluster: queues on several masters, their slots on the move, and a
 * master that dies. */
#include "link/redis_slot.h"
#include "link/redis_sync.h"
#include "support/cluster.h"
#include "support/main.h"
#include "support/ops_client.h"
#include "support/page.h"
#include "support/port.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

enum { MASTERS = 3, JOBS = 120, CONTAINERS = 12, LIMIT_MS = 60000 };

static const char jobs_key[] = "extq:{default}:jobs";

static unsigned home(void)
{
    return redis_slot(span_of(jobs_key));
}

static struct redis_sync *connect_to(const struct world *w)
{
    struct redis_sync *link = NULL;
    struct why why = {""};

    ck_assert_msg(!redis_sync_open(&w->address, LIMIT_MS, &link, &why), "%s",
                  why.text);
    return link;
}

/* A queue on each master, and tenants whose cache entries are on all. */
static void configure_three(struct world *w, const char *more)
{
    char queues[128] = "", extensions[4096] = "";
    size_t len = 0;

    for (unsigned n = 0; n < MASTERS; n++)
        len += (size_t)snprintf(queues + len, sizeof queues - len, "%s%s: {}",
                                n > 0 ? ", " : "", cluster_queue(MASTERS, n));
    len = 0;
    for (unsigned n = 0; n < CONTAINERS; n++)
        len += (size_t)snprintf(extensions + len, sizeof extensions - len,
                                "  - {container: c%u, point: on-new-lead, "
                                "url: \"%s\"}\n",
                                n, peer_url(w->peer, "/lead").text);
    world_configure(w, "%squeues: {%s}\nextensions:\n%s", more, queues,
                    extensions);
}

static void push_three(struct world *w)
{
    char job[256];

    for (unsigned n = 0; n < JOBS; n++) {
        (void)snprintf(job, sizeof job,
                       "{\"id\":\"job-%u\",\"container\":\"c%u\","
                       "\"point\":\"on-new-lead\",\"payload\":%u}",
                       n, n % CONTAINERS, n);
        world_push_bytes(w, cluster_queue(MASTERS, n % MASTERS), span_of(job));
    }
}

static size_t ends_of(const struct world *w, const char *queue)
{
    struct redis_sync *link = connect_to(w);
    const struct reply *reply;
    char key[64];
    size_t count;

    (void)snprintf(key, sizeof key, "extq:{%s}:outcomes", queue);
    ck_assert_int_eq(redis_ask_words(link, &reply, "XLEN", key, NULL), ERR_OK);
    count = (size_t)reply_number(reply);
    redis_sync_close(&link);
    return count;
}

static void expect_command(struct world *w, const char *const *words,
                           const char *says)
{
    const char *argv[16] = {extq_path()};
    struct process *p;
    size_t n = 1;

    for (; *words; words++)
        argv[n++] = *words;
    argv[n++] = "-c";
    argv[n] = w->config.text;
    p = process_start(argv, NULL);
    process_expect(p, 0, LIMIT_MS);
    ck_assert_msg(strstr(process_out(p), says) != NULL, "%s", process_out(p));
    process_close(&p);
}

#define expect_command(w, says, ...)                                           \
    expect_command((w), (const char *const[]){__VA_ARGS__, NULL}, (says))

/* Two services, of which one shows figures at that port. */
static void start_two(struct world *w, int port)
{
    char ops[64];
    struct process *s;

    (void)snprintf(ops, sizeof ops, "ops: {listen: \"127.0.0.1:%d\"}\n", port);
    configure_three(w, ops);
    s = world_start(w);
    wait_until(strstr(process_err(s), "extq starts"), LIMIT_MS, "its start");
    configure_three(w, "");
    (void)world_start(w);
}

static double outcomes_at(int port)
{
    return page_sum(ops_get(port, "/metrics")->body, "extq_queue_outcomes");
}

/* A node addressed as a server of its own, by a service and by commands. */
static void refuse_node(const struct cluster *c)
{
    char url[64];
    struct process *p;

    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d", cluster_port(c, 0));
    for (unsigned n = 0; n < 3; n++) {
        p = extq_start(NULL,
                       n == 0   ? "run"
                       : n == 1 ? "stats"
                                : "doctor",
                       "--redis", url);
        process_expect(p, 78, LIMIT_MS);
        ck_assert_ptr_nonnull(
            strstr(n < 2 ? process_err(p) : process_out(p), "cluster://"));
        process_close(&p);
    }
}

START_TEST(queues_and_the_cache_are_spread_over_the_masters)
{
    struct cluster *c = cluster_open(MASTERS, false);
    struct world *w = world_open_at(cluster_url(c));
    int port = port_free();

    start_two(w, port);
    push_three(w);
    world_expect_calls(w, "job", JOBS, false);
    for (unsigned n = 0; n < MASTERS; n++)
        wait_until(ends_of(w, cluster_queue(MASTERS, n)) == JOBS / MASTERS,
                   LIMIT_MS, "the outcomes of each queue");
    expect_command(w, cluster_queue(MASTERS, 2), "stats");
    expect_command(w, "services", "doctor");
    wait_until((int)outcomes_at(port) == JOBS, LIMIT_MS, "the figures of all");
    expect_command(w, "delivered", "outcomes", "--queue",
                   cluster_queue(MASTERS, 1));
    expect_command(w, "http", "resolve", "c7", "on-new-lead");
    expect_command(w, "cli-1", "enqueue", "--queue", cluster_queue(MASTERS, 1),
                   "--container", "c1", "--point", "on-new-lead", "--payload",
                   "1", "--id", "cli-1");
    expect_command(w, "paused until", "pause", "--container", "c1");
    expect_command(w, cluster_queue(MASTERS, 2), "parked");
    refuse_node(c);
    world_close(&w);
    cluster_close(&c);
}
END_TEST

/* Each has settings of its own: here the second one drops what it likes. */
static void let_it_evict(const struct cluster *c, unsigned slot)
{
    struct redis_address address;
    struct redis_sync *link = NULL;
    const struct reply *reply;
    struct why why = {""};
    char url[64];

    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%d",
                   cluster_port(c, slot));
    ck_assert_int_eq(redis_address_read(url, &address, &why), ERR_OK);
    ck_assert_msg(!redis_sync_open(&address, LIMIT_MS, &link, &why), "%s",
                  why.text);
    ck_assert_int_eq(redis_ask_words(link, &reply, "CONFIG", "SET",
                                     "maxmemory-policy", "allkeys-lru", NULL),
                     ERR_OK);
    redis_sync_close(&link);
}

START_TEST(each_master_is_looked_at)
{
    struct cluster *c = cluster_open(MASTERS, false);
    struct world *w = world_open_at(cluster_url(c));
    struct process *p;
    char said[64];

    /* One of them has two. */
    world_configure(w, "queues: {q0: {}, q1: {}, q2: {}, q3: {}}\n");
    let_it_evict(c, REDIS_SLOTS / 2);
    for (unsigned n = 0; n < 2; n++) {
        p = extq_start(NULL, n ? "doctor" : "check",
                       n ? "--no-self-test" : "--ask-redis", "-c",
                       w->config.text);
        process_expect(p, 1, LIMIT_MS);
        for (unsigned slot = 0; slot < REDIS_SLOTS; slot += REDIS_SLOTS / 2) {
            (void)snprintf(said, sizeof said, "127.0.0.1:%d: cluster://",
                           cluster_port(c, slot));
            ck_assert_msg(!strstr(process_out(p), said) == (slot > 0), "%s",
                          process_out(p));
        }
        process_close(&p);
    }
    world_close(&w);
    cluster_close(&c);
}
END_TEST

/* Pushes one by one, whatever the cluster says meanwhile. */
struct pusher {
    struct world *w;
    struct redis_sync *link;
    unsigned pushed, refused;
};

static void push_next(void *arg)
{
    struct pusher *p = arg;
    const struct reply *reply;
    char job[160];

    (void)snprintf(job, sizeof job,
                   "{\"id\":\"job-%u\",\"container\":\"acme\","
                   "\"point\":\"on-new-lead\",\"payload\":1}",
                   p->pushed);
    ck_assert_int_eq(
        redis_ask_words(p->link, &reply, "LPUSH", jobs_key, job, NULL), ERR_OK);
    if (reply_kind(reply) == REPLY_NUMBER)
        p->pushed++;
    else
        p->refused += reply_fault(reply) == FAULT_AWAY;
}

static void push_until(struct pusher *p, unsigned count)
{
    wait_until((push_next(p), p->pushed >= count), LIMIT_MS, "the pushes");
}

static struct pusher pusher_open(struct world *w)
{
    return (struct pusher){.w = w, .link = connect_to(w)};
}

START_TEST(a_slot_that_migrates_under_load_loses_nothing)
{
    struct cluster *c = cluster_open(MASTERS, false);
    struct world *w = world_open_at(cluster_url(c));
    struct pusher p = pusher_open(w);

    (void)world_start(w);
    (void)world_start(w);
    for (unsigned round = 1; round <= MASTERS; round++) {
        int before = cluster_port(c, home());

        push_until(&p, round * JOBS);
        cluster_migrate(c, home(), push_next, &p);
        ck_assert_int_ne(cluster_port(c, home()), before);
    }
    push_until(&p, (MASTERS + 1) * JOBS);
    world_expect_delivered(w, "job", p.pushed);
    ck_assert_uint_gt(p.refused, 0);
    redis_sync_close(&p.link);
    world_close(&w);
    cluster_close(&c);
}
END_TEST

/* Until a replica has them too. */
static void settle_pushes(struct pusher *p)
{
    const struct reply *reply;

    ck_assert_int_eq(redis_ask_words(p->link, &reply, "WAIT", "1", "0", NULL),
                     ERR_OK);
    ck_assert_int_ge(reply_number(reply), 1);
}

START_TEST(services_follow_when_a_master_dies)
{
    struct cluster *c = cluster_open(MASTERS, true);
    struct world *w = world_open_at(cluster_url(c));
    struct pusher p = pusher_open(w);

    (void)world_start(w);
    (void)world_start(w);
    push_until(&p, JOBS);
    settle_pushes(&p);
    wait_until(ends_of(w, "default") > 0, LIMIT_MS, "the first ends");
    cluster_kill_master(c, home());
    redis_sync_close(&p.link);
    p.link = connect_to(w);
    push_until(&p, 2 * JOBS);
    world_expect_delivered(w, "job", p.pushed);
    redis_sync_close(&p.link);
    world_close(&w);
    cluster_close(&c);
}
END_TEST

/* They name one node, and that is gone for good. */
START_TEST(services_outlive_all_nodes_that_their_url_names)
{
    struct cluster *c = cluster_open(MASTERS, true);
    struct world *w = world_open_at(cluster_url(c));
    struct pusher p = pusher_open(w);
    int port = port_free();

    world_configure(w,
                    "redis: {url: \"cluster://127.0.0.1:%d\"}\n"
                    "ops: {listen: \"127.0.0.1:%d\"}\n",
                    cluster_port(c, home()), port);
    (void)world_start(w);
    push_until(&p, JOBS);
    settle_pushes(&p);
    wait_until((int)outcomes_at(port) == JOBS, LIMIT_MS, "the first figures");
    cluster_kill_master(c, home());
    redis_sync_close(&p.link);
    p.link = connect_to(w);
    push_until(&p, 2 * JOBS);
    world_expect_delivered(w, "job", p.pushed);
    wait_until(outcomes_at(port) == 2 * JOBS, LIMIT_MS, "the figures again");
    redis_sync_close(&p.link);
    world_close(&w);
    cluster_close(&c);
}
END_TEST

START_TEST(a_server_addressed_as_a_cluster_is_told)
{
    int port = port_free();
    char number[16], url[64];
    const char *const argv[] = {"redis-server", "--port", number, "--bind",
                                "127.0.0.1",    "--save", "",     NULL};
    struct process *server, *p = NULL;

    (void)snprintf(number, sizeof number, "%d", port);
    (void)snprintf(url, sizeof url, "cluster://127.0.0.1:%d", port);
    server = process_start(argv, NULL);
    wait_until((process_close(&p),
                p = extq_start(NULL, "stats", "--redis", url),
                process_wait(p, LIMIT_MS) == 69 &&
                    strstr(process_err(p), "it is no Redis Cluster")),
               LIMIT_MS, "its refusal");
    process_close(&p);
    process_close(&server);
}
END_TEST

int main(void)
{
    return run_tests("service.cluster", 120,
                     queues_and_the_cache_are_spread_over_the_masters,
                     each_master_is_looked_at,
                     a_slot_that_migrates_under_load_loses_nothing,
                     services_follow_when_a_master_dies,
                     services_outlive_all_nodes_that_their_url_names,
                     a_server_addressed_as_a_cluster_is_told);
}

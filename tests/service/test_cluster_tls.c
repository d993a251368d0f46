/* On a Redis Cluster over TLS: each node that is named has to prove its name.
 */
#include "link/redis_slot.h"
#include "link/redis_sync.h"
#include "link/redis_tls.h"
#include "support/cluster.h"
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

enum { MASTERS = 3, JOBS = 60, LIMIT_MS = 60000 };

static const char jobs_key[] = "extq:{default}:jobs";

static unsigned home(void)
{
    return redis_slot(span_of(jobs_key));
}

static struct world *open_world(const struct cluster *c)
{
    const struct redis_files *f = cluster_files(c);
    struct world *w = world_open_at(cluster_url(c));

    w->address.files = *f;
    world_configure(w,
                    "redis: {url: \"%s\", ca_file: %s, cert_file: %s,\n"
                    "        key_file: %s}\n",
                    w->url, f->ca, f->cert, f->key);
    return w;
}

static bool push_one(struct redis_sync *link, const char *name, unsigned n)
{
    const struct reply *reply;
    char job[160];

    (void)snprintf(job, sizeof job,
                   "{\"id\":\"%s-%u\",\"container\":\"acme\","
                   "\"point\":\"on-new-lead\",\"payload\":1}",
                   name, n);
    ck_assert_int_eq(
        redis_ask_words(link, &reply, "LPUSH", jobs_key, job, NULL), ERR_OK);
    return reply_kind(reply) == REPLY_NUMBER;
}

/* Whatever the cluster says meanwhile; in the end `replicas` have them too. */
static void push(struct world *w, const char *name, const char *replicas)
{
    struct redis_sync *link = NULL;
    const struct reply *reply;
    struct why why = {""};

    ck_assert_msg(!redis_sync_open(&w->address, LIMIT_MS, &link, &why), "%s",
                  why.text);
    for (unsigned n = 0; n < JOBS; n++)
        wait_until(push_one(link, name, n), LIMIT_MS, "a push");
    ck_assert_int_eq(redis_ask_words(link, &reply, "WAIT", replicas, "0", NULL),
                     ERR_OK);
    redis_sync_close(&link);
}

static void do_nothing(void *arg)
{
    (void)arg;
}

/* Two services, and the queue goes to another master. */
static void move_queue(struct world *w, struct cluster *c, const char *replicas)
{
    int before = cluster_port(c, home());

    (void)world_start(w);
    (void)world_start(w);
    push(w, "before", replicas);
    world_expect_delivered(w, "before", JOBS);
    cluster_migrate(c, home(), do_nothing, NULL);
    ck_assert_int_ne(cluster_port(c, home()), before);
    push(w, "after", replicas);
    world_expect_delivered(w, "after", JOBS);
}

START_TEST(services_follow_a_slot_and_the_death_of_a_master)
{
    struct cluster *c = cluster_open_tls(MASTERS, true, CLUSTER_BY_ADDRESS);
    struct world *w = open_world(c);

    move_queue(w, c, "1");
    cluster_kill_master(c, home());
    push(w, "late", "0");
    world_expect_delivered(w, "late", JOBS);
    world_close(&w);
    cluster_close(&c);
}
END_TEST

START_TEST(nodes_are_followed_by_their_names)
{
    struct cluster *c = cluster_open_tls(MASTERS, false, CLUSTER_BY_NAME);
    struct world *w = open_world(c);

    move_queue(w, c, "0");
    world_close(&w);
    cluster_close(&c);
}
END_TEST

/* The one of the URL proves its name; what it calls itself is another. */
START_TEST(an_address_that_a_node_names_is_verified_too)
{
    static const char why_not[] = "its certificate: IP address mismatch";
    struct cluster *c = cluster_open_tls(1, false, CLUSTER_MISNAMED);
    struct world *w = open_world(c);
    struct redis_sync *link = NULL;
    struct why why = {""};

    ck_assert_int_eq(redis_sync_open(&w->address, LIMIT_MS, &link, &why),
                     ERR_REDIS);
    ck_assert_msg(strstr(why.text, why_not) != NULL, "%s", why.text);
    (void)world_start(w);
    wait_until(strstr(process_err(w->services[0]), why_not), LIMIT_MS,
               "the reason");
    world_kill(w, w->services[0]);
    cluster_close(&c);
}
END_TEST

START_TEST(without_tls_in_hiredis_it_is_said_at_start)
{
    static const char *const verbs[] = {"run", "stats"};

    for (size_t n = 0; n < sizeof verbs / sizeof *verbs; n++) {
        struct process *p =
            extq_start(NULL, verbs[n], "--redis", "clusters://localhost:7000");

        process_expect(p, 78, LIMIT_MS);
        ck_assert_ptr_nonnull(strstr(process_err(p), "built without"));
        process_close(&p);
    }
}
END_TEST

int main(void)
{
    if (!redis_tls_is_built())
        return run_tests("service.cluster_tls", 120,
                         without_tls_in_hiredis_it_is_said_at_start);
    return run_tests("service.cluster_tls", 120,
                     services_follow_a_slot_and_the_death_of_a_master,
                     nodes_are_followed_by_their_names,
                     an_address_that_a_node_names_is_verified_too);
}

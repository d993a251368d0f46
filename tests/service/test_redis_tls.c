/* TLS to a real redis-server that asks for a certificate of ours, too; where
 * hiredis has none, the sentence that says so. */
#include "link/redis_sync.h"
#include "link/redis_tls.h"
#include "support/certificates.h"
#include "support/main.h"
#include "support/port.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

enum { LIMIT_MS = 30000, JOBS = 50, REPLY_MS = 2000 };

struct secured {
    struct temp_path dir;
    int port;
    struct process *redis;
};

static void start_redis(struct secured *s)
{
    char port[16];
    const char *argv[] = {"redis-server",
                          "--port",
                          "0",
                          "--tls-port",
                          port,
                          "--bind",
                          "127.0.0.1",
                          "--dir",
                          s->dir.text,
                          "--save",
                          "",
                          "--appendonly",
                          "yes",
                          "--maxmemory-policy",
                          "noeviction",
                          "--tls-ca-cert-file",
                          "ca.crt",
                          "--tls-cert-file",
                          "localhost.crt",
                          "--tls-key-file",
                          "localhost.key",
                          NULL};

    (void)snprintf(port, sizeof port, "%d", s->port);
    s->redis = process_start(argv, NULL);
}

/* The address as a client with its certificate has it. */
static struct redis_address address_of(const struct secured *s)
{
    struct redis_address a;
    char url[64];

    (void)snprintf(url, sizeof url, "rediss://localhost:%d", s->port);
    ck_assert_int_eq(redis_address_read(url, &a, NULL), ERR_OK);
    (void)snprintf(a.files.ca, sizeof a.files.ca, "%s/ca.crt", s->dir.text);
    (void)snprintf(a.files.cert, sizeof a.files.cert, "%s/client.crt",
                   s->dir.text);
    (void)snprintf(a.files.key, sizeof a.files.key, "%s/client.key",
                   s->dir.text);
    return a;
}

/* It may read its data yet. */
static bool answers(const struct secured *s)
{
    struct redis_address a = address_of(s);
    struct redis_sync *link = NULL;
    const struct reply *reply;
    bool ready;

    if (redis_sync_open(&a, REPLY_MS, &link, NULL))
        return false;
    ready = !redis_ask_words(link, &reply, "PING", NULL) &&
            reply_kind(reply) != REPLY_ERROR;
    redis_sync_close(&link);
    return ready;
}

static struct secured open_secured(void)
{
    struct secured s = {.dir = temp_dir(), .port = port_free()};

    certificates_make(&s.dir);
    start_redis(&s);
    wait_until(answers(&s), LIMIT_MS, "redis-server to answer");
    return s;
}

static void configure(struct world *w, const struct secured *s)
{
    const char *dir = s->dir.text;

    w->address = address_of(s);
    world_configure(w,
                    "redis: {url: \"%s\", ca_file: %s/ca.crt,\n"
                    "        cert_file: %s/client.crt, key_file: "
                    "%s/client.key}\n",
                    w->url, dir, dir, dir);
}

START_TEST(services_work_and_come_back_through_it)
{
    struct secured s = open_secured();
    char url[64];
    struct world *w;

    (void)snprintf(url, sizeof url, "rediss://localhost:%d", s.port);
    w = world_open_at(url);
    configure(w, &s);
    (void)world_start(w);
    world_push_many(w, "before", 0, JOBS);
    world_expect_delivered(w, "before", JOBS);
    process_close(&s.redis);
    start_redis(&s);
    wait_until(answers(&s), LIMIT_MS, "redis-server to be back");
    world_push_many(w, "after", 0, JOBS);
    world_expect_delivered(w, "after", JOBS);
    world_close(&w);
    process_close(&s.redis);
}
END_TEST

/* What of the configuration is wrong, and what is said of it. */
static const struct refusal {
    const char *host, *ca, *cert, *says;
} refusals[] = {
    {"127.0.0.1", "ca", "client", "its certificate: IP address mismatch"},
    {"localhost", "other", "client", "its certificate: self-signed"},
    {"localhost", "none", "client", "none.crt: no CA certificate"},
    {"localhost", "ca", "none", "none.crt: no certificate"},
};

START_TEST(a_server_that_cannot_prove_its_name_is_refused)
{
    const struct refusal *row = &refusals[_i];
    struct secured s = open_secured();
    struct redis_address a = address_of(&s);
    struct redis_sync *link = NULL;
    struct why why = {""};

    (void)snprintf(a.place.host, sizeof a.place.host, "%s", row->host);
    (void)snprintf(a.files.ca, sizeof a.files.ca, "%s/%s.crt", s.dir.text,
                   row->ca);
    (void)snprintf(a.files.cert, sizeof a.files.cert, "%s/%s.crt", s.dir.text,
                   row->cert);
    ck_assert_int_eq(redis_sync_open(&a, REPLY_MS, &link, &why),
                     strchr(row->says, '.') ? ERR_IO : ERR_REDIS);
    ck_assert_msg(strstr(why.text, row->says) != NULL, "%s", why.text);
    process_close(&s.redis);
}
END_TEST

START_TEST(a_service_says_once_why_it_cannot_connect)
{
    struct secured s = open_secured();
    char url[64];
    struct world *w;

    (void)snprintf(url, sizeof url, "rediss://127.0.0.1:%d", s.port);
    w = world_open_at(url);
    configure(w, &s);
    (void)world_start(w);
    wait_until(strstr(process_err(w->services[0]),
                      "its certificate: IP address mismatch"),
               LIMIT_MS, "the reason");
    ck_assert_ptr_null(strstr(process_err(w->services[0]), "Redis is there"));
    world_kill(w, w->services[0]);
    process_close(&s.redis);
}
END_TEST

START_TEST(without_tls_in_hiredis_it_is_said_at_start)
{
    struct process *p =
        extq_start(NULL, "stats", "--redis", "rediss://localhost");

    process_expect(p, 78, LIMIT_MS);
    ck_assert_ptr_nonnull(strstr(process_err(p), "built without"));
    process_close(&p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.redis_tls");
    TCase *tests = tcase_create("redis_tls");

    tcase_set_timeout(tests, 120);
    suite_add_tcase(suite, tests);
    if (!redis_tls_is_built()) {
        tcase_add_test(tests, without_tls_in_hiredis_it_is_said_at_start);
        return run_suite(suite);
    }
    tcase_add_test(tests, services_work_and_come_back_through_it);
    tcase_add_loop_test(tests, a_server_that_cannot_prove_its_name_is_refused,
                        0, (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(tests, a_service_says_once_why_it_cannot_connect);
    return run_suite(suite);
}

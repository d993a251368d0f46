/* A point with http_version 2, against nginx. */
#include "support/certificates.h"
#include "support/main.h"
#include "support/ops_client.h"
#include "support/page.h"
#include "support/port.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* nginx ends each connection (GOAWAY) after so many requests. */
enum { JOBS = 1000, REQUESTS_A_CONNECTION = 150 };

static const char nginx[] = "/usr/sbin/nginx";

static const char nginx_conf[] =
    "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
    "events { worker_connections 1024; }\n"
    "http {\n"
    "  log_format ledger '$server_protocol $http_webhook_id;$connection;';\n"
    "  access_log ledger.log ledger;\n"
    "  client_body_temp_path body; proxy_temp_path proxy;\n"
    "  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n"
    "  scgi_temp_path scgi;\n"
    "  keepalive_requests %d;\n"
    "  server {\n"
    "    listen 127.0.0.1:%d ssl%s;\n"
    "    ssl_certificate loopback.crt; ssl_certificate_key loopback.key;\n"
    "    location / { proxy_pass http://unix:%s/inner.sock:/; }\n"
    "  }\n"
    "  server {\n"
    "    listen unix:%s/inner.sock; access_log off;\n"
    "    location / { return 200 '{}'; }\n"
    "  }\n"
    "}\n";

static struct process *start_nginx(const struct temp_path *dir, int port,
                                   const char *http2)
{
    char conf[sizeof nginx_conf + 2 * sizeof dir->text + 64];
    struct temp_path at;
    struct process *p;

    certificates_make(dir);
    (void)snprintf(conf, sizeof conf, nginx_conf, REQUESTS_A_CONNECTION, port,
                   http2, dir->text, dir->text);
    at = temp_write(dir, "nginx.conf", conf);
    p = process_start(
        (const char *const[]){nginx, "-p", dir->text, "-c", at.text, NULL},
        NULL);
    wait_until(port_listens(port) || process_ended(p), WORLD_LIMIT_MS, "nginx");
    ck_assert_msg(!process_ended(p), "%s", process_err(p));
    return p;
}

static void configure(struct world *w, const struct temp_path *dir, int port,
                      int ops)
{
    world_configure(w,
                    "workers: 2\n"
                    "extensions:\n"
                    "  - {container: acme, point: on-new-lead,\n"
                    "     url: \"https://127.0.0.1:%d/lead\",\n"
                    "     secret_file: secrets/acme}\n"
                    "points: {on-new-lead: {http_version: 2}}\n"
                    "network: {allow: [127.0.0.1], ca_file: \"%s/ca.crt\"}\n"
                    "ops: {listen: \"127.0.0.1:%d\"}\n",
                    port, dir->text, ops);
}

static unsigned count(const char *text, const char *what)
{
    unsigned n = 0;

    for (; (text = strstr(text, what)); text++)
        n++;
    return n;
}

/* nginx writes when it has answered. */
static bool has_entries(const struct temp_path *dir, unsigned least)
{
    char *ledger = temp_read(temp_join(dir, "ledger.log").text);
    unsigned entries = count(ledger, "\n");

    free(ledger);
    return entries >= least;
}

/* Each as often as its outcomes say, and by this version. Returns how often
 * all were called. */
static unsigned expect_ledger(struct world *w, const struct temp_path *dir,
                              const char *version)
{
    unsigned calls = (unsigned)journal_read(w->journal);
    char line[64], id[32], *ledger;

    wait_until(has_entries(dir, calls), WORLD_LIMIT_MS, "the ledger");
    ledger = temp_read(temp_join(dir, "ledger.log").text);
    ck_assert_uint_eq(count(ledger, version), calls);
    for (int i = 0; i < JOBS; i++) {
        (void)snprintf(id, sizeof id, "job-%d", i);
        (void)snprintf(line, sizeof line, "%s %s;", version, id);
        ck_assert_msg(count(ledger, line) == journal_count(w->journal, id),
                      "%s: %u", line, count(ledger, line));
    }
    free(ledger);
    return calls;
}

static const struct {
    const char *listens, *version;
    bool http2;
} servers[] = {{" http2", "HTTP/2.0", true}, {"", "HTTP/1.1", false}};

START_TEST(a_thousand_jobs_arrive_as_often_as_outcomes_say)
{
    struct temp_path dir = temp_dir();
    int port = port_free(), ops;
    unsigned calls;
    struct world *w;
    struct process *server;

    if (access(nginx, X_OK) != 0) {
        printf("SKIPPED: nginx is not installed\n");
        return;
    }
    server = start_nginx(&dir, port, servers[_i].listens);
    w = world_open();
    ops = port_free();
    configure(w, &dir, port, ops);
    world_start(w);
    world_push_many(w, "job", 0, JOBS);
    world_expect_delivered(w, "job", JOBS);
    calls = expect_ledger(w, &dir, servers[_i].version);
    wait_until(
        page_sum(ops_get(ops, "/metrics")->body, "extq_http2_requests_total") ==
            (servers[_i].http2 ? calls : 0),
        WORLD_LIMIT_MS, "the figures");
    world_close(&w);
    process_close(&server);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.http2");
    TCase *t = tcase_create("service.http2");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, a_thousand_jobs_arrive_as_often_as_outcomes_say, 0,
                        2);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

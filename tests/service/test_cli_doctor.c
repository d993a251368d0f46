/* extq doctor: each thing that is wrong, and what mends it. */
#include "link/library.h"
#include "support/command.h"
#include "support/dns_stub.h"
#include "support/main.h"
#include "support/peer.h"
#include "support/redis_server.h"
#include "support/temp.h"

#include <stdio.h>
#include <string.h>

static struct redis_server *server;
static struct temp_path dir;

static void open_all(void)
{
    dir = temp_dir();
    server = redis_server_start(true, NULL);
}

static void close_all(void)
{
    redis_server_close(&server);
}

/* With a configuration that has this text behind its Redis. */
static struct temp_path configuration(const char *config)
{
    char text[2048];

    (void)snprintf(text, sizeof text, "redis: {url: \"%s\"}\n%s",
                   redis_server_url(server), config);
    return temp_write(&dir, "extq.yaml", text);
}

static const char *doctor(const char *config, int status)
{
    struct temp_path file = configuration(config);

    return output(
        extq_start(plain, "doctor", "-c", file.text, "--no-self-test"), status);
}

/* The same with an event of its own. */
static const char *doctor_and_event(const char *config, int status)
{
    struct temp_path file = configuration(config);

    return output(extq_start(plain, "doctor", "-c", file.text), status);
}

START_TEST(a_healthy_queue_is_fine_and_what_is_missing_is_a_warning)
{
    const char *out = doctor("", 0);

    has(out, "fine     redis          unix://");
    has(out, ", noeviction\n");
    has(out, "fine     clock          Redis's is ");
    has(out, "warning  functions      queue default: those of this version (");
    has(out, "warning  services       no service takes jobs from queue "
             "default\n"
             "                        mend: systemctl start extq\n");
    has(out, "fine     durability     appendfsync everysec");
    (void)redis_server_ask(server, "FUNCTION", "LOAD", library_text, NULL);
    (void)redis_server_ask(server, "ZADD", "extq:{default}:leases",
                           "9999999999999", "1-1", NULL);
    (void)redis_server_ask(server, "XADD", "extq:{default}:dead", "*", "a", "b",
                           NULL);
    out = doctor("", 0);
    has(out, "; queue default: 0 waiting, 1 dead\n");
    has(out, "fine     services       queue default is served by 1\n");
    ck_assert_ptr_null(strstr(out, "warning"));
}
END_TEST

START_TEST(a_redis_that_evicts_or_forgets_is_named)
{
    const char *out;

    (void)redis_server_ask(server, "CONFIG", "SET", "maxmemory-policy",
                           "allkeys-lru", NULL);
    (void)redis_server_ask(server, "CONFIG", "SET", "appendonly", "no", NULL);
    out = doctor("", 1);
    has(out, "wrong    redis          Redis may drop jobs");
    has(out, "mend: redis-cli CONFIG SET maxmemory-policy noeviction\n");
    has(out, "warning  durability     Redis keeps no append-only file");
    has(out, "mend: redis-cli CONFIG SET appendonly yes\n");
}
END_TEST

START_TEST(without_redis_the_rest_is_looked_at)
{
    const char *out = output(extq_start(plain, "doctor", "-c", "/dev/null",
                                        "--redis", "unix:///nowhere"),
                             69);

    has(out, "wrong    redis          unix:///nowhere: ");
    has(out, "mend: systemctl start redis-server\n");
    has(out, "certificates");
    has(out, "discovery");
}
END_TEST

START_TEST(a_wrong_configuration_is_named_with_its_place)
{
    const char *out;

    (void)doctor("wokers: 3\n", 78);
    out = doctor("wokers: 3\n", 78);
    has(out, "wrong    configuration  ");
    has(out, "extq.yaml:2:1: wokers: unknown key (did you mean workers?)");
}
END_TEST

START_TEST(a_paused_queue_is_a_warning)
{
    const char *out;

    (void)redis_server_ask(server, "FUNCTION", "LOAD", library_text, NULL);
    (void)redis_server_ask(server, "HSET", "extq:{default}:gates", ":",
                           "paused 1 0 0 - so", NULL);
    out = doctor("", 0);
    has(out, "warning  pause          queue default is paused");
    has(out, "mend: extq resume default\n");
}
END_TEST

START_TEST(what_is_no_key_no_name_or_no_queue_is_wrong)
{
    static const char config[] =
        "workers: 64\n"
        "in_flight: 65536\n"
        "cache: {key_file: key}\n"
        "extensions:\n"
        "  - {container: a, point: p, url: \"https://a.invalid/\"}\n";
    const char *out;

    (void)temp_write(&dir, "key", "no key");
    (void)redis_server_ask(server, "SET", "extq:{default}:dead", "x", NULL);
    (void)redis_server_ask(server, "SET", "extq:{default}:leases", "x", NULL);
    out = doctor(config, 1);
    has(out, "wrong    files          ");
    has(out, "wrong    names          a.invalid: ");
    has(out, "warning  file limit     ");
    has(out, "WRONGTYPE");
}
END_TEST

START_TEST(files_that_are_missing_are_named)
{
    const char *out = doctor("network: {ca_file: /nowhere/ca.pem}\n"
                             "extensions:\n"
                             "  - {container: a, point: p, url: "
                             "\"https://127.0.0.1/\", secret_file: /nowhere}\n",
                             1);

    has(out, "wrong    certificates   /nowhere/ca.pem cannot be read\n");
    has(out, "wrong    files          extensions secret_file ");
}
END_TEST

/* What a registry answers to a question of a container that nobody has, and
 * what is said of it. */
static const struct {
    int status, exit;
    const char *said;
} answers[] = {
    {404, 0, "fine     discovery      http answers: no extension"},
    {401, 1, "wrong    discovery      "},
    {500, 1, "wrong    discovery      "},
};

START_TEST(discovery_is_asked)
{
    struct peer *peer = peer_open();
    char config[512];

    peer_on(peer, .status = answers[_i].status);
    (void)snprintf(config, sizeof config,
                   "discovery: {backend: http, url: "
                   "\"http://127.0.0.1:%d/{container}/{point}\"}\n"
                   "network: {allow: [127.0.0.0/8], schemes: [http], ports: "
                   "[]}\n",
                   peer_port(peer));
    has(doctor(config, answers[_i].exit), answers[_i].said);
    peer_close(&peer);
}
END_TEST

START_TEST(an_event_goes_all_the_way_and_leaves_nothing)
{
    const char *out =
        doctor_and_event("points: {default: {method: PUT, timeout: 1ms}}\n"
                         "extensions:\n  - {container: extq-doctor, "
                         "point: extq-doctor, url: \"https://10.0.0.1/\"}\n",
                         0);

    has(out, "fine     self-test      an event of 22 bytes was received, its "
             "signature is genuine, its outcome delivered/ok, in ");
    ck_assert_str_eq(redis_server_ask(server, "KEYS", "*", NULL), "");
    out = doctor("", 0);
    ck_assert_ptr_null(strstr(out, "self-test"));
}
END_TEST

START_TEST(an_event_that_cannot_be_pushed_says_why)
{
    const char *out;

    (void)redis_server_ask(server, "ACL", "SETUSER", "default", "-rpush", NULL);
    has(doctor_and_event("", 0),
        "warning  self-test      not made: this user may not write");
    (void)redis_server_ask(server, "ACL", "SETUSER", "default", "+rpush", NULL);
    (void)redis_server_ask(server, "CONFIG", "SET", "maxmemory", "1", NULL);
    out = doctor_and_event("", 1);
    has(out, "wrong    self-test      the event could not be pushed: OOM ");
    has(out, "mend: redis-cli INFO memory\n");
}
END_TEST

START_TEST(name_servers_and_names_are_asked)
{
    struct dns_stub *stub = dns_stub_open();
    char config[1024];
    const char *out;

    dns_stub_on(stub, .name = "ext.test", .a = "192.0.2.1", .ttl = 60);
    (void)snprintf(
        config, sizeof config,
        "network: {dns: \"%s,127.0.0.1:%d\"}\n"
        "extensions:\n"
        "  - {container: a, point: p, url: \"https://EXT.test/\"}\n"
        "  - {container: b, point: p, url: \"https://ext.test/2\"}\n"
        "  - {container: c, point: p, url: \"https://not.test/\"}\n"
        "  - {container: d, point: p, url: \"https://192.0.2.1/\"}\n",
        dns_stub_server(stub), refused_port());
    out = doctor(config, 1);
    (void)snprintf(config, sizeof config,
                   "fine     name server    %s answers\n",
                   dns_stub_server(stub));
    has(out, config);
    has(out, "wrong    name server    127.0.0.1:");
    has(out, "fine     names          ext.test has an address\n");
    has(out, "wrong    names          not.test: there is no such name\n");
    has(out, "mend: getent ahosts not.test, or network.dns\n");
    ck_assert_ptr_null(strstr(out, "192.0.2.1"));
    ck_assert_ptr_null(strstr(strstr(out, "ext.test has") + 1, "ext.test has"));
    dns_stub_close(&stub);
}
END_TEST

START_TEST(json_has_a_line_for_each_check)
{
    const char *out =
        output(extq_start(plain, "doctor", "-c", "/dev/null", "--json",
                          "--redis", redis_server_url(server)),
               0);

    has(out, "{\"check\":\"configuration\",\"health\":\"fine\",\"said\":"
             "\"/dev/null\",\"mend\":\"\"}\n");
    has(out, "{\"check\":\"services\",\"health\":\"warning\",");
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.cli_doctor");
    TCase *t = tcase_create("doctor");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_healthy_queue_is_fine_and_what_is_missing_is_a_warning);
    tcase_add_test(t, a_redis_that_evicts_or_forgets_is_named);
    tcase_add_test(t, without_redis_the_rest_is_looked_at);
    tcase_add_test(t, a_wrong_configuration_is_named_with_its_place);
    tcase_add_test(t, a_paused_queue_is_a_warning);
    tcase_add_test(t, what_is_no_key_no_name_or_no_queue_is_wrong);
    tcase_add_test(t, files_that_are_missing_are_named);
    tcase_add_loop_test(t, discovery_is_asked, 0,
                        (int)(sizeof answers / sizeof *answers));
    tcase_add_test(t, an_event_goes_all_the_way_and_leaves_nothing);
    tcase_add_test(t, an_event_that_cannot_be_pushed_says_why);
    tcase_add_test(t, name_servers_and_names_are_asked);
    tcase_add_test(t, json_has_a_line_for_each_check);
    return run_suite(s);
}

/* What a good configuration comes to. */
#include "service/config.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

/* Reads the text as a file named extq.yaml in *dir. */
static struct config *read_in(const struct temp_path *dir, const char *text)
{
    struct temp_path file = temp_write(dir, "extq.yaml", text);
    struct config *c = NULL;
    struct why why = {""};
    enum err e = config_read(file.text, &c, &why);

    ck_assert_msg(e == ERR_OK, "%s: %s", err_text(e), why.text);
    return c;
}

static struct config *read_text(const char *text)
{
    struct temp_path dir = temp_dir();

    return read_in(&dir, text);
}

static struct config *read_nothing(void)
{
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_msg(config_read(NULL, &c, &why) == ERR_OK, "%s", why.text);
    return c;
}

START_TEST(without_a_file_everything_has_its_default)
{
    struct config *c = read_nothing();

    ck_assert_str_eq(c->path, "");
    ck_assert_str_eq(c->prefix, "extq");
    ck_assert_int_eq(c->redis_connect_ms, 2000);
    ck_assert_int_eq(c->redis_reply_ms, 5000);
    ck_assert_uint_eq(c->queue_count, 1);
    ck_assert_str_eq(c->queues[0].name, "default");
    ck_assert_uint_eq(c->queues[0].weight, 1);
    ck_assert_uint_eq(c->in_flight, 256);
    ck_assert_uint_eq(c->container_in_flight, 0);
    ck_assert_uint_eq(c->claim_batch, 64);
    ck_assert_int_eq(c->lease_ms, 8000);
    ck_assert_uint_eq(c->max_claims, 5);
    ck_assert_int_eq(c->drain_ms, 30000);
    ck_assert_uint_eq(c->outcomes_max, 100000);
    ck_assert_uint_eq(c->body_keep, 512);
    ck_assert_uint_eq(c->dead_max, 100000);
    ck_assert_int_eq(c->dead_age_ms, INT64_C(30) * 86400000);
    ck_assert_uint_eq(c->answer_max, 262144);
    ck_assert_uint_eq(c->http.max_connections, 512);
    ck_assert_str_eq(c->http.user_agent, "extq/" EXTQ_VERSION);
    ck_assert_str_eq(c->ops_listen, "127.0.0.1:9464");
    config_close(&c);
    ck_assert_ptr_null(c);
    config_close(&c);
}
END_TEST

START_TEST(without_a_file_discovery_and_cache_have_their_defaults)
{
    struct config *c = read_nothing();

    ck_assert_int_eq(c->discovery.backend, DISCOVER_CONFIG);
    ck_assert_str_eq(c->discovery.meta_key, "auth0-extension-type");
    ck_assert_str_eq(c->discovery.url_pointer, "/url");
    ck_assert_str_eq(c->discovery.secret_pointer, "/secret");
    ck_assert_int_eq(c->discovery.timeout_ms, 10000);
    ck_assert_int_eq(c->cache.fresh_ms, 300000);
    ck_assert_int_eq(c->cache.none_ms, 30000);
    ck_assert_int_eq(c->cache.stale_ms, 86400000);
    ck_assert_int_eq(c->cache.retry_ms, 5000);
    ck_assert_uint_eq(c->cache.jitter, 20);
    ck_assert_int_eq(c->cache.local_ms, 10000);
    ck_assert_uint_eq(c->cache.local_max, 4096);
    ck_assert_int_eq(c->cache.ask_ms, 10000);
    ck_assert_ptr_eq(c->cache.prefix, c->prefix);
    ck_assert_ptr_eq(c->discovery.http, &c->http);
    ck_assert(!c->http.allow_http);
    config_close(&c);
}
END_TEST

static bool same_policy(const struct policy *a, const struct policy *b)
{
    return strcmp(a->method, b->method) == 0 &&
           strcmp(a->content_type, b->content_type) == 0 &&
           a->connect_ms == b->connect_ms && a->total_ms == b->total_ms &&
           a->only_200 == b->only_200 && a->json_answer == b->json_answer &&
           a->envelope == b->envelope && a->http2 == b->http2 &&
           a->retry.attempts == b->retry.attempts &&
           a->retry.base_ms == b->retry.base_ms &&
           a->retry.cap_ms == b->retry.cap_ms &&
           a->retry.jitter == b->retry.jitter &&
           a->retry.max_age_ms == b->retry.max_age_ms &&
           a->retry.hint_cap_ms == b->retry.hint_cap_ms &&
           a->retry.schedule_len == b->retry.schedule_len &&
           memcmp(a->rules, b->rules, sizeof a->rules) == 0 &&
           a->in_flight == b->in_flight && a->rate == b->rate &&
           memcmp(&a->circuit, &b->circuit, sizeof a->circuit) == 0;
}

START_TEST(the_default_of_points_is_the_model_s)
{
    struct policy want = policy_default();
    struct config *c = read_nothing();

    ck_assert(same_policy(&c->default_policy, &want));
    ck_assert(same_policy(config_policy(c, "any"), &want));
    config_close(&c);
}
END_TEST

static const char design[] =
    "redis:      {url: \"redis://127.0.0.1:6379/0\", prefix: extq}\n"
    "queues:     {default: {weight: 1}}\n"
    "workers:    3\n"
    "in_flight:  100\n"
    "container_in_flight: 12\n"
    "discovery:  {backend: webtask, url: \"https://sandbox.example.com\","
    " token_file: tokens/master}\n"
    "extensions:\n"
    "  - {container: acme, point: on-new-lead,"
    " url: \"https://ext.acme.example/lead\", secret_file: secrets/acme}\n"
    "  - {container: acme, point: on-sale, url: https://x.example,"
    " secret_file: /run/secrets/x}\n"
    "points:\n"
    "  on-new-lead: {method: PUT, content_type: application/json,"
    " timeout: 7s, retry: {attempts: 3, base: 1s, cap: 10m}}\n"
    "network:    {allow: [10.0.0.0/8, \"::1\"], schemes: [https, http],"
    " ca_file: ca.pem}\n"
    "ops:        {listen: \"[::1]:9\"}\n"
    "log:        {level: debug, format: json}\n";

START_TEST(every_value_arrives_where_it_belongs)
{
    struct config *c = read_text(design);

    ck_assert(!c->embedded);
    ck_assert_str_eq(c->redis.place.host, "127.0.0.1");
    ck_assert_int_eq(c->redis.place.port, 6379);
    ck_assert_uint_eq(c->workers, 3);
    ck_assert_uint_eq(c->in_flight, 100);
    ck_assert_uint_eq(c->container_in_flight, 12);
    ck_assert_uint_eq(c->http.max_connections, 200);
    ck_assert_int_eq(c->discovery.backend, DISCOVER_WEBTASK);
    ck_assert_str_eq(c->discovery.url, "https://sandbox.example.com");
    ck_assert_uint_eq(c->discovery.listed_count, 2);
    ck_assert_str_eq(c->discovery.listed[0].key.container, "acme");
    ck_assert_str_eq(c->discovery.listed[0].key.point, "on-new-lead");
    ck_assert_str_eq(c->discovery.listed[1].url, "https://x.example");
    ck_assert_uint_eq(c->http.addresses.allow_count, 2);
    ck_assert(c->http.allow_http);
    ck_assert_str_eq(c->ops_listen, "[::1]:9");
    ck_assert_int_eq(c->log_level, LOG_DEBUG);
    ck_assert_int_eq(c->log_format, LOG_JSON);
    config_close(&c);
}
END_TEST

START_TEST(paths_start_at_the_folder_of_the_file)
{
    struct temp_path dir = temp_dir();
    struct temp_path token = temp_join(&dir, "tokens/master");
    struct temp_path secret = temp_join(&dir, "secrets/acme");
    struct temp_path ca = temp_join(&dir, "ca.pem");
    struct config *c = read_in(&dir, design);

    ck_assert_str_eq(c->discovery.token_file, token.text);
    ck_assert_str_eq(c->discovery.listed[0].secret_file, secret.text);
    ck_assert_str_eq(c->discovery.listed[1].secret_file, "/run/secrets/x");
    ck_assert_str_eq(c->http.ca_file, ca.text);
    ck_assert_str_eq(c->redis.files.password, "");
    config_close(&c);
}
END_TEST

static void check_points(const struct config *c)
{
    const struct policy *a = config_policy(c, "a");
    const struct policy *b = config_policy(c, "b");
    const struct policy *other = config_policy(c, "other");

    ck_assert_uint_eq(c->point_count, 2);
    ck_assert_int_eq(a->total_ms, 5000);
    ck_assert_uint_eq(a->retry.attempts, 2);
    ck_assert(a->only_200 && a->json_answer);
    ck_assert_uint_eq(a->in_flight, 3);
    ck_assert_uint_eq(a->rate, 9);
    ck_assert_uint_eq(a->circuit.failures, 80);
    ck_assert_uint_eq(a->circuit.calls, 5);
    ck_assert_int_eq(a->circuit.window_ms, 2000);
    ck_assert_int_eq(a->circuit.wait_ms, 1000);
    ck_assert_int_eq(a->circuit.cap_ms, 3000);
    ck_assert_int_eq(b->total_ms, 9000);
    ck_assert_uint_eq(b->retry.attempts, 4);
    ck_assert_uint_eq(b->retry.schedule_len, 0);
    ck_assert(!b->only_200 && b->json_answer);
    ck_assert(!a->http2 && b->http2);
    ck_assert_int_eq(other->total_ms, 9000);
    ck_assert_uint_eq(other->retry.attempts, 2);
    ck_assert_uint_eq(other->retry.schedule_len, 2);
    ck_assert_int_eq(other->retry.schedule_ms[1], 60000);
}

#define POINT_DEFAULT                                                          \
    "  default: {timeout: 9s, json_answer: true, http_version: 2,"             \
    " retry: {attempts: 2, schedule: [0, 1m]}}\n"
#define POINT_A                                                                \
    "  a: {timeout: 5s, success: 200, in_flight: 3, rate: 9,"                  \
    " http_version: \"1.1\","                                                  \
    " circuit: {failures: 80, calls: 5, window: 2s, wait: 1s, cap: 3s}}\n"
#define POINT_B "  b: {retry: {attempts: 4, schedule: []}}\n"

START_TEST(a_point_inherits_from_default_wherever_that_stands)
{
    static const char *const orders[] = {
        "points:\n" POINT_DEFAULT POINT_A POINT_B,
        "points:\n" POINT_A POINT_B POINT_DEFAULT,
        "points:\n" POINT_A POINT_DEFAULT POINT_B,
    };

    for (int i = 0; i < ROWS(orders); i++) {
        struct config *c = read_text(orders[i]);

        check_points(c);
        config_close(&c);
    }
}
END_TEST

START_TEST(queues_of_the_file_replace_the_default_one)
{
    struct config *c = read_text("queues: {fast: {weight: 9}, slow: {}}\n");

    ck_assert_uint_eq(c->queue_count, 2);
    ck_assert_str_eq(c->queues[0].name, "fast");
    ck_assert_uint_eq(c->queues[0].weight, 9);
    ck_assert_str_eq(c->queues[1].name, "slow");
    ck_assert_uint_eq(c->queues[1].weight, 1);
    config_close(&c);
}
END_TEST

START_TEST(an_empty_group_is_as_good_as_none)
{
    static const char *const texts[] = {
        "",
        "# nothing\n",
        "---\n",
        "redis:\nqueues:\npoints:\nextensions:\n",
        "redis: {}\npoints: ~\nextensions: []\nnetwork: {allow: }\n",
        "null\n",
    };

    for (int i = 0; i < ROWS(texts); i++) {
        struct config *c = read_text(texts[i]);

        ck_assert_uint_eq(c->queue_count, 1);
        ck_assert_uint_eq(c->point_count, 0);
        ck_assert_uint_eq(c->extension_count, 0);
        config_close(&c);
    }
}
END_TEST

START_TEST(aliases_and_json_are_yaml_too)
{
    struct config *c = read_text("{\"points\": {\"a\": &p {\"timeout\": "
                                 "\"3s\"}, \"b\": *p}}\n");

    ck_assert_int_eq(config_policy(c, "a")->total_ms, 3000);
    ck_assert_int_eq(config_policy(c, "b")->total_ms, 3000);
    config_close(&c);
}
END_TEST

START_TEST(embedded_redis_has_its_socket_in_its_folder)
{
    struct config *c = read_text("redis: {url: embedded:///srv/q}\n");

    ck_assert(c->embedded);
    ck_assert_str_eq(c->redis_url, "embedded:///srv/q");
    ck_assert_str_eq(c->embedded_dir, "/srv/q");
    ck_assert_str_eq(c->redis.socket, "/srv/q/redis.sock");
    config_close(&c);
}
END_TEST

static void state_is(const char *xdg, const char *home, const char *want)
{
    struct config *c;

    ck_assert_int_eq(setenv("XDG_STATE_HOME", xdg, 1), 0);
    ck_assert_int_eq(setenv("HOME", home, 1), 0);
    c = read_nothing();
    ck_assert(c->embedded);
    ck_assert_str_eq(c->embedded_dir, want);
    config_close(&c);
}

START_TEST(with_nothing_configured_redis_lives_in_the_state_folder)
{
    bool root = geteuid() == 0;

    state_is("/state", "/home/u", "/state/extq");
    state_is("", "/home/u",
             root ? "/var/lib/extq" : "/home/u/.local/state/extq");
    state_is("relative", "", "/var/lib/extq");
    ck_assert_int_eq(unsetenv("HOME"), 0);
    ck_assert_int_eq(unsetenv("XDG_STATE_HOME"), 0);
    state_is("", "", "/var/lib/extq");
}
END_TEST

START_TEST(workers_are_as_many_as_cores_we_may_use)
{
    struct config *c;
    cpu_set_t one;
    int cpu = sched_getcpu();

    ck_assert_int_ge(cpu, 0);
    CPU_ZERO(&one);
    CPU_SET((size_t)cpu, &one);
    ck_assert_int_eq(sched_setaffinity(0, sizeof one, &one), 0);
    c = read_nothing();
    ck_assert_uint_eq(c->workers, 1);
    config_close(&c);
}
END_TEST

START_TEST(the_service_is_named_after_the_host)
{
    struct config *c = read_nothing();
    char host[65] = "";

    ck_assert_int_eq(gethostname(host, sizeof host - 1), 0);
    ck_assert_str_eq(c->name, host);
    config_close(&c);
    c = read_text("name: blue\n");
    ck_assert_str_eq(c->name, "blue");
    config_close(&c);
}
END_TEST

START_TEST(the_password_is_in_a_file_that_can_be_read)
{
    struct temp_path dir = temp_dir();
    struct why why = {""};
    struct config *c;

    (void)temp_write(&dir, "pw", "sekret\n");
    c = read_in(&dir, "redis: {url: redis://h, password_file: pw}\n");
    ck_assert_ptr_nonnull(strstr(c->redis.files.password, "/pw"));
    ck_assert_int_eq(config_read_password(c, &why), ERR_OK);
    config_close(&c);
    c = read_in(&dir, "redis: {url: redis://h, password_file: none}\n");
    ck_assert_int_eq(config_read_password(c, &why), ERR_IO);
    ck_assert_ptr_nonnull(strstr(why.text, "/none"));
    config_close(&c);
    c = read_in(&dir, "redis: {url: redis://h}\n");
    ck_assert_int_eq(config_read_password(c, &why), ERR_OK);
    config_close(&c);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.config", 20, without_a_file_everything_has_its_default,
        without_a_file_discovery_and_cache_have_their_defaults,
        the_default_of_points_is_the_model_s,
        every_value_arrives_where_it_belongs,
        paths_start_at_the_folder_of_the_file,
        a_point_inherits_from_default_wherever_that_stands,
        queues_of_the_file_replace_the_default_one,
        an_empty_group_is_as_good_as_none, aliases_and_json_are_yaml_too,
        embedded_redis_has_its_socket_in_its_folder,
        with_nothing_configured_redis_lives_in_the_state_folder,
        workers_are_as_many_as_cores_we_may_use,
        the_service_is_named_after_the_host,
        the_password_is_in_a_file_that_can_be_read);
}

/* What the configuration says about the network: ports, name servers, and the
 * doors that are closed to tenants. */
#include "service/config.h"
#include "service/config_check.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

static struct config *read_text(const char *text, struct why *why)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "extq.yaml", text);
    struct config *c = NULL;
    enum err e = config_read(file.text, &c, why);

    ck_assert(e == ERR_OK || e == ERR_CONFIG);
    return c;
}

static const struct {
    const char *text;
    uint16_t port;
    bool allowed;
} ports[] = {
    {"", 443, true},
    {"", 80, true},
    {"", 22, false},
    {"", 1023, false},
    {"", 1024, true},
    {"", 65535, true},
    {"network: {ports: [443]}\n", 80, false},
    {"network: {ports: [443]}\n", 443, true},
    {"network: {ports: [8000-8999, 443]}\n", 8500, true},
    {"network: {ports: [8000-8999, 443]}\n", 9000, false},
    {"network: {ports: []}\n", 22, true},
};

START_TEST(ports_follow_the_list)
{
    struct why why = {""};
    struct config *c = read_text(ports[_i].text, &why);

    ck_assert_msg(c, "%s", why.text);
    ck_assert_int_eq(port_allowed(&c->http.ports, ports[_i].port),
                     ports[_i].allowed);
    config_close(&c);
}
END_TEST

static const struct {
    const char *text;
    const char *redis, *ops; /* hosts; empty = no door */
    int redis_port, ops_port;
} doors[] = {
    {"redis: {url: \"redis://10.0.0.5:6380/0\"}\n", "10.0.0.5", "127.0.0.1",
     6380, 9464},
    {"redis: {url: \"redis://redis.local\"}\nops: {listen: \"0.0.0.0:80\"}\n",
     "redis.local", "0.0.0.0", 6379, 80},
    {"redis: {url: \"unix:///run/r.sock\"}\nops: {listen: \"[::1]:99\"}\n", "",
     "::1", 0, 99},
    {"redis: {url: \"embedded:///tmp/r\"}\nops: {listen: \"\"}\n", "", "", 0,
     0},
};

START_TEST(redis_and_the_ops_port_are_doors)
{
    struct why why = {""};
    struct config *c = read_text(doors[_i].text, &why);

    ck_assert_msg(c, "%s", why.text);
    ck_assert_str_eq(c->http.doors[0].host, doors[_i].redis);
    ck_assert_int_eq(c->http.doors[0].port, doors[_i].redis_port);
    ck_assert_str_eq(c->http.doors[1].host, doors[_i].ops);
    ck_assert_int_eq(c->http.doors[1].port, doors[_i].ops_port);
    config_close(&c);
}
END_TEST

static const struct {
    const char *text;
    bool good;
} servers[] = {
    {"", true},
    {"192.0.2.1", true},
    {"192.0.2.1:5353", true},
    {"192.0.2.1,192.0.2.2:53", true},
    {"2001:db8::1", true},
    {"[2001:db8::1]", true},
    {"[2001:db8::1]:5353", true},
    {"192.0.2.1:0", false},
    {"192.0.2.1:65536", false},
    {"192.0.2.1:", false},
    {"192.0.2.0/24", false},
    {"[2001:db8::1", false},
    {"[2001:db8::1]5353", false},
    {"[2001:db8::1]:", false},
    {"dns.example", false},
    {"192.0.2.1 192.0.2.2", false},
    {"192.0.2.1,,192.0.2.2", false},
    {"[]", false},
    {":53", false},
};

START_TEST(name_servers_are_addresses)
{
    struct why why = {""};

    ck_assert_msg((check_servers(servers[_i].text, &why) == ERR_OK) ==
                      servers[_i].good,
                  "%s", servers[_i].text);
}
END_TEST

static const struct {
    const char *text, *why;
} faults[] = {
    {"network: {ports: [0]}\n", "1:19: network.ports: expected a port"},
    {"network: {ports: [9-8]}\n", "1:19: network.ports: expected a port"},
    {"network: {ports: [https]}\n", "found \"https\""},
    {"network: {dns: dns.example}\n", "network.dns: expected addresses"},
};

START_TEST(what_is_wrong_is_said)
{
    struct why why = {""};

    ck_assert_ptr_null(read_text(faults[_i].text, &why));
    ck_assert_msg(strstr(why.text, faults[_i].why), "%s", why.text);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.config_network");
    TCase *t = tcase_create("service.config_network");

    suite_add_tcase(suite, t);
    tcase_add_loop_test(t, ports_follow_the_list, 0, ROWS(ports));
    tcase_add_loop_test(t, redis_and_the_ops_port_are_doors, 0, ROWS(doors));
    tcase_add_loop_test(t, name_servers_are_addresses, 0, ROWS(servers));
    tcase_add_loop_test(t, what_is_wrong_is_said, 0, ROWS(faults));
    return run_suite(suite);
}

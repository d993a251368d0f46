/* A listing names a host outside of the deployment's domain: the secret does
 * not go there, unless the operator says so. */
#include "support/dns_stub.h"
#include "support/main.h"
#include "support/world.h"

#include <stdio.h>
#include <string.h>

static struct world *w;
static struct dns_stub *dns;
static char inside[1024], outside[1024];

static void list(char body[1024], const char *container, const char *host)
{
    static char paths[2][64];
    char *path = paths[body == outside];

    (void)snprintf(body, 1024,
                   "[{\"name\":\"lead\",\"webtask_url\":\"http://%s:%d/%s\","
                   "\"meta\":{\"auth0-extension-type\":\"on-new-lead\","
                   "\"auth0-extension-secret\":\"w3b-s3cr3t\"}}]",
                   host, peer_port(w->peer), container);
    (void)snprintf(path, 64, "/api/webtask/%s", container);
    peer_on(w->peer, .path = path, .body = body);
}

/* All names lead to the peer. */
static void open_all(void)
{
    w = world_open();
    dns = dns_stub_open();
    dns_stub_on(dns, .a = "127.0.0.1");
    list(inside, "inside", "tasks.sandbox.test");
    list(outside, "outside", "sandbox.test.evil.test");
    peer_on(w->peer, .path = "/inside");
    peer_on(w->peer, .path = "/outside");
}

static void close_all(void)
{
    world_close(&w);
    dns_stub_close(&dns);
}

static void start_with(const char *more)
{
    world_configure(w,
                    "network: {allow: [127.0.0.1], schemes: [http],\n"
                    "          dns: \"%s\"}\n"
                    "discovery: {backend: webtask,\n"
                    "  url: \"http://Sandbox.test:%d\"%s}\n"
                    "points: {default: {rules: {discovery_failed: dead}}}\n",
                    dns_stub_server(dns), peer_port(w->peer), more);
    world_start(w);
}

static void push_for(const char *container)
{
    world_push(w,
               "{\"id\":\"%s\",\"container\":\"%s\",\"point\":"
               "\"on-new-lead\",\"payload\":1}",
               container, container);
}

START_TEST(an_extension_outside_of_the_domain_is_not_called)
{
    start_with("");
    push_for("inside");
    journal_expect(w->journal, "inside", "delivered/ok/200");
    push_for("outside");
    journal_expect(w->journal, "outside", "dead/discovery_failed/0");
    ck_assert_ptr_nonnull(
        strstr(journal_field(w->journal, "outside", 0, "error"),
               "sandbox.test.evil.test is not in the "
               "deployment's domain"));
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), "/outside"), 0);
    ck_assert_uint_eq(dns_stub_count(dns, "sandbox.test.evil.test", false), 0);
}
END_TEST

START_TEST(unless_the_operator_names_its_domain)
{
    start_with(", hosts: \"example.net,evil.test\"");
    push_for("inside");
    journal_expect(w->journal, "inside", "delivered/ok/200");
    push_for("outside");
    journal_expect(w->journal, "outside", "delivered/ok/200");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.hosts");
    TCase *tests = tcase_create("hosts");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, open_all, close_all);
    tcase_add_test(tests, an_extension_outside_of_the_domain_is_not_called);
    tcase_add_test(tests, unless_the_operator_names_its_domain);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

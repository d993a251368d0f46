/* What is refused although the policy permits it: this host, and our doors. */
#include "model/address_self.h"
#include "support/main.h"
#include "support/table.h"

#include <arpa/inet.h>
#include <netinet/in.h>

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
};

static union address address_of(const char *text, uint16_t port)
{
    union address a = {.v4 = {.sin_family = AF_INET, .sin_port = htons(port)}};

    if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
        return a;
    a = (union address){
        .v6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)}};
    ck_assert_msg(inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1, "%s", text);
    return a;
}

/* The interfaces of the host in all rows. */
static const char *const interfaces[] = {"10.1.2.3", "52.1.2.3", "2a00::5",
                                         "fd00::5"};

static const struct row {
    const char *allow; /* one range; NULL = none */
    const char *door;  /* with port 6379; NULL = none */
    const char *address;
    uint16_t port;
    bool open;
} rows[] = {
    /* Interfaces: unless the operator named them. */
    {NULL, NULL, "52.1.2.3", 443, false},
    {NULL, NULL, "52.1.2.4", 443, true},
    {NULL, NULL, "2a00::5", 443, false},
    {NULL, NULL, "2a00::6", 443, true},
    {NULL, NULL, "10.1.2.3", 443, false},
    {"52.1.2.3", NULL, "52.1.2.3", 443, true},
    {"52.1.0.0/16", NULL, "52.1.2.3", 443, true},
    {"10.0.0.0/8", NULL, "10.1.2.3", 443, true},
    {"10.0.0.0/8", NULL, "52.1.2.3", 443, false},
    {"fd00::/8", NULL, "fd00::5", 443, true},
    {"64:ff9b::/96", NULL, "64:ff9b::3401:203", 443, false},
    {"64:ff9b::/96", "52.9.9.9", "64:ff9b::3409:909", 6379, false},
    /* Doors: always, and under every name of this host. */
    {"10.0.0.0/8", "10.9.9.9", "10.9.9.9", 6379, false},
    {"10.0.0.0/8", "10.9.9.9", "10.9.9.9", 6380, true},
    {"10.0.0.0/8", "10.9.9.9", "10.9.9.8", 6379, true},
    {"10.9.9.9", "10.9.9.9", "10.9.9.9", 6379, false},
    {"10.0.0.0/8", "10.9.9.9", "::ffff:10.9.9.9", 6379, false},
    {NULL, "52.9.9.9", "52.9.9.9", 6379, false},
    {NULL, "52.9.9.9", "52.9.9.9", 443, true},
    {"127.0.0.0/8", "127.0.0.1", "127.0.0.1", 6379, false},
    {"127.0.0.0/8", "127.0.0.1", "127.0.0.1", 8080, true},
    {"127.0.0.0/8", "127.0.0.1", "127.9.9.9", 6379, false},
    {"127.0.0.0/8", "::1", "127.0.0.1", 6379, false},
    {"127.0.0.0/8", "0.0.0.0", "127.0.0.1", 6379, false},
    {"127.0.0.0/8", "10.1.2.3", "127.0.0.1", 6379, false},
    {"127.0.0.0/8", "10.9.9.9", "127.0.0.1", 6379, true},
    {"::/0", "127.0.0.1", "::1", 6379, false},
    {"::/0", "127.0.0.1", "::", 6379, false},
    {"::/0", "127.0.0.1", "::2", 6379, true},
    {"0.0.0.0/0", "127.0.0.1", "0.0.0.0", 6379, false},
    {"10.0.0.0/8", "0.0.0.0", "10.1.2.3", 6379, false},
    {"10.0.0.0/8", "::", "10.1.2.3", 6379, false},
    {"10.0.0.0/8", "::", "10.1.2.4", 6379, true},
    /* Neither opens what the policy refuses. */
    {NULL, NULL, "127.0.0.1", 443, false},
    {NULL, NULL, "fe80::1", 443, false},
};

START_TEST(this_host_and_its_doors_are_refused)
{
    const struct row *r = &rows[_i];
    unsigned char own[ROWS(interfaces)][16];
    struct address_self self = {.own = own, .own_count = ROWS(interfaces)};
    struct address_policy policy = {.allow_count = r->allow ? 1 : 0};
    union address a = address_of(r->address, r->port), door;

    for (int i = 0; i < ROWS(interfaces); i++) {
        union address mine = address_of(interfaces[i], 0);

        ck_assert(address_flatten(&mine.any, own[i]));
    }
    if (r->allow)
        ck_assert_int_eq(
            address_range_read(span_of(r->allow), &policy.allow[0]), ERR_OK);
    if (r->door) {
        door = address_of(r->door, 0);
        address_add_door(&self, &door.any, 6379);
    }
    ck_assert_msg(address_is_open(&policy, &self, &a.any) == r->open,
                  "%s with %s allowed", r->address, r->allow);
}
END_TEST

START_TEST(other_families_are_refused)
{
    struct address_self self = {.own_count = 0};
    struct address_policy all = {.allow_count = 1};
    struct sockaddr_storage other = {.ss_family = AF_UNIX};
    unsigned char at[16];

    ck_assert_int_eq(address_range_read(span_of("::/0"), &all.allow[0]),
                     ERR_OK);
    ck_assert(!address_flatten((const struct sockaddr *)&other, at));
    ck_assert(!address_is_open(&all, &self, (const struct sockaddr *)&other));
}
END_TEST

START_TEST(doors_beyond_the_last_are_dropped)
{
    struct address_self self = {.own_count = 0};
    union address a = address_of("10.0.0.1", 0);

    for (int i = 0; i < ADDRESS_DOORS_MAX + 5; i++)
        address_add_door(&self, &a.any, 1);
    ck_assert_uint_eq(self.door_count, ADDRESS_DOORS_MAX);
}
END_TEST

static const struct {
    const char *text;
    int first, last; /* 0 = refused */
} ranges[] = {
    {"443", 443, 443},  {"1024-65535", 1024, 65535},
    {"1-1", 1, 1},      {"65535", 65535, 65535},
    {"", 0, 0},         {"0", 0, 0},
    {"65536", 0, 0},    {"-", 0, 0},
    {"1-", 0, 0},       {"-1", 0, 0},
    {"2-1", 0, 0},      {"1-65536", 0, 0},
    {"0-5", 0, 0},      {"1-2-3", 0, 0},
    {"80,443", 0, 0},   {" 80", 0, 0},
    {"0x50", 0, 0},     {"+80", 0, 0},
    {"65536000", 0, 0}, {"18446744073709551696", 0, 0},
    {"https", 0, 0},
};

START_TEST(ranges_of_ports_are_read)
{
    struct port_range range = {7, 7};
    enum err e = port_range_read(span_of(ranges[_i].text), &range);
    bool ok = ranges[_i].first > 0;

    ck_assert_msg(e == (ok ? ERR_OK : ERR_SYNTAX), "%s", ranges[_i].text);
    ck_assert_int_eq(range.first, ok ? ranges[_i].first : 7);
    ck_assert_int_eq(range.last, ok ? ranges[_i].last : 7);
}
END_TEST

START_TEST(ports_outside_of_all_ranges_are_refused)
{
    struct port_policy policy = {{{443, 443}, {8000, 8999}}, 2};
    struct port_policy none = {.allow_count = 0};

    ck_assert(port_allowed(&policy, 443));
    ck_assert(port_allowed(&policy, 8000));
    ck_assert(port_allowed(&policy, 8999));
    ck_assert(!port_allowed(&policy, 442));
    ck_assert(!port_allowed(&policy, 444));
    ck_assert(!port_allowed(&policy, 7999));
    ck_assert(!port_allowed(&policy, 9000));
    ck_assert(port_allowed(&none, 22));
}
END_TEST

START_TEST(a_hidden_door_may_be_anywhere)
{
    static const char *const addresses[] = {"52.9.9.9", "10.9.9.9", "2a00::9"};
    struct address_policy policy = {.allow_count = 1};
    struct address_self self = {0};

    ck_assert_int_eq(
        address_range_read(span_of("10.0.0.0/8"), &policy.allow[0]), ERR_OK);
    address_add_hidden_door(&self, 6379);
    for (size_t i = 0; i < ROWS(addresses); i++) {
        union address door = address_of(addresses[i], 6379);
        union address other = address_of(addresses[i], 6380);

        ck_assert(!address_is_open(&policy, &self, &door.any));
        ck_assert(address_is_open(&policy, &self, &other.any));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model.address_self");
    TCase *tests = tcase_create("model.address_self");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, this_host_and_its_doors_are_refused, 0,
                        ROWS(rows));
    tcase_add_test(tests, other_families_are_refused);
    tcase_add_test(tests, a_hidden_door_may_be_anywhere);
    tcase_add_test(tests, doors_beyond_the_last_are_dropped);
    tcase_add_loop_test(tests, ranges_of_ports_are_read, 0, ROWS(ranges));
    tcase_add_test(tests, ports_outside_of_all_ranges_are_refused);
    return run_suite(suite);
}

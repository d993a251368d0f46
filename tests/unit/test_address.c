/* Where no tenant may send us: each range at its edges, and the disguises. */
#include "model/address.h"
#include "support/main.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#define ROWS(table) (int)(sizeof(table) / sizeof((table)[0]))

static const struct address_policy nobody;

static bool allowed(const struct address_policy *policy, const char *text)
{
    struct sockaddr_in v4 = {.sin_family = AF_INET};
    struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};

    if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
        return address_allowed(policy, (const struct sockaddr *)&v4);
    ck_assert_msg(inet_pton(AF_INET6, text, &v6.sin6_addr) == 1, "%s", text);
    return address_allowed(policy, (const struct sockaddr *)&v6);
}

static struct address_policy except(const char *text)
{
    struct address_policy policy = {.allow_count = 1};

    ck_assert_msg(address_range_read(span_of(text), &policy.allow[0]) == ERR_OK,
                  "%s", text);
    return policy;
}

/* NULL where the neighbour is in another refused range, or in none. */
static const struct range {
    const char *before, *first, *last, *after;
} ranges[] = {
    {NULL, "0.0.0.0", "0.255.255.255", "1.0.0.0"},
    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0"},
    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0"},
    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0"},
    {"168.63.129.15", "168.63.129.16", "168.63.129.16", "168.63.129.17"},
    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0"},
    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0"},
    {"191.255.255.255", "192.0.0.0", "192.0.0.255", "192.0.1.0"},
    {"192.0.1.255", "192.0.2.0", "192.0.2.255", "192.0.3.0"},
    {"192.31.195.255", "192.31.196.0", "192.31.196.255", "192.31.197.0"},
    {"192.52.192.255", "192.52.193.0", "192.52.193.255", "192.52.194.0"},
    {"192.88.98.255", "192.88.99.0", "192.88.99.255", "192.88.100.0"},
    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0"},
    {"192.175.47.255", "192.175.48.0", "192.175.48.255", "192.175.49.0"},
    {"198.17.255.255", "198.18.0.0", "198.19.255.255", "198.20.0.0"},
    {"198.51.99.255", "198.51.100.0", "198.51.100.255", "198.51.101.0"},
    {"203.0.112.255", "203.0.113.0", "203.0.113.255", "203.0.114.0"},
    {"223.255.255.255", "224.0.0.0", "239.255.255.255", NULL},
    {NULL, "240.0.0.0", "255.255.255.255", NULL},
    {"2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"},
    {"2001:db7:ffff:ffff:ffff:ffff:ffff:ffff",
     "2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", "2001:db9::"},
    {"2001:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2003::"},
    {"2620:4f:7fff:ffff:ffff:ffff:ffff:ffff", "2620:4f:8000::",
     "2620:4f:8000:ffff:ffff:ffff:ffff:ffff", "2620:4f:8001::"},
    {"3ffd:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "3ffe::", "3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
    {NULL, "3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"},
    /* All that is not 2000::/3, from both its sides. */
    {NULL, "::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2000::"},
    {"3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
     "4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL},
};

START_TEST(a_refused_range_ends_where_it_ends)
{
    const struct range *r = &ranges[_i];

    ck_assert_msg(!r->before || allowed(&nobody, r->before), "%s", r->before);
    ck_assert_msg(!allowed(&nobody, r->first), "%s", r->first);
    ck_assert_msg(!allowed(&nobody, r->last), "%s", r->last);
    ck_assert_msg(!r->after || allowed(&nobody, r->after), "%s", r->after);
}
END_TEST

static const char *const refused[] = {
    /* Loopback and unspecified. */
    "127.0.0.1",
    "0.0.0.0",
    "::",
    "::1",
    /* Metadata services. */
    "169.254.169.254",
    "169.254.170.2",
    "169.254.0.23",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "fd00:ec2::254",
    "fd20:ce::254",
    /* IPv4 in IPv6: mapped (public, too), compatible, NAT64, 6to4, Teredo. */
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::ffff:10.0.0.1",
    "::ffff:8.8.8.8",
    "::127.0.0.1",
    "::8.8.8.8",
    "64:ff9b::7f00:1",
    "64:ff9b::808:808",
    "64:ff9b:1::7f00:1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    /* Discard, dummy, segment routing, local, site-local, multicast. */
    "100::1",
    "100:0:0:1::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fec0::1",
    "ff02::1",
    /* Inside 2001::/23. */
    "2001:2::1",
    "2001:3::1",
    "2001:4:112::1",
    "2001:10::1",
    "2001:20::1",
    "2001:30::1",
};

START_TEST(a_disguise_does_not_help)
{
    ck_assert_msg(!allowed(&nobody, refused[_i]), "%s", refused[_i]);
}
END_TEST

START_TEST(the_public_internet_is_open)
{
    static const char *const open[] = {"8.8.8.8", "93.184.216.34",
                                       "2606:2800:220:1:248:1893:25c8:1946",
                                       "2a00:1450:4001:830::200e"};

    for (int i = 0; i < ROWS(open); i++)
        ck_assert_msg(allowed(&nobody, open[i]), "%s", open[i]);
}
END_TEST

static const struct exception {
    const char *range, *address;
    bool want;
} exceptions[] = {
    {"127.0.0.1", "127.0.0.1", true},
    {"127.0.0.1", "127.0.0.2", false},
    {"127.0.0.1/32", "127.0.0.1", true},
    {"127.0.0.1/8", "127.9.9.9", true},
    {"10.1.2.0/24", "10.1.2.255", true},
    {"10.1.2.0/24", "10.1.3.0", false},
    {"10.1.2.0/23", "10.1.3.0", true},
    {"10.1.2.129/25", "10.1.2.128", true},
    {"10.1.2.129/25", "10.1.2.127", false},
    {"0.0.0.0/0", "255.255.255.255", true},
    {"0.0.0.0/0", "::1", false},
    {"::1", "::1", true},
    {"::1", "::2", false},
    {"fd00::/8", "fd12::1", true},
    {"fd00::/8", "fc12::1", false},
    /* A mapped address is the IPv4 address inside, either way round. */
    {"127.0.0.1", "::ffff:127.0.0.1", true},
    {"::ffff:127.0.0.1", "127.0.0.1", true},
    {"::ffff:0:0/96", "127.0.0.1", true},
    {"::/0", "fe80::1", true},
    {"::/0", "127.0.0.1", false},
    {"::/0", "::ffff:127.0.0.1", false},
    /* NAT64 opens the public IPv4 behind it and no other. */
    {"64:ff9b::/96", "64:ff9b::808:808", true},
    {"64:ff9b::/96", "64:ff9b::7f00:1", false},
    {"64:ff9b::/96", "64:ff9b::a9fe:a9fe", false},
    {"64:ff9b::/96", "8.8.8.8", true},
    {"64:ff9b::/96", "127.0.0.1", false},
};

START_TEST(an_exception_opens_its_range_and_no_more)
{
    const struct exception *x = &exceptions[_i];
    struct address_policy policy = except(x->range);

    ck_assert_msg(allowed(&policy, x->address) == x->want, "%s in %s",
                  x->address, x->range);
}
END_TEST

START_TEST(any_of_the_exceptions_counts)
{
    struct address_policy policy = except("10.0.0.0/8");
    struct address_policy second = except("64:ff9b::/96");

    policy.allow[policy.allow_count++] = second.allow[0];
    ck_assert(allowed(&policy, "10.1.1.1"));
    ck_assert(allowed(&policy, "64:ff9b::a01:101"));
    ck_assert(!allowed(&policy, "64:ff9b::7f00:1"));
}
END_TEST

START_TEST(scoped_and_foreign_addresses_are_refused)
{
    struct sockaddr_in6 scoped = {.sin6_family = AF_INET6, .sin6_scope_id = 2};
    struct sockaddr_storage other = {.ss_family = AF_UNIX};
    struct address_policy all = except("::/0");

    ck_assert_int_eq(inet_pton(AF_INET6, "2a00::1", &scoped.sin6_addr), 1);
    ck_assert(!address_allowed(&all, (const struct sockaddr *)&scoped));
    ck_assert(!address_allowed(&all, (const struct sockaddr *)&other));
}
END_TEST

static const char *const no_ranges[] = {
    "",
    "/",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
    " 10.0.0.0",
    "10.0.0",
    "10.0.0.256",
    "010.0.0.1",
    "0x7f000001",
    "2130706433",
    "::/129",
    ":::",
    "fe80::1%eth0",
    "[::1]",
    "localhost",
    "10.0.0.0/18446744073709551624",
    "1111:2222:3333:4444:5555:6666:255.255.255.2555",
};

START_TEST(what_is_no_range_is_refused)
{
    struct address_range range = {.bits = 77};

    ck_assert_msg(address_range_read(span_of(no_ranges[_i]), &range) ==
                      ERR_SYNTAX,
                  "%s", no_ranges[_i]);
    ck_assert_uint_eq(range.bits, 77);
}
END_TEST

START_TEST(a_nul_ends_no_address)
{
    struct address_range range;

    ck_assert_int_eq(address_range_read((struct span){"::1\0x", 5}, &range),
                     ERR_SYNTAX);
    ck_assert_int_eq(address_range_read((struct span){NULL, 0}, &range),
                     ERR_SYNTAX);
}
END_TEST

START_TEST(bits_behind_the_prefix_are_cleared)
{
    struct address_range a = except("10.255.255.255/9").allow[0];
    struct address_range b = except("10.128.0.0/9").allow[0];

    ck_assert_mem_eq(a.bytes, b.bytes, sizeof(a.bytes));
    ck_assert_uint_eq(a.bits, 96 + 9);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("model.address");
    TCase *tests = tcase_create("address");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_refused_range_ends_where_it_ends, 0,
                        ROWS(ranges));
    tcase_add_loop_test(tests, a_disguise_does_not_help, 0, ROWS(refused));
    tcase_add_test(tests, the_public_internet_is_open);
    tcase_add_loop_test(tests, an_exception_opens_its_range_and_no_more, 0,
                        ROWS(exceptions));
    tcase_add_test(tests, any_of_the_exceptions_counts);
    tcase_add_test(tests, scoped_and_foreign_addresses_are_refused);
    tcase_add_loop_test(tests, what_is_no_range_is_refused, 0, ROWS(no_ranges));
    tcase_add_test(tests, a_nul_ends_no_address);
    tcase_add_test(tests, bits_behind_the_prefix_are_cleared);
    return run_suite(suite);
}

/* Where Redis is: URLs into addresses, and back into words for people. */
#include "link/redis_tls.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

#define PATH_50 "/2345678901234567890123456789012345678901234567890"

static const struct good {
    const char *url, *host, *socket, *user;
    int port, db;
    const char *text;
} goods[] = {
    {"redis://127.0.0.1:6379/0", "127.0.0.1", "", "", 6379, 0,
     "redis://127.0.0.1:6379/0"},
    {"redis://redis", "redis", "", "", 6379, 0, "redis://redis:6379/0"},
    {"redis://r.example.com/", "r.example.com", "", "", 6379, 0,
     "redis://r.example.com:6379/0"},
    {"redis://r_1:1/15", "r_1", "", "", 1, 15, "redis://r_1:1/15"},
    {"redis://worker@r:65535/2", "r", "", "worker", 65535, 2,
     "redis://r:65535/2"},
    {"redis://[::1]:7000/3", "::1", "", "", 7000, 3, "redis://[::1]:7000/3"},
    {"redis://me@[fd00::1]", "fd00::1", "", "me", 6379, 0,
     "redis://[fd00::1]:6379/0"},
    {"unix:///run/redis.sock", "", "/run/redis.sock", "", 0, 0,
     "unix:///run/redis.sock"},
    {"unix:///run/r@x:y.sock?db=4", "", "/run/r@x:y.sock", "", 0, 4,
     "unix:///run/r@x:y.sock?db=4"},
};

START_TEST(an_address_is_read_and_written)
{
    const struct good *g = &goods[_i];
    struct redis_address a;
    struct why why = {""};
    char text[512];

    ck_assert_msg(redis_address_read(g->url, &a, &why) == ERR_OK, "%s: %s",
                  g->url, why.text);
    ck_assert_str_eq(a.place.host, g->host);
    ck_assert_str_eq(a.socket, g->socket);
    ck_assert_str_eq(a.user, g->user);
    ck_assert_int_eq(a.place.port, g->port);
    ck_assert_int_eq(a.db, g->db);
    redis_address_text(&a, text, sizeof text);
    ck_assert_str_eq(text, g->text);
}
END_TEST

START_TEST(sentinels_are_read_and_written)
{
    struct redis_address a;
    struct why why = {""};
    char text[512];

    ck_assert_msg(
        !redis_address_read("sentinel://me@a:1,[::1],c:3/main/4", &a, &why),
        "%s", why.text);
    ck_assert_str_eq(a.place.host, "");
    ck_assert_uint_eq(a.guide_count, 3);
    ck_assert_str_eq(a.guides[0].host, "a");
    ck_assert_int_eq(a.guides[0].port, 1);
    ck_assert_str_eq(a.guides[1].host, "::1");
    ck_assert_int_eq(a.guides[1].port, 26379);
    ck_assert_int_eq(a.guides[2].port, 3);
    ck_assert_str_eq(a.primary, "main");
    ck_assert_str_eq(a.user, "me");
    ck_assert_int_eq(a.db, 4);
    redis_address_text(&a, text, sizeof text);
    ck_assert_str_eq(text, "sentinel://a:1,[::1]:26379,c:3/main/4");
}
END_TEST

START_TEST(nodes_of_a_cluster_are_read_and_written)
{
    struct redis_address a;
    struct why why = {""};
    char text[512];

    ck_assert_msg(!redis_address_read("cluster://me@a:1,[::1],c", &a, &why),
                  "%s", why.text);
    ck_assert(a.cluster);
    ck_assert_str_eq(a.place.host, "");
    ck_assert_str_eq(a.primary, "");
    ck_assert_uint_eq(a.guide_count, 3);
    ck_assert_int_eq(a.guides[0].port, 1);
    ck_assert_str_eq(a.guides[1].host, "::1");
    ck_assert_int_eq(a.guides[2].port, 6379);
    ck_assert_str_eq(a.user, "me");
    redis_address_text(&a, text, sizeof text);
    ck_assert_str_eq(text, "cluster://a:1,[::1]:6379,c:6379");
}
END_TEST

START_TEST(tls_is_for_servers_and_for_sentinels)
{
    struct redis_address a = {.tls = false};
    struct why why = {""};
    enum err expected = redis_tls_is_built() ? ERR_OK : ERR_SYNTAX;

    ck_assert_int_eq(redis_address_read("rediss://h", &a, &why), expected);
    ck_assert(a.tls == redis_tls_is_built());
    a.tls = false;
    ck_assert_int_eq(redis_address_read("sentinels://h/m", &a, &why), expected);
    ck_assert(a.tls == redis_tls_is_built());
    a.tls = false;
    ck_assert_int_eq(redis_address_read("clusters://h", &a, &why), expected);
    ck_assert(a.tls == redis_tls_is_built());
    if (expected)
        ck_assert_ptr_nonnull(strstr(why.text, "built without"));
}
END_TEST

static const struct bad {
    const char *url, *says;
} bads[] = {
    {"", "expected redis://host:port/db, rediss:// for TLS"},
    {"127.0.0.1:6379", "expected redis://host:port/db, rediss:// for TLS"},
    {"REDIS://h", "expected redis://host:port/db, rediss:// for TLS"},
    {"http://h", "expected redis://host:port/db, rediss:// for TLS"},
    {"rediss://", "t"}, /* the host, or TLS where it is not built in */
    {"sentinel://h", "the primary's name"},
    {"sentinel://h/", "the primary's name"},
    {"sentinel:///main", "the host is missing"},
    {"sentinel://a,,b/main", "the host is missing"},
    {"sentinel://a:0/main", "the port must be a number"},
    {"sentinel://a/main/x", "the database must be a number"},
    {"sentinel://a,b,c,d,e,f,g,h,i/main", "more than 8 hosts"},
    {"cluster://", "the host is missing"},
    {"cluster://a,,b", "the host is missing"},
    {"cluster://a/1", "has one database"},
    {"cluster://a,b,c,d,e,f,g,h,i", "more than 8 hosts"},
    {"embedded:///x", "embedded:// is a server to start"},
    {"redis://", "the host is missing"},
    {"redis:///0", "the host is missing"},
    {"redis://:6379", "the host is missing"},
    {"redis://a b", "spaces, control characters"},
    {"redis://a\tb", "spaces, control characters"},
    {"redis://a\nb", "spaces, control characters"},
    {"redis://\xc3\xa4", "letters outside ASCII"},
    {"redis://a,b", "is not a host name"},
    {"redis://-a", "is not a host name"},
    {"redis://a%20b", "is not a host name"},
    {"redis://a?db=1", "is not a host name"},
    {"redis://a:", "the port must be a number"},
    {"redis://a:0", "the port must be a number"},
    {"redis://a:65536", "the port must be a number"},
    {"redis://a:+1", "the port must be a number"},
    {"redis://a:6379x", "the port must be a number"},
    {"redis://a:99999999999999999999", "the port must be a number"},
    {"redis://a:1:2", "the port must be a number"},
    {"redis://a/x", "the database must be a number"},
    {"redis://a/-1", "the database must be a number"},
    {"redis://a/1/2", "the database must be a number"},
    {"redis://a/9999999999", "the database must be a number"},
    {"redis://[::1", "the bracket of the IPv6 address is not closed"},
    {"redis://[::g]", "is not an IPv6 address"},
    {"redis://[127.0.0.1]", "is not an IPv6 address"},
    {"redis://[]", "is not an IPv6 address"},
    {"redis://[::1]6379", "only a port may follow"},
    {"redis://@h", "the user before @"},
    {"redis://a%40b@h", "the user before @"},
    {"redis://a@b@h", "the user before @"},
    {"unix://", "the socket's path must be absolute"},
    {"unix:///", "the socket's path must be absolute"},
    {"unix://run/redis.sock", "the socket's path must be absolute"},
    {"unix:///r?x=1", "only ?db=NUMBER may follow"},
    {"unix:///r?db=", "the database must be a number"},
    {"unix:///r?db=x", "the database must be a number"},
    {"unix://" PATH_50 PATH_50 "/234567", ""},
    {"unix://" PATH_50 PATH_50 "/2345678", "has 108 bytes"},
};

START_TEST(what_is_no_address_is_refused_with_its_reason)
{
    const struct bad *b = &bads[_i];
    struct redis_address a = {.place.port = 42};
    struct why why = {""};

    if (b->says[0] == '\0') {
        ck_assert_int_eq(redis_address_read(b->url, &a, &why), ERR_OK);
        return;
    }
    ck_assert_int_eq(redis_address_read(b->url, &a, &why), ERR_SYNTAX);
    ck_assert_msg(strstr(why.text, b->says) != NULL, "%s: %s", b->url,
                  why.text);
    ck_assert_int_eq(a.place.port, 42);
}
END_TEST

static const char *const passwords[] = {
    "redis://:sekret@h/0",       "redis://me:sekret@h:1/0",
    "redis://me:se/sekret@h",    "redis://me:se@sekret@h",
    "redis://:sekret@[::1]:1/0", "redis://me:@sekret",
    "redis://me:sekret?x@h/0",   "redis://x:sekret/@:@h",
};

START_TEST(a_password_is_refused_and_never_repeated)
{
    struct redis_address a;
    struct why why = {""};

    ck_assert_int_eq(redis_address_read(passwords[_i], &a, &why), ERR_SYNTAX);
    ck_assert_ptr_nonnull(strstr(why.text, "redis.password_file"));
    ck_assert_ptr_null(strstr(why.text, "sekret"));
}
END_TEST

START_TEST(the_address_in_words_names_no_user)
{
    struct redis_address a = {.place = {"h", 1}, .db = 2};
    char text[64], small[8];

    snprintf(a.user, sizeof a.user, "someone");
    redis_address_text(&a, text, sizeof text);
    ck_assert_str_eq(text, "redis://h:1/2");
    redis_address_text(&a, small, sizeof small);
    ck_assert_str_eq(small, "redis:/");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.redis_address");
    TCase *tests = tcase_create("redis_address");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, an_address_is_read_and_written, 0, ROWS(goods));
    tcase_add_loop_test(tests, what_is_no_address_is_refused_with_its_reason, 0,
                        ROWS(bads));
    tcase_add_loop_test(tests, a_password_is_refused_and_never_repeated, 0,
                        ROWS(passwords));
    tcase_add_test(tests, the_address_in_words_names_no_user);
    tcase_add_test(tests, sentinels_are_read_and_written);
    tcase_add_test(tests, nodes_of_a_cluster_are_read_and_written);
    tcase_add_test(tests, tls_is_for_servers_and_for_sentinels);
    return run_suite(suite);
}

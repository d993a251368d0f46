#include "link/redis_facts.h"
#include "support/main.h"

#include <string.h>

#define FIT                                                                    \
    "# Server\r\nredis_version:7.0.15\r\nuptime_in_seconds:90\r\n"             \
    "# Memory\r\nused_memory:1100\r\nmaxmemory:1000\r\n"                       \
    "mem_not_counted_for_evict:101\r\nmaxmemory_policy:noeviction\r\n"         \
    "# Persistence\r\naof_enabled:1\r\n# Replication\r\nrole:master\r\n"

START_TEST(the_facts_are_read_from_info)
{
    struct redis_facts f = redis_facts_read(span_of(FIT));

    ck_assert(f.known);
    ck_assert_int_eq(f.uptime_ms, 90000);
    ck_assert_str_eq(f.version, "7.0.15");
    ck_assert_str_eq(f.eviction, "noeviction");
    ck_assert_str_eq(f.role, "master");
    ck_assert(f.aof);
    ck_assert_uint_eq(f.used_bytes, 999);
    ck_assert(!redis_facts_full(&f));
    f.limit_bytes = 999;
    ck_assert(redis_facts_full(&f));
    f.limit_bytes = 0;
    ck_assert(!redis_facts_full(&f));
    ck_assert_ptr_null(redis_facts_risk(&f));
}
END_TEST

static const struct {
    const char *info;
    bool allow_eviction;
    const char *refusal; /* a part of it; NULL = fit */
} rows[] = {
    {FIT, false, NULL},
    {"redis_version:8.0.2\r\nmaxmemory_policy:noeviction\r\n", false, NULL},
    {"redis_version:6.2.7\r\nmaxmemory_policy:noeviction\r\n", false,
     "too old"},
    {"redis_version:7.2.0\r\nmaxmemory_policy:allkeys-lru\r\n", false,
     "maxmemory-policy is allkeys-lru"},
    {"redis_version:7.2.0\r\nmaxmemory_policy:volatile-ttl\r\n", false,
     "redis.allow_eviction"},
    {"redis_version:7.2.0\r\nmaxmemory_policy:allkeys-lru\r\n", true, NULL},
    {"NOPERM this user has no permissions", false, NULL},
    {"", false, NULL},
    {"redis_version:\r\nmaxmemory_policy:\r\n", false, NULL},
};

START_TEST(a_redis_that_loses_jobs_is_refused_with_a_reason)
{
    struct redis_facts f = redis_facts_read(span_of(rows[_i].info));
    struct why why = {""};
    enum err e = redis_facts_check(&f, rows[_i].allow_eviction, &why);

    ck_assert_int_eq(e, rows[_i].refusal ? ERR_CONFIG : ERR_OK);
    if (rows[_i].refusal)
        ck_assert_ptr_nonnull(strstr(why.text, rows[_i].refusal));
}
END_TEST

START_TEST(a_node_of_a_cluster_is_to_be_addressed_as_one)
{
    struct redis_address server = {.place = {"h", 7000}},
                         cluster = {.cluster = true};
    static const char *const infos[] = {"redis_mode:cluster\r\n",
                                        "server_mode:cluster\r\n"};
    struct redis_facts alone =
        redis_facts_read(span_of("redis_mode:standalone\r\n"));
    struct why why = {""};

    ck_assert_int_eq(redis_facts_match(&alone, &server, &why), ERR_OK);
    for (size_t i = 0; i < 2; i++) {
        struct redis_facts f = redis_facts_read(span_of(infos[i]));

        ck_assert_int_eq(redis_facts_match(&f, &cluster, &why), ERR_OK);
        ck_assert_int_eq(redis_facts_match(&f, &server, &why), ERR_CONFIG);
        ck_assert_ptr_nonnull(strstr(why.text, "write cluster://h:7000"));
    }
}
END_TEST

START_TEST(without_an_append_only_file_the_risk_is_named)
{
    struct redis_facts off =
        redis_facts_read(span_of("redis_version:7.0.15\r\naof_enabled:0\r\n"));
    struct redis_facts starting =
        redis_facts_read(span_of("redis_version:7.0.15\r\nloading:1\r\n"
                                 "aof_enabled:0\r\n"));
    struct redis_facts hidden = redis_facts_read(span_of("NOPERM no"));

    ck_assert_ptr_nonnull(strstr(redis_facts_risk(&off), "appendonly no"));
    ck_assert_ptr_null(redis_facts_risk(&starting));
    ck_assert_ptr_null(redis_facts_risk(&hidden));
}
END_TEST

#define AOF   "aof_enabled:1\r\naof_last_rewrite_time_sec:"
#define STILL "aof_rewrite_in_progress:0\r\naof_rewrite_scheduled:0\r\n"

static const struct {
    const char *info;
    enum redis_rewrite rewrite;
} rewrites[] = {
    {AOF "-1\r\n" STILL "aof_last_bgrewrite_status:ok\r\n", REWRITE_DUE},
    {AOF "0\r\n" STILL "aof_last_bgrewrite_status:ok\r\n", REWRITE_NEEDLESS},
    {AOF "7\r\n" STILL "aof_last_bgrewrite_status:err\r\n", REWRITE_FAILED},
    {AOF "-1\r\naof_rewrite_in_progress:1\r\n", REWRITE_UNDER_WAY},
    {AOF "-1\r\naof_rewrite_scheduled:1\r\n", REWRITE_UNDER_WAY},
    {"aof_enabled:0\r\naof_last_rewrite_time_sec:-1\r\n", REWRITE_NEEDLESS},
    {"loading:1\r\naof_enabled:0\r\naof_last_rewrite_time_sec:-1\r\n",
     REWRITE_UNKNOWN},
    {FIT, REWRITE_UNKNOWN},
    {"NOPERM no", REWRITE_UNKNOWN},
};

START_TEST(whether_the_file_is_to_be_rewritten_is_read_from_info)
{
    struct redis_facts f = redis_facts_read(span_of(rewrites[_i].info));

    ck_assert_int_eq(f.rewrite, rewrites[_i].rewrite);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.redis_facts");
    TCase *all = tcase_create("all");

    tcase_add_test(all, the_facts_are_read_from_info);
    tcase_add_loop_test(all, a_redis_that_loses_jobs_is_refused_with_a_reason,
                        0, (int)(sizeof rows / sizeof *rows));
    tcase_add_test(all, without_an_append_only_file_the_risk_is_named);
    tcase_add_loop_test(all,
                        whether_the_file_is_to_be_rewritten_is_read_from_info,
                        0, (int)(sizeof rewrites / sizeof *rewrites));
    tcase_add_test(all, a_node_of_a_cluster_is_to_be_addressed_as_one);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}

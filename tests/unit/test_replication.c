/* INFO replication, as servers of each kind answer it. */
#include "link/info.h"
#include "link/replication.h"
#include "support/main.h"

START_TEST(a_primary_tells_its_replicas_and_how_they_are)
{
    struct replication r = replication_read(
        span_of("# Replication\r\nrole:master\r\nconnected_slaves:3\r\n"
                "min_slaves_good_slaves:2\r\n"
                "slave0:ip=::1,port=1,state=online,offset=5,lag=0\r\n"
                "slave1:ip=h,port=2,state=online,offset=5,lag=7,type=replica"
                "\r\nslave2:ip=h,port=3,state=wait_bgsave,offset=0,lag=90\r\n"
                "master_failover_state:no-failover\r\n"));

    ck_assert(r.known && !r.replica && r.guarded);
    ck_assert_uint_eq(r.replicas, 3);
    ck_assert_uint_eq(r.online, 2);
    ck_assert_uint_eq(r.silent_s, 7);
    ck_assert_uint_eq(r.guardians, 2);
}
END_TEST

START_TEST(a_replica_tells_its_primary)
{
    struct replication r = replication_read(
        span_of("role:slave\r\nmaster_host:10.0.0.7\r\nmaster_port:6379\r\n"
                "master_link_status:up\r\n"));

    ck_assert(r.known && r.replica && r.linked && !r.guarded);
    ck_assert_str_eq(r.primary, "10.0.0.7:6379");
    ck_assert_uint_eq(r.replicas, 0);
}
END_TEST

START_TEST(what_is_not_told_is_not_known)
{
    struct replication r = replication_read(span_of(""));

    ck_assert(!r.known && !r.replica && !r.linked && !r.guarded);
    r = replication_read(span_of("role:master\r\nslave0:\r\nslave1:x\r\n"));
    ck_assert(r.known);
    ck_assert_uint_eq(r.replicas, 0);
    r = replication_read(span_of("role:master\r\nslave0:,=,state,lag=-1\r\n"));
    ck_assert_uint_eq(r.replicas, 1);
    ck_assert_uint_eq(r.online, 0);
}
END_TEST

START_TEST(a_field_is_found_by_its_whole_name)
{
    struct span info = span_of("# A\r\nab:1\r\na:2\r\nempty:\r\nlast:3");

    ck_assert(span_is(info_field(info, "a"), "2"));
    ck_assert(span_is(info_field(info, "last"), "3"));
    ck_assert(span_is(info_field(info, "empty"), ""));
    ck_assert(span_is(info_field(info, "b"), ""));
}
END_TEST

int main(void)
{
    return run_tests("unit.replication", 10,
                     a_primary_tells_its_replicas_and_how_they_are,
                     a_replica_tells_its_primary, what_is_not_told_is_not_known,
                     a_field_is_found_by_its_whole_name, NULL);
}

/* libextq's readers: members of a consumer group on a real stream. */
#include "extq.h"
#include "support/main.h"
#include "support/redis_server.h"
#include "support/users.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TIMEOUT_MS = 20000, WAIT_MS = 10000 };

static const char stream[] = "extq:{default}:outcomes";

/* Entries "<from>-0" to before "<to>-0", as the service writes them. */
static void add(struct redis_server *s, int from, int to)
{
    char entry[16], id[16];

    for (int i = from; i < to; i++) {
        (void)snprintf(entry, sizeof entry, "%d-0", i);
        (void)snprintf(id, sizeof id, "j-%d", i);
        (void)redis_server_ask(s, "XADD", stream, entry, "id", id, "verdict",
                               "delivered", "error", "", "class", "ok", NULL);
    }
}

static struct extq_reader *
open_member(struct redis_server *s, const char *consumer, int64_t take_over_ms)
{
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq_group group = EXTQ_GROUP_INIT;
    struct extq_reader *r = NULL;
    struct extq_why why = {""};

    options.url = redis_server_url(s);
    options.timeout_ms = TIMEOUT_MS;
    group.name = "billing";
    group.consumer = consumer;
    group.take_over_ms = take_over_ms;
    ck_assert_msg(extq_reader_open(&options, &group, &r, &why) == EXTQ_OK, "%s",
                  why.text);
    return r;
}

/* The next outcome is that of job number i. */
static void expect(struct extq_reader *r, int i)
{
    const struct extq_outcome *outcome = NULL;
    char entry[16], id[16];
    enum extq_status s = extq_reader_next(r, WAIT_MS, &outcome);

    ck_assert_msg(s == EXTQ_OK, "%s", extq_reader_error(r));
    ck_assert_ptr_nonnull(outcome);
    (void)snprintf(entry, sizeof entry, "%d-0", i);
    (void)snprintf(id, sizeof id, "j-%d", i);
    ck_assert_str_eq(extq_outcome_get(outcome, ""), entry);
    ck_assert_str_eq(extq_outcome_get(outcome, "id"), id);
    ck_assert_str_eq(extq_outcome_get(outcome, "verdict"), "delivered");
    ck_assert_str_eq(extq_outcome_get(outcome, "error"), "");
    ck_assert_str_eq(extq_outcome_get(outcome, "class"), "ok");
    ck_assert_ptr_null(extq_outcome_get(outcome, "delivered"));
}

static void expect_none(struct extq_reader *r)
{
    const struct extq_outcome *outcome = NULL;
    enum extq_status s = extq_reader_next(r, 0, &outcome);

    ck_assert_msg(s == EXTQ_OK, "%s", extq_reader_error(r));
    ck_assert_ptr_null(outcome);
}

static int64_t pending(struct redis_server *s)
{
    return strtol(redis_server_ask(s, "XPENDING", stream, "billing", NULL),
                  NULL, 10);
}

START_TEST(a_group_reads_all_that_is_there_and_what_comes)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct extq_reader *r = open_member(s, "one", 0);

    expect_none(r);
    add(s, 1, 301);
    for (int i = 1; i < 301; i++) {
        expect(r, i);
        ck_assert_int_eq(extq_reader_ack(r), EXTQ_OK);
        ck_assert_int_eq(extq_reader_ack(r), EXTQ_INVALID);
    }
    expect_none(r);
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_INVALID);
    ck_assert_int_eq(pending(s), 0);
    extq_reader_close(&r);
    ck_assert_ptr_null(r);
    redis_server_close(&s);
}
END_TEST

START_TEST(what_was_not_acknowledged_comes_again_after_a_restart)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct extq_reader *r = open_member(s, "one", 0);

    add(s, 1, 4);
    expect(r, 1);
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_OK);
    expect(r, 2);
    expect(r, 3);
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_OK);
    extq_reader_close(&r);
    add(s, 4, 5);
    r = open_member(s, "one", 0);
    expect(r, 2);
    expect(r, 4);
    extq_reader_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(members_share_and_one_takes_over_from_the_other)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct extq_reader *one = open_member(s, "one", 0);
    struct extq_reader *two;

    add(s, 1, 3);
    expect(one, 1);
    expect(one, 2);
    ck_assert_int_eq(extq_reader_ack(one), EXTQ_OK);
    ck_assert_int_eq(extq_reader_flush(one), EXTQ_OK);
    two = open_member(s, "two", 0);
    expect_none(two);
    extq_reader_close(&two);
    two = open_member(s, "two", 1);
    expect(two, 1);
    ck_assert_int_eq(extq_reader_ack(two), EXTQ_OK);
    ck_assert_int_eq(extq_reader_flush(two), EXTQ_OK);
    ck_assert_int_eq(pending(s), 0);
    extq_reader_close(&one);
    extq_reader_close(&two);
    redis_server_close(&s);
}
END_TEST

START_TEST(what_was_trimmed_meanwhile_is_left_out)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct extq_reader *r = open_member(s, "one", 0);

    add(s, 1, 4);
    expect(r, 1);
    extq_reader_close(&r);
    (void)redis_server_ask(s, "XDEL", stream, "1-0", "2-0", NULL);
    r = open_member(s, "one", 0);
    expect(r, 3);
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_OK);
    ck_assert_int_eq(extq_reader_flush(r), EXTQ_OK);
    ck_assert_int_eq(pending(s), 0);
    extq_reader_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_reader_outlives_its_redis)
{
    static const char *const durable[] = {"--appendfsync", "always", NULL};
    struct redis_server *s = redis_server_start(true, durable);
    struct extq_reader *r = open_member(s, "one", 0);
    const struct extq_outcome *outcome = NULL;

    add(s, 1, 3);
    expect(r, 1);
    redis_server_kill(s);
    (void)extq_reader_ack(r);
    expect(r, 2);
    ck_assert_int_eq(extq_reader_next(r, 0, &outcome), EXTQ_UNAVAILABLE);
    ck_assert_ptr_null(outcome);
    ck_assert_str_ne(extq_reader_error(r), "");
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_INVALID);
    redis_server_start_again(s);
    expect(r, 1);
    expect(r, 2);
    extq_reader_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_group_that_got_lost_is_made_again)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct extq_reader *r = open_member(s, "one", 0);

    add(s, 1, 2);
    expect(r, 1);
    (void)redis_server_ask(s, "FLUSHALL", NULL);
    add(s, 7, 8);
    expect(r, 7);
    extq_reader_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(a_full_redis_is_read_all_the_same)
{
    struct redis_server *s = redis_server_start(false, NULL);
    struct extq_reader *r = open_member(s, "one", 0);

    expect_none(r);
    add(s, 1, 2);
    (void)redis_server_ask(s, "CONFIG", "SET", "maxmemory", "1", NULL);
    expect(r, 1);
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_OK);
    ck_assert_int_eq(extq_reader_flush(r), EXTQ_OK);
    ck_assert_int_eq(pending(s), 0);
    extq_reader_close(&r);
    r = open_member(s, "two", 0);
    expect_none(r);
    extq_reader_close(&r);
    redis_server_close(&s);
}
END_TEST

START_TEST(the_user_that_is_shipped_may_read)
{
    struct users u = users_open();
    struct temp_path file = temp_write(&u.dir, "password", "extq-reader");
    struct extq_options options = EXTQ_OPTIONS_INIT;
    struct extq_group group = EXTQ_GROUP_INIT;
    struct extq_reader *r = NULL;
    char url[64];

    (void)snprintf(url, sizeof url, "redis://extq-reader@127.0.0.1:%d", u.port);
    options.url = url;
    options.password_file = file.text;
    options.timeout_ms = TIMEOUT_MS;
    group.name = "billing";
    group.consumer = "one";
    group.take_over_ms = 60000;
    ck_assert_int_eq(extq_reader_open(&options, &group, &r, NULL), EXTQ_OK);
    add(u.server, 1, 2);
    expect(r, 1);
    ck_assert_int_eq(extq_reader_ack(r), EXTQ_OK);
    ck_assert_int_eq(extq_reader_flush(r), EXTQ_OK);
    extq_reader_close(&r);
    users_close(&u);
}
END_TEST

int main(void)
{
    return run_tests(
        "client.reader", 60, a_group_reads_all_that_is_there_and_what_comes,
        what_was_not_acknowledged_comes_again_after_a_restart,
        members_share_and_one_takes_over_from_the_other,
        what_was_trimmed_meanwhile_is_left_out, a_reader_outlives_its_redis,
        a_group_that_got_lost_is_made_again, a_full_redis_is_read_all_the_same,
        the_user_that_is_shipped_may_read);
}

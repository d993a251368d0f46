/* A file of Redis that ends within a transaction: half of it may not be
 * carried out later. */
#include "support/main.h"
#include "support/texts.h"
#include "support/wait.h"
#include "support/world.h"

#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { JOBS = 40, AT_ONCE = 5 };

static const char *persistence(struct world *w)
{
    return redis_server_ask(w->redis, "INFO", "persistence", NULL);
}

static bool is_rewritten(struct world *w)
{
    const char *info = persistence(w);

    return !strstr(info, "aof_last_rewrite_time_sec:-1") &&
           strstr(info, "aof_rewrite_in_progress:0") &&
           strstr(info, "aof_last_bgrewrite_status:ok");
}

static void await_rewrite(struct world *w)
{
    wait_until(is_rewritten(w), WORLD_LIMIT_MS, "the file to be rewritten");
}

/* The file that Redis appends to. */
static struct temp_path find_file(struct world *w)
{
    const char *dir =
        strchr(redis_server_ask(w->redis, "CONFIG", "GET", "dir", NULL), '/');
    struct temp_path path;
    glob_t found;

    (void)snprintf(path.text, sizeof path.text, "%.400s/appendonlydir/*.incr.*",
                   dir);
    ck_assert_int_eq(glob(path.text, 0, NULL, &found), 0);
    ck_assert_uint_eq(found.gl_pathc, 1);
    (void)snprintf(path.text, sizeof path.text, "%s", found.gl_pathv[0]);
    globfree(&found);
    return path;
}

/* Within the command that follows the last claim's first one, which takes
 * jobs from the queue. */
static void tear(const char *path)
{
    char *text = temp_read(path);
    const char *claim = NULL, *next = text;

    while ((next = strstr(next, "RPOP\r\n")))
        claim = next++;
    ck_assert_ptr_nonnull(claim);
    next = strstr(claim, "\r\n*");
    ck_assert_ptr_nonnull(next);
    ck_assert_int_eq(truncate(path, next - text + 10), 0);
    free(text);
}

/* Claims what it may, and ends together with Redis. */
static void work_until_both_die(struct world *w)
{
    struct process *s = world_start(w);

    wait_until(redis_server_count(w->redis, "LLEN", "extq:{default}:jobs",
                                  NULL) <= JOBS - AT_ONCE,
               WORLD_LIMIT_MS, "a claim");
    await_rewrite(w);
    world_kill(w, s);
    redis_server_kill(w->redis);
}

START_TEST(half_a_transaction_is_not_carried_out_by_a_later_start)
{
    struct world *w = world_open_durable();
    struct temp_path file;
    struct process *s;

    peer_on(w->peer, .path = "/lead", .act = PEER_HANG);
    world_configure(w, "lease: 1s\nworkers: 1\nin_flight: 5\n");
    s = world_start(w);
    await_rewrite(w);
    world_push_many(w, "job", 0, JOBS);
    wait_until(redis_server_count(w->redis, "LLEN", "extq:{default}:jobs",
                                  NULL) <= JOBS - AT_ONCE,
               WORLD_LIMIT_MS, "a claim");
    file = find_file(w);
    world_kill(w, s);
    redis_server_kill(w->redis);
    tear(file.text);
    redis_server_start_again(w->redis);
    ck_assert_int_eq(
        redis_server_count(w->redis, "LLEN", "extq:{default}:jobs", NULL),
        JOBS);
    work_until_both_die(w);
    redis_server_start_again(w->redis);
    peer_on(w->peer, .path = "/lead");
    world_start(w);
    world_expect_delivered(w, "job", JOBS);
    world_close(&w);
}
END_TEST

START_TEST(a_user_who_may_not_order_the_rewrite_is_told_so_once)
{
    struct world *w = world_open_durable();
    struct process *s;

    redis_server_ask(w->redis, "ACL", "SETUSER", "default", "-bgrewriteaof",
                     NULL);
    s = world_start(w);
    wait_until(
        count_in(process_err(s), "does not rewrite its append-only file") > 0,
        WORLD_LIMIT_MS, "the warning");
    ck_assert_ptr_nonnull(strstr(process_err(s), "deploy/redis/users.acl"));
    redis_server_ask(w->redis, "ACL", "SETUSER", "default", "+bgrewriteaof",
                     NULL);
    await_rewrite(w);
    ck_assert_uint_eq(
        count_in(process_err(s), "does not rewrite its append-only file"), 1);
    world_close(&w);
}
END_TEST

START_TEST(of_several_services_each_finds_it_done)
{
    struct world *w = world_open_durable();
    struct process *s[2] = {world_start(w), world_start(w)};

    world_wait_leases(w, 2);
    await_rewrite(w);
    for (size_t i = 0; i < 2; i++)
        ck_assert_uint_eq(count_in(process_err(s[i]), "append-only file"), 0);
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.torn", 90,
                     half_a_transaction_is_not_carried_out_by_a_later_start,
                     a_user_who_may_not_order_the_rewrite_is_told_so_once,
                     of_several_services_each_finds_it_done);
}

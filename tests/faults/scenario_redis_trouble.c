/* A Redis that is there and cannot be used: its disk is full (MISCONF), it
 * loads its data (LOADING), it is a replica (READONLY), it has lost the
 * functions. Each begins under load and ends by itself. */
#include "faults/outage.h"
#include "faults/scenario.h"

#include "support/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

enum { LASTS_MS = 3000, LIMIT_MS = 20000, BALLAST = 3000000 };

/* READONLY: it follows a primary that is not there. */
static void be_a_replica(struct outage *o)
{
    struct redis_server *redis = o->rig->redis;

    outage_begin(o);
    (void)redis_server_ask(redis, "REPLICAOF", "127.0.0.1", "1", NULL);
    outage_struck(o);
    rig_pass(o->rig, LASTS_MS);
    outage_judge_calm(o);
    (void)redis_server_ask(redis, "REPLICAOF", "NO", "ONE", NULL);
    outage_over(o);
}

/* LOADING: it starts again on a file of three million commands. */
static void load_much(struct outage *o)
{
    static const char script[] =
        "for _ = 1, tonumber(ARGV[1]) do redis.call('INCR', 'ballast') end";
    struct redis_server *redis = o->rig->redis;
    char count[16];

    (void)snprintf(count, sizeof count, "%d", BALLAST / 30);
    for (unsigned n = 0; n < 30; n++)
        (void)redis_server_ask(redis, "EVAL", script, "0", count, NULL);
    (void)redis_server_ask(redis, "DEL", "ballast", NULL);
    outage_begin(o);
    redis_server_kill(redis);
    outage_struck(o);
    redis_server_start_again(redis);
    outage_judge_calm(o);
    outage_over(o);
    (void)redis_server_ask(redis, "BGREWRITEAOF", NULL);
}

/* The functions are gone, and the data is not. */
static void lose_functions(struct outage *o)
{
    outage_begin(o);
    ck_assert_str_eq(redis_server_ask(o->rig->redis, "FUNCTION", "FLUSH", NULL),
                     "OK");
    outage_over(o);
}

static bool refuses(struct rig *r)
{
    return strncmp(redis_server_ask(r->redis, "SET", "mark", "1", NULL),
                   "(error) MISCONF", 15) == 0;
}

static void fill_disk(const struct temp_path *file)
{
    static const char bytes[4096];
    int fd = open(file->text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    while (write(fd, bytes, sizeof bytes) > 0)
        ;
    while (write(fd, bytes, 1) > 0)
        ;
    (void)close(fd);
}

/* MISCONF: its file's disk has no room. Only with everysec: with always Redis
 * ends itself then. */
static void fill_and_empty(struct outage *o, const struct temp_path *disk)
{
    struct temp_path file = temp_join(disk, "filler");
    struct waiter w = waiter_start(LIMIT_MS);

    outage_begin(o);
    while (!refuses(o->rig)) {
        fill_disk(&file);
        rig_pass(o->rig, 20);
        if (!waiter_pause(&w))
            ck_abort_msg("Redis does not mind a full disk");
    }
    outage_struck(o);
    rig_pass(o->rig, LASTS_MS);
    outage_judge_calm(o);
    (void)unlink(file.text);
    wait_until(!refuses(o->rig), LIMIT_MS, "Redis to write again");
    (void)redis_server_ask(o->rig->redis, "DEL", "mark", NULL);
    outage_over(o);
}

/* Where what is made next lies: the folder of Redis, with that disk's room.
 * False when no disk can be made here. */
static bool open_disk(struct temp_path *disk, char *before, size_t size)
{
    *disk = temp_dir();
    if (mount("none", disk->text, "tmpfs", 0, "size=16m") != 0) {
        printf("redis_disk   SKIPPED: no tmpfs can be mounted: %s\n",
               strerror(errno));
        return false;
    }
    (void)snprintf(before, size, "%s", getenv("EXTQ_TEST_TEMP"));
    (void)setenv("EXTQ_TEST_TEMP", disk->text, 1);
    return true;
}

typedef void trouble(struct outage *o);

static void run(const char *name, trouble *once)
{
    unsigned times = rig_pick(1, 2, 20);
    struct outage o;

    outage_open(&o, name, "always", times * 4);
    for (unsigned n = 0; n < times; n++) {
        rig_pass(o.rig, 200 + rig_roll(o.rig, 800));
        once(&o);
    }
    outage_finish(&o, NULL);
}

START_TEST(a_redis_that_only_reads_is_waited_for)
{
    run("redis_ro", be_a_replica);
}
END_TEST

START_TEST(a_redis_that_loads_is_waited_for)
{
    run("redis_load", load_much);
}
END_TEST

START_TEST(functions_that_are_gone_are_loaded_again)
{
    run("redis_funcs", lose_functions);
}
END_TEST

START_TEST(a_redis_whose_disk_is_full_is_waited_for)
{
    unsigned times = rig_pick(1, 2, 20);
    struct temp_path disk;
    struct outage o;
    char before[512];

    if (!open_disk(&disk, before, sizeof before))
        return;
    outage_prepare(&o, "redis_disk", "everysec");
    (void)setenv("EXTQ_TEST_TEMP", before, 1);
    outage_start(&o, times * 5);
    for (unsigned n = 0; n < times; n++) {
        rig_pass(o.rig, 200 + rig_roll(o.rig, 800));
        fill_and_empty(&o, &disk);
    }
    outage_finish(&o, NULL);
    (void)umount2(disk.text, MNT_DETACH);
}
END_TEST

const TTest *scenario_redis_readonly(void)
{
    return a_redis_that_only_reads_is_waited_for;
}

const TTest *scenario_redis_loading(void)
{
    return a_redis_that_loads_is_waited_for;
}

const TTest *scenario_redis_functions(void)
{
    return functions_that_are_gone_are_loaded_again;
}

const TTest *scenario_redis_disk(void)
{
    return a_redis_whose_disk_is_full_is_waited_for;
}

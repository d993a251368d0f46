#include "faults/powercut.h"

#include "faults/binaries.h"
#include "support/wait.h"

#include <check.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { MOMENT_NS = 20000000, REWRITE_MS = 20000 };

static void preload(const struct powercut *p, bool on)
{
    if (on) {
        (void)setenv("EXTQ_POWERCUT", p->table.text, 1);
        (void)setenv("LD_PRELOAD", POWERCUT_LIBRARY, 1);
    } else {
        (void)unsetenv("LD_PRELOAD");
        (void)unsetenv("EXTQ_POWERCUT");
    }
}

void powercut_prepare(struct powercut *p)
{
    static const struct powercut_table none;
    struct temp_path dir = temp_dir();

    *p = (struct powercut){.unsynced = 0};
    p->table = temp_write_bytes(&dir, "synced", &none, sizeof none);
    preload(p, true);
}

static struct powercut_table read_table(const struct powercut *p)
{
    struct powercut_table table = {0};
    int fd = open(p->table.text, O_RDONLY | O_CLOEXEC);

    if (fd < 0 || read(fd, &table, sizeof table) != (ssize_t)sizeof table)
        ck_abort_msg("cannot read %s", p->table.text);
    (void)close(fd);
    return table;
}

void powercut_begin(struct powercut *p, struct rig *r)
{
    const char *dir;

    preload(p, false);
    dir = strchr(redis_server_ask(r->redis, "CONFIG", "GET", "dir", NULL), '/');
    ck_assert_ptr_nonnull(dir);
    (void)snprintf(p->data.text, sizeof p->data.text, "%.400s/appendonlydir",
                   dir);
    (void)redis_server_ask(r->redis, "DEL", "nothing", NULL);
    if (read_table(p).syncs == 0)
        ck_abort_msg("no fsync of redis-server was seen");
}

static int64_t synced_size(const struct powercut_table *t, uint64_t inode)
{
    for (size_t i = 0; i < POWERCUT_FILES; i++)
        if (t->files[i].inode == inode)
            return t->files[i].synced;
    return 0;
}

static void cut_file(struct powercut *p, struct rig *r,
                     const struct powercut_table *t, const char *name)
{
    struct temp_path path = temp_join(&p->data, name);
    struct stat file;
    int64_t synced, keep;

    if (stat(path.text, &file) != 0 || !S_ISREG(file.st_mode))
        return;
    synced = synced_size(t, file.st_ino);
    if (synced >= file.st_size)
        return;
    keep = synced + rig_roll(r, (unsigned)(file.st_size - synced + 1));
    p->unsynced += file.st_size - synced;
    p->forgotten += file.st_size - keep;
    if (truncate(path.text, keep) != 0)
        ck_abort_msg("cannot truncate %s", path.text);
}

/* Redis has just answered us, when all was synced: not the moment to choose. */
static void let_some_time_pass(struct rig *r)
{
    const struct timespec some = {.tv_nsec = rig_roll(r, MOMENT_NS)};

    (void)nanosleep(&some, NULL);
}

void powercut_cut(struct powercut *p, struct rig *r)
{
    struct powercut_table table;
    const struct dirent *entry;
    DIR *folder;

    let_some_time_pass(r);
    redis_server_kill(r->redis);
    table = read_table(p);
    folder = opendir(p->data.text);
    if (!folder)
        ck_abort_msg("no folder %s", p->data.text);
    while ((entry = readdir(folder)))
        cut_file(p, r, &table, entry->d_name);
    (void)closedir(folder);
}

void powercut_start_again(struct powercut *p, struct rig *r)
{
    preload(p, true);
    redis_server_start_again(r->redis);
    preload(p, false);
}

static bool is_rewritten(struct rig *r)
{
    const char *info = redis_server_ask(r->redis, "INFO", "persistence", NULL);

    return !strstr(info, "aof_last_rewrite_time_sec:-1") &&
           strstr(info, "aof_rewrite_in_progress:0");
}

void powercut_strike(struct powercut *p, struct rig *r)
{
    size_t before, after;

    wait_until(is_rewritten(r), REWRITE_MS, "the append-only file's rewrite");
    rig_look(r);
    rig_note_rejected(r);
    before = watch_held(r->watch, 0);
    powercut_cut(p, r);
    powercut_start_again(p, r);
    after = watch_held(r->watch, 0);
    r->exposed += before > after ? before : after;
    r->faults++;
}

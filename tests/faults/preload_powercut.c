/* Preloaded into redis-server: notes how long each file was when it was last
 * synced, by inode, in the shared table $EXTQ_POWERCUT; what a power cut may
 * take is what lies behind. */
#include "faults/powercut.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef int sync_function(int fd);

static struct powercut_table *open_table(void)
{
    const char *path = getenv("EXTQ_POWERCUT");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, sizeof(struct powercut_table),
                             PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return at == MAP_FAILED ? NULL : at;
}

/* A slot is taken once, by its inode, and then only grows or shrinks. */
static void note(const struct stat *file)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct powercut_table *table;
    size_t i = 0;

    (void)pthread_mutex_lock(&lock);
    if (!table)
        table = open_table();
    while (table && i < POWERCUT_FILES && table->files[i].inode &&
           table->files[i].inode != file->st_ino)
        i++;
    if (table && i < POWERCUT_FILES) {
        table->files[i].synced = file->st_size;
        table->files[i].inode = file->st_ino;
        table->syncs++;
    }
    (void)pthread_mutex_unlock(&lock);
}

/* What a disk takes: otherwise no cut would ever find something unsynced. */
enum { SYNC_MS = 3 };

/* The length is taken before: what is written meanwhile may not be synced. */
static int sync_with(const char *name, int fd)
{
    union {
        void *found;
        sync_function *call;
    } next = {dlsym(RTLD_NEXT, name)};
    struct stat file;
    int known = fstat(fd, &file);
    int status;

    (void)poll(NULL, 0, SYNC_MS);
    status = next.call(fd);
    if (status == 0 && known == 0 && S_ISREG(file.st_mode))
        note(&file);
    return status;
}

__attribute__((visibility("default"))) int fsync(int fd)
{
    return sync_with("fsync", fd);
}

__attribute__((visibility("default"))) int fdatasync(int fd)
{
    return sync_with("fdatasync", fd);
}

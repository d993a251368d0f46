/* Linked between the service's own code and the C library (ld's --wrap): one of
 * its allocations fails, the one whose number the rig has written into the
 * file $EXTQ_SHORTAGE. Those that libraries make are their own. */
#include "faults/shortage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* The names that ld gives them. */
#define WRAP(name) __wrap_##name
#define REAL(name) __real_##name

extern const char __executable_start[];

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t count, size_t size);
void *REAL(realloc)(void *at, size_t size);
void *REAL(reallocarray)(void *at, size_t count, size_t size);
void *REAL(aligned_alloc)(size_t to, size_t size);
char *REAL(strdup)(const char *text);
char *REAL(strndup)(const char *text, size_t len);

void *WRAP(malloc)(size_t size);
void *WRAP(calloc)(size_t count, size_t size);
void *WRAP(realloc)(void *at, size_t size);
void *WRAP(reallocarray)(void *at, size_t count, size_t size);
void *WRAP(aligned_alloc)(size_t to, size_t size);
char *WRAP(strdup)(const char *text);
char *WRAP(strndup)(const char *text, size_t len);
int WRAP(asprintf)(char **ret, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
int WRAP(__asprintf_chk)(char **ret, int flag, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

static struct shortage *shortage;

/* What runs at the end, such as gcov's counters, is not the service's own. */
static void end_shortage(void)
{
    shortage = NULL;
}

__attribute__((constructor)) static void look_for_shortage(void)
{
    const char *path = getenv("EXTQ_SHORTAGE");
    int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
    void *at = fd < 0 ? MAP_FAILED
                      : mmap(NULL, sizeof *shortage, PROT_READ | PROT_WRITE,
                             MAP_SHARED, fd, 0);

    if (fd >= 0)
        (void)close(fd);
    if (at != MAP_FAILED && atexit(end_shortage) == 0)
        shortage = at;
}

static bool fails(const void *caller)
{
    if (!shortage ||
        atomic_fetch_add(&shortage->count, 1) + 1 != shortage->fail_at)
        return false;
    atomic_store(&shortage->caller,
                 (uint64_t)((const char *)caller - __executable_start));
    errno = ENOMEM;
    return true;
}

#define FAILS fails(__builtin_return_address(0))

void *WRAP(malloc)(size_t size)
{
    return FAILS ? NULL : REAL(malloc)(size);
}

void *WRAP(calloc)(size_t count, size_t size)
{
    return FAILS ? NULL : REAL(calloc)(count, size);
}

void *WRAP(realloc)(void *at, size_t size)
{
    return FAILS ? NULL : REAL(realloc)(at, size);
}

void *WRAP(reallocarray)(void *at, size_t count, size_t size)
{
    return FAILS ? NULL : REAL(reallocarray)(at, count, size);
}

void *WRAP(aligned_alloc)(size_t to, size_t size)
{
    return FAILS ? NULL : REAL(aligned_alloc)(to, size);
}

char *WRAP(strdup)(const char *text)
{
    return FAILS ? NULL : REAL(strdup)(text);
}

char *WRAP(strndup)(const char *text, size_t len)
{
    return FAILS ? NULL : REAL(strndup)(text, len);
}

int WRAP(asprintf)(char **ret, const char *fmt, ...)
{
    va_list args;
    int len = -1;

    if (FAILS)
        return len;
    va_start(args, fmt);
    len = vasprintf(ret, fmt, args);
    va_end(args);
    return len;
}

/* What asprintf is where the compiler checks its arguments. */
int WRAP(__asprintf_chk)(char **ret, int flag, const char *fmt, ...)
{
    va_list args;
    int len = -1;

    (void)flag;
    if (FAILS)
        return len;
    va_start(args, fmt);
    len = vasprintf(ret, fmt, args);
    va_end(args);
    return len;
}

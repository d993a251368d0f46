#include "faults/fake_clock.h"

#include "faults/binaries.h"
#include "support/main.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

void fake_clock_open(struct fake_clock *c)
{
    static const int64_t right[2] = {0, 0};
    struct temp_path dir = temp_dir();
    int fd;

    c->path = temp_write_bytes(&dir, "ahead", right, sizeof right);
    fd = open(c->path.text, O_RDWR | O_CLOEXEC);
    c->ahead_s =
        mmap(NULL, sizeof right, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    ck_assert(c->ahead_s != MAP_FAILED);
    c->asleep_s = c->ahead_s + 1;
    (void)close(fd);
}

void fake_clock_use(const struct fake_clock *c, bool on)
{
    (void)(on ? setenv("EXTQ_CLOCK", c->path.text, 1) : unsetenv("EXTQ_CLOCK"));
    /* A sanitizer insists on being the first library otherwise. */
    (void)(on ? setenv("ASAN_OPTIONS", "verify_asan_link_order=0", 1)
              : unsetenv("ASAN_OPTIONS"));
    (void)(on ? setenv("LD_PRELOAD", CLOCK_LIBRARY, 1)
              : unsetenv("LD_PRELOAD"));
}

#include "base/rand.h"

#include "base/clock.h"

#include <sys/random.h>
#include <unistd.h>

uint64_t rand_seed(void)
{
    uint64_t seed;

    if (getrandom(&seed, sizeof seed, 0) == (ssize_t)sizeof seed)
        return seed;
    return (uint64_t)clock_mono_us() << 24 ^ (uint64_t)getpid();
}

uint32_t rand_u32(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15u;

    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
    x = (x ^ x >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((x ^ x >> 31) >> 32);
}

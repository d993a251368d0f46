/* Shut gates in the order of their times, whichever is taken out. */
#include "base/rand.h"
#include "service/gates_internal.h"
#include "support/main.h"

enum { LINES = 64, ROUNDS = 200 };

static struct gate_line lines[LINES];
static struct times times;

static void fill(uint64_t *dice)
{
    for (unsigned n = 0; n < LINES; n++) {
        lines[n].when_us = rand_u32(dice) % 1000;
        times_add(&times, &lines[n]);
    }
}

/* The earliest first until none is left. */
static size_t drain(void)
{
    int64_t before_us = -1;
    size_t count = 0;

    for (; times.count > 0; count++) {
        struct gate_line *first = times.heap[0];

        ck_assert_int_ge(first->when_us, before_us);
        before_us = first->when_us;
        times_remove(&times, first);
    }
    return count;
}

START_TEST(the_earliest_is_first_whoever_left_before)
{
    uint64_t dice = 1;

    ck_assert(times_reserve(&times, LINES));
    for (unsigned round = 0; round < ROUNDS; round++) {
        unsigned left = 0;

        fill(&dice);
        for (unsigned n = 0; n < LINES; n += 1 + rand_u32(&dice) % 4, left++)
            times_remove(&times, &lines[n]);
        ck_assert_uint_eq(drain(), LINES - left);
    }
    times_close(&times);
}
END_TEST

int main(void)
{
    return run_tests("service.gates_times", 10,
                     the_earliest_is_first_whoever_left_before);
}

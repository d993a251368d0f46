/* Dice: reproducible from a state, spread over their range. */
#include "base/rand.h"

#include "support/main.h"
#include "support/table.h"

START_TEST(a_state_gives_the_numbers_of_splitmix64)
{
    uint64_t state = 0;

    ck_assert_uint_eq(rand_u32(&state), 0xe220a839);
    ck_assert_uint_eq(rand_u32(&state), 0x6e789e6a);
    ck_assert_uint_eq(rand_u32(&state), 0x06c45d18);
}
END_TEST

START_TEST(numbers_spread_over_their_range)
{
    uint64_t state = 1;
    int in_slot[16] = {0};

    for (int i = 0; i < 16000; i++)
        in_slot[rand_u32(&state) >> 28]++;
    for (int i = 0; i < 16; i++) {
        ck_assert_int_gt(in_slot[i], 800);
        ck_assert_int_lt(in_slot[i], 1200);
    }
}
END_TEST

START_TEST(every_seed_is_another)
{
    uint64_t first = rand_seed();

    ck_assert_uint_ne(first, rand_seed());
}
END_TEST

int main(void)
{
    return run_tests("rand", 10, a_state_gives_the_numbers_of_splitmix64,
                     numbers_spread_over_their_range, every_seed_is_another);
}

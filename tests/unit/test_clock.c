#include "base/clock.h"

#include "support/main.h"

/* Whatever the machine has slept since its boot. */
START_TEST(time_since_boot_is_never_behind_time_awake)
{
    int64_t awake = clock_mono_ms();

    ck_assert_int_ge(clock_boot_ms(), awake);
}
END_TEST

int main(void)
{
    return run_tests("base.clock", 30,
                     time_since_boot_is_never_behind_time_awake);
}

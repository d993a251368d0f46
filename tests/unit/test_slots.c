/* Who has a slot, and who waits for one. */
#include "service/worker_internal.h"
#include "support/main.h"

START_TEST(who_comes_while_others_wait_for_a_slot_waits_behind_them)
{
    struct config config = {.in_flight = 4};
    struct worker w = {.config = &config, .busy_count = 4};

    ck_assert(!slots_exceeded(&w));
    w.busy_count = 5;
    ck_assert(slots_exceeded(&w));
    /* One of four slots came free, and one waits: it is not the newcomer's. */
    w.ahead_count = 1;
    ck_assert(slots_exceeded(&w));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("slots");
    TCase *t = tcase_create("slots");

    tcase_add_test(t, who_comes_while_others_wait_for_a_slot_waits_behind_them);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

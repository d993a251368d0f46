/* How much of a key is read at a time. */
#include "link/paging.h"
#include "support/main.h"
#include "support/table.h"

START_TEST(a_page_is_small_work_whatever_the_jobs_weigh)
{
    const struct {
        uint64_t page, bytes, next;
    } table[] = {
        {64, 0, 128},
        {64, 1000, 128},
        {500, 0, 500},
        {300, 0, 500},
        {100, 400 << 10, 100},
        {100, 5 << 20, 10},
        {4, UINT64_C(1) << 40, 1},
        {1, 16 << 20, 1},
    };

    for (int i = 0; i < ROWS(table); i++)
        ck_assert_uint_eq(paging_after(table[i].page, table[i].bytes),
                          table[i].next);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("unit.paging");
    TCase *t = tcase_create("paging");

    suite_add_tcase(s, t);
    tcase_add_test(t, a_page_is_small_work_whatever_the_jobs_weigh);
    return run_suite(s);
}

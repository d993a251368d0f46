/* Open files: the soft limit follows the configuration up to the hard one. */
#include "service/files.h"
#include "support/main.h"
#include "support/table.h"

#include <check.h>
#include <string.h>
#include <sys/resource.h>

/* Each runs in a process of its own: limits are its own as well. */
static const struct {
    uint32_t workers, in_flight, connections;
    rlim_t soft, hard, then;
} cases[] = {
    {1, 64, 32, 128, 1024, 100 + 256}, {2, 64, 100, 128, 1024, 2 * 178 + 256},
    {1, 64, 32, 512, 1024, 512},       {4, 500, 500, 128, 1024, 1024},
    {4, 500, 500, 1024, 1024, 1024},
};

START_TEST(the_soft_limit_follows_the_configuration)
{
    static struct config c;
    struct rlimit files = {cases[_i].soft, cases[_i].hard};

    c.workers = cases[_i].workers;
    c.in_flight = cases[_i].in_flight;
    c.http.max_connections = cases[_i].connections;
    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    files_raise(&c);
    ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &files), 0);
    ck_assert_uint_eq(files.rlim_cur, cases[_i].then);
    ck_assert_uint_eq(files.rlim_max, cases[_i].hard);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("unit.files");
    TCase *t = tcase_create("unit.files");

    tcase_add_loop_test(t, the_soft_limit_follows_the_configuration, 0,
                        ROWS(cases));
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

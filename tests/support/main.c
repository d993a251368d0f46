#include "support/main.h"

#include "support/temp.h"

int run_test_list(const char *name, double limit_s, const TTest *const *tests)
{
    Suite *suite = suite_create(name);
    TCase *group = tcase_create(name);

    tcase_set_timeout(group, limit_s);
    for (size_t i = 0; tests[i]; i++)
        tcase_add_test(group, tests[i]);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}

int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    int failed;

    temp_open();
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    temp_close();
    return failed ? 1 : 0;
}

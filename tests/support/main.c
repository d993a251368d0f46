#include "support/main.h"

#include "support/temp.h"

#include <signal.h>

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

    /* As extq does, for the children of tests as well: hiredis writes without
     * MSG_NOSIGNAL. */
    (void)signal(SIGPIPE, SIG_IGN);
    temp_open();
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    temp_close();
    return failed ? 1 : 0;
}

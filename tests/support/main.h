/* Runs the tests of one executable: each in a process of its own, which takes
 * everything it started along when it ends. */
#ifndef EXTQ_SUPPORT_MAIN_H
#define EXTQ_SUPPORT_MAIN_H

#include <check.h>

/* Runs the tests named (START_TEST names), each with limit_s seconds, and
 * returns the exit status for main:
 *
 *     return run_tests("model.job", 10, a_job_has_an_id, a_job_ends);
 *
 * $CK_RUN_CASE, $CK_TAP_LOG_FILE_NAME, $CK_FORK and $CK_TIMEOUT_MULTIPLIER
 * work as Check documents them. SIGPIPE is ignored, as extq does. */
#define run_tests(name, limit_s, ...)                                          \
    run_test_list((name), (limit_s), (const TTest *const[]){__VA_ARGS__, NULL})

int run_test_list(const char *name, double limit_s, const TTest *const *tests);

/* The same for a suite with fixtures, loops or several cases; frees it. */
int run_suite(Suite *suite);

#endif

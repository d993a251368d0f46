/* What may leave the process when it dies, and what its libraries may write. */
#include "service/guard.h"
#include "support/main.h"

#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>

START_TEST(either_lock_alone_keeps_memory_out_of_files)
{
    struct rlimit core = {.rlim_cur = 1};
    struct why why = {""};

    ck_assert_int_eq(setenv("SSLKEYLOGFILE", "keys.log", 1), 0);
    ck_assert_msg(guard_secrets(&why) == ERR_OK, "%s", why.text);
    ck_assert_int_eq(prctl(PR_GET_DUMPABLE), 0);
    ck_assert_int_eq(getrlimit(RLIMIT_CORE, &core), 0);
    ck_assert_uint_eq(core.rlim_cur, 0);
    ck_assert_uint_eq(core.rlim_max, 0);
    ck_assert_ptr_null(getenv("SSLKEYLOGFILE"));
}
END_TEST

int main(void)
{
    return run_tests("service.guard", 10,
                     either_lock_alone_keeps_memory_out_of_files);
}

/* Starting programs, waiting, temporary files: what the service tests stand
 * on. */
#include "support/main.h"
#include "support/process.h"
#include "support/temp.h"
#include "support/wait.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LIMIT_MS = 10000 };

static struct process *shell(const char *script, const char *const *env)
{
    return process_start((const char *const[]){"sh", "-c", script, NULL}, env);
}

START_TEST(output_and_exit_status_are_captured)
{
    struct process *p = shell("echo out; echo err >&2; exit 7", NULL);

    process_expect(p, 7, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "out\n");
    ck_assert_str_eq(process_err(p), "err\n");
    process_close(&p);
    ck_assert_ptr_null(p);
}
END_TEST

START_TEST(additions_to_the_environment_win)
{
    struct process *p =
        shell("echo $HOME", (const char *const[]){"HOME=/nowhere", NULL});

    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "/nowhere\n");
    process_close(&p);
}
END_TEST

START_TEST(a_text_can_be_given_on_standard_input)
{
    struct process *p = process_start_with((const char *const[]){"cat", NULL},
                                           NULL, "one\ntwo\n");

    process_expect(p, 0, LIMIT_MS);
    ck_assert_str_eq(process_out(p), "one\ntwo\n");
    process_close(&p);
}
END_TEST

START_TEST(a_signal_that_kills_is_told)
{
    struct process *p = shell("echo ready; read -r x < /dev/zero", NULL);

    wait_until(*process_out(p), LIMIT_MS, "the shell to be ready");
    ck_assert(!process_ended(p));
    process_signal(p, SIGTERM);
    ck_assert_int_eq(process_wait(p, LIMIT_MS), 128 + SIGTERM);
    process_close(&p);
}
END_TEST

START_TEST(closing_kills_what_still_runs)
{
    struct process *p =
        shell("trap '' TERM; echo ready; while :; do :; done", NULL);
    pid_t pid = process_pid(p);

    wait_until(*process_out(p), LIMIT_MS, "the shell to be ready");
    process_close(&p);
    ck_assert_int_eq(kill(pid, 0), -1);
    ck_assert_int_eq(errno, ESRCH);
}
END_TEST

START_TEST(a_waiter_gives_up_at_its_limit)
{
    struct waiter w = waiter_start(1);
    unsigned pauses = 0;

    while (waiter_pause(&w))
        pauses++;
    ck_assert_uint_lt(pauses, 1000);
}
END_TEST

START_TEST(files_are_written_into_folders_of_the_test)
{
    struct temp_path dir = temp_dir();
    struct temp_path path = temp_write(&dir, "secrets/acme", "s3cret\n");
    char *text = temp_read(path.text);

    ck_assert_str_eq(text, "s3cret\n");
    ck_assert_int_eq(strncmp(path.text, dir.text, strlen(dir.text)), 0);
    free(text);
}
END_TEST

int main(void)
{
    return run_tests("support.process", 30, output_and_exit_status_are_captured,
                     additions_to_the_environment_win,
                     a_text_can_be_given_on_standard_input,
                     a_signal_that_kills_is_told, closing_kills_what_still_runs,
                     a_waiter_gives_up_at_its_limit,
                     files_are_written_into_folders_of_the_test);
}

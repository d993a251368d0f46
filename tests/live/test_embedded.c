#include "service/embedded.h"

#include "support/embedded_probe.h"
#include "support/main.h"
#include "support/temp.h"
#include "support/wait.h"

#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LIMIT_MS = 20000 };

START_TEST(it_starts_and_answers_in_a_private_folder)
{
    struct temp_path base = temp_dir();
    struct temp_path dir = temp_join(&base, "state/redis");
    struct embedded *e = embedded_probe_start(&dir);
    struct stat st;
    struct temp_path sock = temp_join(&dir, "redis.sock");

    ck_assert_str_eq(embedded_probe_ask(&dir, "PING", NULL, NULL), "PONG");
    ck_assert_int_eq(stat(dir.text, &st), 0);
    ck_assert_int_eq(st.st_mode & 07777, 0700);
    ck_assert_int_eq(stat(sock.text, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
    embedded_stop(&e);
}
END_TEST

START_TEST(it_keeps_an_aof_evicts_nothing_and_opens_no_port)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = embedded_probe_start(&dir);

    ck_assert_str_eq(embedded_probe_ask(&dir, "CONFIG", "GET", "appendonly"),
                     "yes");
    ck_assert_str_eq(embedded_probe_ask(&dir, "CONFIG", "GET", "appendfsync"),
                     "everysec");
    ck_assert_str_eq(
        embedded_probe_ask(&dir, "CONFIG", "GET", "maxmemory-policy"),
        "noeviction");
    ck_assert_str_eq(embedded_probe_ask(&dir, "CONFIG", "GET", "save"), "");
    ck_assert_str_eq(embedded_probe_ask(&dir, "CONFIG", "GET", "port"), "0");
    embedded_stop(&e);
}
END_TEST

START_TEST(a_folder_with_odd_characters_works)
{
    struct temp_path base = temp_dir();
    struct temp_path dir = temp_join(&base, "a \"b\" \\c#'");
    struct embedded *e = embedded_probe_start(&dir);

    ck_assert_str_eq(embedded_probe_ask(&dir, "CONFIG", "GET", "dir"),
                     dir.text);
    embedded_stop(&e);
}
END_TEST

START_TEST(data_survive_a_stop_and_a_start)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = embedded_probe_start(&dir);
    pid_t pid = embedded_probe_pid(&dir);

    embedded_probe_set(&dir, "kept");
    embedded_stop(&e);
    ck_assert_ptr_null(e);
    ck_assert(embedded_probe_is_gone(pid));
    e = embedded_probe_start(&dir);
    wait_until(embedded_probe_answers(&dir, "GET", "key", "kept"), LIMIT_MS,
               "the data");
    embedded_stop(&e);
}
END_TEST

START_TEST(a_killed_server_comes_back_with_its_data)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = embedded_probe_start(&dir);
    bool restarted = false;

    for (int round = 0; round < 3; round++) {
        char value[16];
        pid_t pid = embedded_probe_pid(&dir);

        (void)snprintf(value, sizeof value, "kept%d", round);
        embedded_probe_set(&dir, value);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        wait_until(restarted = embedded_watch(e), LIMIT_MS, "a restart");
        wait_until(embedded_probe_answers(&dir, "GET", "key", value), LIMIT_MS,
                   "the data");
        ck_assert(!embedded_watch(e));
        ck_assert_int_ne(embedded_probe_pid(&dir), pid);
    }
    embedded_stop(&e);
}
END_TEST

START_TEST(a_terminals_interrupt_does_not_reach_the_server)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = embedded_probe_start(&dir);
    pid_t pid = embedded_probe_pid(&dir);

    ck_assert_int_ne(getsid(pid), getsid(0));
    ck_assert_int_ne(getpgid(pid), getpgid(0));
    embedded_stop(&e);
}
END_TEST

START_TEST(a_server_that_hangs_is_killed_at_the_stop)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = embedded_probe_start(&dir);
    pid_t pid = embedded_probe_pid(&dir);

    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    embedded_stop(&e);
    ck_assert(embedded_probe_is_gone(pid));
}
END_TEST

START_TEST(a_relative_folder_and_slashes_at_its_end_are_fine)
{
    struct temp_path base = temp_dir();
    struct temp_path dir = temp_join(&base, "here");
    struct embedded *e = NULL;
    struct why why = {""};

    ck_assert_int_eq(chdir(base.text), 0);
    ck_assert_msg(!embedded_start("here//", &e, &why), "%s", why.text);
    ck_assert_str_eq(embedded_probe_ask(&dir, "PING", NULL, NULL), "PONG");
    embedded_stop(&e);
}
END_TEST

int main(void)
{
    return run_tests(
        "live.embedded", 60, it_starts_and_answers_in_a_private_folder,
        it_keeps_an_aof_evicts_nothing_and_opens_no_port,
        a_folder_with_odd_characters_works, data_survive_a_stop_and_a_start,
        a_killed_server_comes_back_with_its_data,
        a_terminals_interrupt_does_not_reach_the_server,
        a_server_that_hangs_is_killed_at_the_stop,
        a_relative_folder_and_slashes_at_its_end_are_fine);
}

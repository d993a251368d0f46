#include "service/embedded.h"

#include "support/embedded_probe.h"
#include "support/main.h"
#include "support/temp.h"
#include "support/wait.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LIMIT_MS = 20000 };

static void adopt_orphans(void)
{
    ck_assert_int_eq(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

/* An owner in a process of its own, which supervises until it is told to stop
 * (SIGTERM, in order) or killed. */
static pid_t fork_owner(const struct temp_path *dir)
{
    sigset_t term;
    pid_t pid;

    ck_assert_int_eq(sigemptyset(&term), 0);
    ck_assert_int_eq(sigaddset(&term, SIGTERM), 0);
    ck_assert_int_eq(sigprocmask(SIG_BLOCK, &term, NULL), 0);
    pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        struct timespec turn = {0, 20000000};
        struct embedded *e = NULL;

        if (embedded_start(dir->text, &e, NULL))
            _exit(1);
        while (sigtimedwait(&term, NULL, &turn) != SIGTERM)
            (void)embedded_watch(e);
        embedded_stop(&e);
        _exit(0);
    }
    return pid;
}

static void expect_exit(pid_t pid, int status)
{
    int got = 0;

    wait_until(waitpid(pid, &got, WNOHANG) == pid, LIMIT_MS, "a child's end");
    ck_assert_int_eq(got, status);
}

START_TEST(two_owners_share_one_server)
{
    struct temp_path dir = temp_dir();
    struct embedded *first = embedded_probe_start(&dir), *second;
    pid_t pid = embedded_probe_pid(&dir);

    second = embedded_probe_start(&dir);
    ck_assert_int_eq(embedded_probe_pid(&dir), pid);
    ck_assert(!embedded_watch(second));
    embedded_stop(&second);
    ck_assert_int_eq(embedded_probe_pid(&dir), pid);
    embedded_stop(&first);
    ck_assert(embedded_probe_is_gone(pid));
}
END_TEST

START_TEST(the_second_takes_over_when_the_first_stops)
{
    struct temp_path dir = temp_dir();
    struct embedded *first = embedded_probe_start(&dir),
                    *second = embedded_probe_start(&dir);
    pid_t pid = embedded_probe_pid(&dir);

    embedded_probe_set(&dir, "handed on");
    embedded_stop(&first);
    wait_until(embedded_watch(second), LIMIT_MS, "the takeover");
    wait_until(embedded_probe_answers(&dir, "GET", "key", "handed on"),
               LIMIT_MS, "the data");
    ck_assert_int_ne(embedded_probe_pid(&dir), pid);
    embedded_stop(&second);
}
END_TEST

START_TEST(a_killed_owner_leaves_no_server_behind)
{
    struct temp_path dir = temp_dir();
    pid_t owner, server;

    adopt_orphans();
    owner = fork_owner(&dir);
    wait_until(embedded_probe_ask(&dir, "PING", NULL, NULL), LIMIT_MS,
               "the server");
    server = embedded_probe_pid(&dir);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    expect_exit(owner, SIGKILL);
    wait_until(embedded_probe_is_gone(server), LIMIT_MS,
               "the end of the server");
}
END_TEST

START_TEST(the_lock_lasts_as_long_as_the_server_not_its_owner)
{
    struct temp_path dir = temp_dir(), lock = temp_join(&dir, "lock");
    pid_t owner, server;
    bool locked;
    int fd;

    adopt_orphans();
    owner = fork_owner(&dir);
    wait_until(embedded_probe_answers(&dir, "PING", NULL, "PONG"), LIMIT_MS,
               "the server");
    server = embedded_probe_pid(&dir);
    fd = open(lock.text, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(kill(server, SIGSTOP), 0);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    expect_exit(owner, SIGKILL);
    locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    ck_assert_int_eq(kill(server, SIGCONT), 0);
    ck_assert(locked);
    wait_until(flock(fd, LOCK_EX | LOCK_NB) == 0, LIMIT_MS, "the lock");
    wait_until(embedded_probe_is_gone(server), LIMIT_MS,
               "the end of the server");
    (void)close(fd);
}
END_TEST

START_TEST(the_second_takes_over_when_the_first_is_killed)
{
    struct temp_path dir = temp_dir();
    struct embedded *second;
    pid_t owner;

    adopt_orphans();
    owner = fork_owner(&dir);
    wait_until(embedded_probe_answers(&dir, "PING", NULL, "PONG"), LIMIT_MS,
               "the server");
    embedded_probe_set(&dir, "kept");
    second = embedded_probe_start(&dir);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    wait_until(embedded_watch(second), LIMIT_MS, "the takeover");
    wait_until(embedded_probe_answers(&dir, "GET", "key", "kept"), LIMIT_MS,
               "the data");
    embedded_stop(&second);
    expect_exit(owner, SIGKILL);
}
END_TEST

START_TEST(many_owners_at_once_start_one_server)
{
    enum { OWNERS = 4 };
    struct temp_path dir = temp_dir();
    pid_t owners[OWNERS];

    for (int i = 0; i < OWNERS; i++)
        owners[i] = fork_owner(&dir);
    wait_until(embedded_probe_answers(&dir, "PING", NULL, "PONG"), LIMIT_MS,
               "the server");
    embedded_probe_set(&dir, "kept");
    /* Stopped one by one, the server goes from hand to hand. */
    for (int i = 0; i < OWNERS; i++) {
        wait_until(embedded_probe_answers(&dir, "GET", "key", "kept"), LIMIT_MS,
                   "the data");
        ck_assert_int_eq(kill(owners[i], SIGTERM), 0);
        expect_exit(owners[i], 0);
    }
    ck_assert_ptr_null(embedded_probe_ask(&dir, "PING", NULL, NULL));
}
END_TEST

int main(void)
{
    return run_tests("live.embedded_owners", 60, two_owners_share_one_server,
                     the_second_takes_over_when_the_first_stops,
                     a_killed_owner_leaves_no_server_behind,
                     the_lock_lasts_as_long_as_the_server_not_its_owner,
                     the_second_takes_over_when_the_first_is_killed,
                     many_owners_at_once_start_one_server);
}

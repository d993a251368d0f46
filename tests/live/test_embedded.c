#include "service/embedded.h"

#include "link/redis_sync.h"
#include "support/main.h"
#include "support/temp.h"
#include "support/wait.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { REPLY_MS = 20000, LIMIT_MS = 20000 };

static struct embedded *start(const struct temp_path *dir)
{
    struct embedded *e = NULL;
    struct why why = {""};

    ck_assert_msg(embedded_start(dir->text, &e, &why) == ERR_OK, "%s",
                  why.text);
    return e;
}

/* One question over a connection of its own; the reply as text, NULL when
 * nobody answers. Lives until the next question. */
static const char *ask(const struct temp_path *dir, const char *a,
                       const char *b, const char *c)
{
    static char text[4096];
    struct redis_address address = {.db = 0};
    struct redis_sync *r = NULL;
    const struct reply *reply;
    struct span s;

    embedded_socket(dir->text, address.socket, sizeof address.socket);
    if (redis_sync_open(&address, REPLY_MS, &r, NULL))
        return NULL;
    if (redis_ask_words(r, &reply, a, b, c, NULL)) {
        redis_sync_close(&r);
        return NULL;
    }
    if (reply_count(reply) == 2)
        reply = reply_at(reply, 1);
    s = reply_span(reply);
    (void)snprintf(text, sizeof text, "%.*s", (int)s.len, s.at);
    redis_sync_close(&r);
    return text;
}

static bool answers(const struct temp_path *dir, const char *a, const char *b,
                    const char *expected)
{
    const char *text = ask(dir, a, b, NULL);

    return text && strcmp(text, expected) == 0;
}

static void set(const struct temp_path *dir, const char *value)
{
    ck_assert_str_eq(ask(dir, "SET", "key", value), "OK");
}

static pid_t server_pid(const struct temp_path *dir)
{
    const char *text = ask(dir, "INFO", "server", NULL);
    const char *at = text ? strstr(text, "process_id:") : NULL;

    ck_assert_ptr_nonnull(at);
    return (pid_t)strtol(at + strlen("process_id:"), NULL, 10);
}

static bool is_gone(pid_t pid)
{
    /* Orphans become children of the test, see adopt_orphans. */
    (void)waitpid(pid, NULL, WNOHANG);
    return kill(pid, 0) != 0;
}

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

static void expect_failure(const char *dir, enum err expected,
                           const char *words)
{
    struct embedded *e = NULL;
    struct why why = {""};

    ck_assert_int_eq(embedded_start(dir, &e, &why), expected);
    ck_assert_ptr_null(e);
    ck_assert_msg(strstr(why.text, words), "no \"%s\" in: %s", words, why.text);
}

START_TEST(it_starts_and_answers_in_a_private_folder)
{
    struct temp_path base = temp_dir();
    struct temp_path dir = temp_join(&base, "state/redis");
    struct embedded *e = start(&dir);
    struct stat st;
    struct temp_path sock = temp_join(&dir, "redis.sock");

    ck_assert_str_eq(ask(&dir, "PING", NULL, NULL), "PONG");
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
    struct embedded *e = start(&dir);

    ck_assert_str_eq(ask(&dir, "CONFIG", "GET", "appendonly"), "yes");
    ck_assert_str_eq(ask(&dir, "CONFIG", "GET", "appendfsync"), "everysec");
    ck_assert_str_eq(ask(&dir, "CONFIG", "GET", "maxmemory-policy"),
                     "noeviction");
    ck_assert_str_eq(ask(&dir, "CONFIG", "GET", "save"), "");
    ck_assert_str_eq(ask(&dir, "CONFIG", "GET", "port"), "0");
    embedded_stop(&e);
}
END_TEST

START_TEST(a_folder_with_odd_characters_works)
{
    struct temp_path base = temp_dir();
    struct temp_path dir = temp_join(&base, "a \"b\" \\c#'");
    struct embedded *e = start(&dir);

    ck_assert_str_eq(ask(&dir, "CONFIG", "GET", "dir"), dir.text);
    embedded_stop(&e);
}
END_TEST

START_TEST(data_survive_a_stop_and_a_start)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = start(&dir);
    pid_t pid = server_pid(&dir);

    set(&dir, "kept");
    embedded_stop(&e);
    ck_assert_ptr_null(e);
    ck_assert(is_gone(pid));
    e = start(&dir);
    wait_until(answers(&dir, "GET", "key", "kept"), LIMIT_MS, "the data");
    embedded_stop(&e);
}
END_TEST

START_TEST(a_killed_server_comes_back_with_its_data)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = start(&dir);
    bool restarted = false;

    for (int round = 0; round < 3; round++) {
        char value[16];
        pid_t pid = server_pid(&dir);

        (void)snprintf(value, sizeof value, "kept%d", round);
        set(&dir, value);
        ck_assert_int_eq(kill(pid, SIGKILL), 0);
        wait_until(restarted = embedded_watch(e), LIMIT_MS, "a restart");
        wait_until(answers(&dir, "GET", "key", value), LIMIT_MS, "the data");
        ck_assert(!embedded_watch(e));
        ck_assert_int_ne(server_pid(&dir), pid);
    }
    embedded_stop(&e);
}
END_TEST

START_TEST(two_owners_share_one_server)
{
    struct temp_path dir = temp_dir();
    struct embedded *first = start(&dir), *second;
    pid_t pid = server_pid(&dir);

    second = start(&dir);
    ck_assert_int_eq(server_pid(&dir), pid);
    ck_assert(!embedded_watch(second));
    embedded_stop(&second);
    ck_assert_int_eq(server_pid(&dir), pid);
    embedded_stop(&first);
    ck_assert(is_gone(pid));
}
END_TEST

START_TEST(the_second_takes_over_when_the_first_stops)
{
    struct temp_path dir = temp_dir();
    struct embedded *first = start(&dir), *second = start(&dir);
    pid_t pid = server_pid(&dir);

    set(&dir, "handed on");
    embedded_stop(&first);
    wait_until(embedded_watch(second), LIMIT_MS, "the takeover");
    wait_until(answers(&dir, "GET", "key", "handed on"), LIMIT_MS, "the data");
    ck_assert_int_ne(server_pid(&dir), pid);
    embedded_stop(&second);
}
END_TEST

START_TEST(a_killed_owner_leaves_no_server_behind)
{
    struct temp_path dir = temp_dir();
    pid_t owner, server;

    adopt_orphans();
    owner = fork_owner(&dir);
    wait_until(ask(&dir, "PING", NULL, NULL), LIMIT_MS, "the server");
    server = server_pid(&dir);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    expect_exit(owner, SIGKILL);
    wait_until(is_gone(server), LIMIT_MS, "the end of the server");
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
    wait_until(answers(&dir, "PING", NULL, "PONG"), LIMIT_MS, "the server");
    server = server_pid(&dir);
    fd = open(lock.text, O_RDWR | O_CLOEXEC);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(kill(server, SIGSTOP), 0);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    expect_exit(owner, SIGKILL);
    locked = flock(fd, LOCK_EX | LOCK_NB) != 0;
    ck_assert_int_eq(kill(server, SIGCONT), 0);
    ck_assert(locked);
    wait_until(flock(fd, LOCK_EX | LOCK_NB) == 0, LIMIT_MS, "the lock");
    wait_until(is_gone(server), LIMIT_MS, "the end of the server");
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
    wait_until(answers(&dir, "PING", NULL, "PONG"), LIMIT_MS, "the server");
    set(&dir, "kept");
    second = start(&dir);
    ck_assert_int_eq(kill(owner, SIGKILL), 0);
    wait_until(embedded_watch(second), LIMIT_MS, "the takeover");
    wait_until(answers(&dir, "GET", "key", "kept"), LIMIT_MS, "the data");
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
    wait_until(answers(&dir, "PING", NULL, "PONG"), LIMIT_MS, "the server");
    set(&dir, "kept");
    /* Stopped one by one, the server goes from hand to hand. */
    for (int i = 0; i < OWNERS; i++) {
        wait_until(answers(&dir, "GET", "key", "kept"), LIMIT_MS, "the data");
        ck_assert_int_eq(kill(owners[i], SIGTERM), 0);
        expect_exit(owners[i], 0);
    }
    ck_assert_ptr_null(ask(&dir, "PING", NULL, NULL));
}
END_TEST

START_TEST(a_terminals_interrupt_does_not_reach_the_server)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = start(&dir);
    pid_t pid = server_pid(&dir);

    ck_assert_int_ne(getsid(pid), getsid(0));
    ck_assert_int_ne(getpgid(pid), getpgid(0));
    embedded_stop(&e);
}
END_TEST

START_TEST(a_server_that_hangs_is_killed_at_the_stop)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = start(&dir);
    pid_t pid = server_pid(&dir);

    ck_assert_int_eq(kill(pid, SIGSTOP), 0);
    embedded_stop(&e);
    ck_assert(is_gone(pid));
}
END_TEST

START_TEST(a_folder_that_cannot_be_made_is_reported)
{
    struct temp_path base = temp_dir();
    struct temp_path file = temp_write(&base, "file", "");
    struct temp_path below = temp_join(&file, "redis");

    expect_failure(below.text, ERR_IO, file.text);
    expect_failure("/proc/extq", ERR_IO, "/proc/extq");
}
END_TEST

START_TEST(an_unwritable_folder_is_reported)
{
    struct temp_path dir = temp_dir();
    uid_t self = geteuid();

    /* root may write anywhere: be somebody else. */
    ck_assert_int_eq(chmod(dir.text, 0555), 0);
    if (self == 0)
        ck_assert_int_eq(seteuid(65534), 0);
    expect_failure(dir.text, ERR_IO, "cannot");
    ck_assert_int_eq(seteuid(self), 0);
}
END_TEST

START_TEST(a_folder_that_everybody_may_write_is_refused)
{
    struct temp_path dir = temp_dir();

    ck_assert_int_eq(chmod(dir.text, 0777), 0);
    expect_failure(dir.text, ERR_IO, "writable by everybody");
}
END_TEST

START_TEST(a_path_too_long_for_a_socket_is_refused)
{
    struct temp_path base = temp_dir();
    char dir[sizeof base + 128];

    (void)snprintf(dir, sizeof dir, "%s/%0100d", base.text, 0);
    expect_failure(dir, ERR_LIMIT, "shorter folder");
}
END_TEST

START_TEST(a_missing_server_program_names_the_package)
{
    struct temp_path dir = temp_dir();

    ck_assert_int_eq(setenv("PATH", "", 1), 0);
    expect_failure(dir.text, ERR_ABSENT, "install the package redis-server");
    ck_assert_int_eq(setenv("PATH", dir.text, 1), 0);
    expect_failure(dir.text, ERR_ABSENT, "install the package redis-server");
}
END_TEST

/* A stand-in program, for versions and failures that no package gives. */
static struct temp_path path_with(const char *name, const char *script)
{
    struct temp_path dir = temp_dir();
    struct temp_path program = temp_write(&dir, name, script);

    ck_assert_int_eq(chmod(program.text, 0700), 0);
    return dir;
}

START_TEST(an_old_server_program_is_refused_with_its_version)
{
    struct temp_path dir = temp_dir();
    struct temp_path bin = path_with(
        "redis-server", "#!/bin/sh\necho Redis server v=6.2.14 sha=0\n");

    ck_assert_int_eq(setenv("PATH", bin.text, 1), 0);
    expect_failure(dir.text, ERR_ABSENT, "v=6.2.14");
}
END_TEST

START_TEST(valkey_is_used_where_redis_is_absent)
{
    struct temp_path dir = temp_dir();
    struct temp_path bin = path_with(
        "valkey-server",
        "#!/bin/sh\n"
        "[ \"$1\" = --version ] && echo Valkey server v=8.1.1 && exit\n"
        "exec /usr/bin/redis-server \"$1\"\n");
    struct embedded *e;

    ck_assert_int_eq(setenv("PATH", bin.text, 1), 0);
    e = start(&dir);
    embedded_stop(&e);
}
END_TEST

START_TEST(a_server_that_dies_at_start_is_quoted)
{
    struct temp_path dir = temp_dir();
    struct temp_path bin = path_with(
        "redis-server",
        "#!/bin/sh\n"
        "[ \"$1\" = --version ] && echo Redis server v=7.0.0 && exit\n"
        "echo first; echo the disk is on fire; exit 1\n");

    ck_assert_int_eq(setenv("PATH", bin.text, 1), 0);
    expect_failure(dir.text, ERR_IO, "did not start: the disk is on fire");
}
END_TEST

START_TEST(damaged_data_are_reported_in_the_servers_words)
{
    struct temp_path dir = temp_dir();
    struct embedded *e = start(&dir);

    embedded_stop(&e);
    (void)temp_write(&dir, "appendonlydir/appendonly.aof.manifest", "rubbish");
    expect_failure(dir.text, ERR_IO, "did not start");
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
    ck_assert_str_eq(ask(&dir, "PING", NULL, NULL), "PONG");
    embedded_stop(&e);
}
END_TEST

int main(void)
{
    return run_tests(
        "live.embedded", 60, it_starts_and_answers_in_a_private_folder,
        it_keeps_an_aof_evicts_nothing_and_opens_no_port,
        a_folder_with_odd_characters_works, data_survive_a_stop_and_a_start,
        a_killed_server_comes_back_with_its_data, two_owners_share_one_server,
        the_second_takes_over_when_the_first_stops,
        a_killed_owner_leaves_no_server_behind,
        the_lock_lasts_as_long_as_the_server_not_its_owner,
        the_second_takes_over_when_the_first_is_killed,
        many_owners_at_once_start_one_server,
        a_terminals_interrupt_does_not_reach_the_server,
        a_server_that_hangs_is_killed_at_the_stop,
        a_folder_that_cannot_be_made_is_reported,
        an_unwritable_folder_is_reported,
        a_folder_that_everybody_may_write_is_refused,
        a_path_too_long_for_a_socket_is_refused,
        a_missing_server_program_names_the_package,
        an_old_server_program_is_refused_with_its_version,
        valkey_is_used_where_redis_is_absent,
        a_server_that_dies_at_start_is_quoted,
        damaged_data_are_reported_in_the_servers_words,
        a_relative_folder_and_slashes_at_its_end_are_fine);
}

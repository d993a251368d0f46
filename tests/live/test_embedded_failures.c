#include "service/embedded.h"

#include "support/embedded_probe.h"
#include "support/main.h"
#include "support/temp.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void expect_failure(const char *dir, enum err expected,
                           const char *words)
{
    struct embedded *e = NULL;
    struct why why = {""};

    ck_assert_int_eq(embedded_start(dir, &e, &why), expected);
    ck_assert_ptr_null(e);
    ck_assert_msg(strstr(why.text, words), "no \"%s\" in: %s", words, why.text);
}

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

START_TEST(what_is_no_folder_or_has_no_end_is_refused)
{
    struct temp_path base = temp_dir();
    struct temp_path file = temp_write(&base, "file", "");
    char dir[PATH_MAX + 16];

    expect_failure(file.text, ERR_IO, "is not a folder");
    memset(dir, 'x', sizeof dir);
    for (size_t i = 0; i < sizeof dir; i += 100)
        dir[i] = '/';
    dir[sizeof dir - 1] = '\0';
    expect_failure(dir, ERR_LIMIT, "path too long");
    dir[PATH_MAX - 8] = '\0';
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
    e = embedded_probe_start(&dir);
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
    struct embedded *e = embedded_probe_start(&dir);

    embedded_stop(&e);
    (void)temp_write(&dir, "appendonlydir/appendonly.aof.manifest", "rubbish");
    expect_failure(dir.text, ERR_IO, "did not start");
}
END_TEST

int main(void)
{
    return run_tests("live.embedded_failures", 60,
                     a_folder_that_cannot_be_made_is_reported,
                     an_unwritable_folder_is_reported,
                     a_folder_that_everybody_may_write_is_refused,
                     a_path_too_long_for_a_socket_is_refused,
                     what_is_no_folder_or_has_no_end_is_refused,
                     a_missing_server_program_names_the_package,
                     an_old_server_program_is_refused_with_its_version,
                     valkey_is_used_where_redis_is_absent,
                     a_server_that_dies_at_start_is_quoted,
                     damaged_data_are_reported_in_the_servers_words);
}

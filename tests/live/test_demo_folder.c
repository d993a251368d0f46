#include "cli/demo_folder.h"

#include "service/config.h"
#include "support/main.h"
#include "support/temp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct demo_folder make_full(void)
{
    struct temp_path base = temp_dir();
    struct demo_folder f;
    struct why why = {""};

    ck_assert_int_eq(setenv("TMPDIR", base.text, 1), 0);
    ck_assert_msg(!demo_folder_make(&f, &why), "%s", why.text);
    ck_assert_msg(!demo_folder_fill(&f, 4711, "token", &why), "%s", why.text);
    ck_assert_int_eq(strncmp(f.dir, base.text, strlen(base.text)), 0);
    return f;
}

START_TEST(the_service_reads_what_the_demo_writes)
{
    struct demo_folder f = make_full();
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_msg(!config_read(f.config, &c, &why), "%s", why.text);
    ck_assert(c->embedded);
    ck_assert_str_eq(c->redis.socket, f.socket);
    ck_assert_str_eq(c->discovery.url, "http://127.0.0.1:4711");
    ck_assert_str_eq(c->discovery.token_file, f.token);
    ck_assert_uint_eq(c->point_count, 3);
    ck_assert_uint_eq(config_policy(c, "on-deal-won")->retry.attempts, 4);
    config_close(&c);
    ck_assert_int_eq(demo_folder_remove(&f), ERR_OK);
}
END_TEST

START_TEST(the_folder_and_its_files_are_private)
{
    struct demo_folder f = make_full();
    struct stat st;

    ck_assert_int_eq(stat(f.dir, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0700);
    ck_assert_int_eq(stat(f.token, &st), 0);
    ck_assert_int_eq(st.st_mode & 0777, 0600);
    ck_assert_int_eq(demo_folder_remove(&f), ERR_OK);
}
END_TEST

START_TEST(removing_takes_everything_along)
{
    struct demo_folder f = make_full();
    char dir[DEMO_PATH_MAX], sub[DEMO_PATH_MAX + 8];
    char link_path[DEMO_PATH_MAX + 16];

    memcpy(dir, f.dir, sizeof dir);
    (void)snprintf(sub, sizeof sub, "%s/sub", dir);
    (void)snprintf(link_path, sizeof link_path, "%s/link", sub);
    ck_assert_int_eq(mkdir(sub, 0700), 0);
    ck_assert_int_eq(symlink("/etc", link_path), 0);
    ck_assert_int_eq(demo_folder_remove(&f), ERR_OK);
    ck_assert_int_ne(access(dir, F_OK), 0);
    ck_assert_int_eq(access("/etc/passwd", F_OK), 0);
    /* And again, which is nothing. */
    ck_assert_int_eq(demo_folder_remove(&f), ERR_OK);
}
END_TEST

START_TEST(a_folder_for_temporary_files_that_will_not_do_is_not_used)
{
    static const char *const bases[] = {
        "", "relative", "/a\"b",
        "/0123456789012345678901234567890123456789012345678901234567890123456"};

    for (size_t i = 0; i < sizeof bases / sizeof *bases; i++) {
        struct demo_folder f;

        ck_assert_int_eq(setenv("TMPDIR", bases[i], 1), 0);
        ck_assert_int_eq(demo_folder_make(&f, NULL), ERR_OK);
        ck_assert_int_eq(strncmp(f.dir, "/tmp/", 5), 0);
        ck_assert_int_eq(demo_folder_remove(&f), ERR_OK);
    }
}
END_TEST

int main(void)
{
    return run_tests(
        "live.demo_folder", 20, the_service_reads_what_the_demo_writes,
        the_folder_and_its_files_are_private, removing_takes_everything_along,
        a_folder_for_temporary_files_that_will_not_do_is_not_used);
}

/* Files read whole, and secrets that appear nowhere else. */
#include "base/file.h"

#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct temp_path write_file(const void *bytes, size_t len)
{
    struct temp_path dir = temp_dir();

    return temp_write_bytes(&dir, "file", bytes, len);
}

START_TEST(a_file_is_appended_whole)
{
    struct temp_path path = write_file("a\0b\n", 4);
    struct buf out = buf_make(100);
    struct why why;

    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(file_read(path.text, &out, &why), ERR_OK);
    ck_assert_uint_eq(out.len, 5);
    ck_assert_mem_eq(out.at, ">a\0b\n", 6);
    buf_clear(&out);
}
END_TEST

/* Lengths around the size of the chunks it is read in. */
static const size_t lengths[] = {0, 1, 16383, 16384, 16385, 32768, 100000};

START_TEST(a_file_of_any_length_is_read)
{
    size_t len = lengths[_i];
    char *bytes = malloc(len + 1);
    struct temp_path path;
    struct buf out = buf_make(len);
    struct why why;

    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (char)(i * 31 + i / 256);
    path = write_file(bytes, len);
    ck_assert_int_eq(file_read(path.text, &out, &why), ERR_OK);
    ck_assert_uint_eq(out.len, len);
    ck_assert(memcmp(out.at, bytes, len) == 0);
    free(bytes);
    buf_clear(&out);
}
END_TEST

START_TEST(a_file_that_does_not_fit_leaves_the_buffer_alone)
{
    static char bytes[20000];
    struct temp_path path = write_file(bytes, sizeof bytes);
    struct buf out = buf_make(sizeof bytes);
    struct why why;

    ck_assert_int_eq(buf_add_text(&out, ">"), ERR_OK);
    ck_assert_int_eq(file_read(path.text, &out, &why), ERR_LIMIT);
    ck_assert_str_eq(out.at, ">");
    ck_assert_ptr_nonnull(strstr(why.text, path.text));
    ck_assert_ptr_nonnull(strstr(why.text, "20000 bytes"));
    buf_clear(&out);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_named_with_its_reason)
{
    struct temp_path dir = temp_dir();
    struct temp_path path = temp_join(&dir, "absent");
    struct buf out = buf_make(100);
    struct why why;

    ck_assert_int_eq(file_read(path.text, &out, &why), ERR_IO);
    ck_assert_ptr_nonnull(strstr(why.text, path.text));
    ck_assert_ptr_nonnull(strstr(why.text, "No such file"));
    ck_assert_int_eq(file_read_secret(path.text, &out, &why), ERR_IO);
    ck_assert_ptr_nonnull(strstr(why.text, "No such file"));
    ck_assert_int_eq(file_read(dir.text, &out, &why), ERR_IO);
    ck_assert_ptr_nonnull(strstr(why.text, "directory"));
    ck_assert_int_eq(file_read_secret(dir.text, &out, &why), ERR_IO);
    ck_assert_int_eq(file_read(dir.text, &out, NULL), ERR_IO);
    ck_assert_uint_eq(out.len, 0);
    buf_clear(&out);
}
END_TEST

START_TEST(a_pipe_is_read_to_its_end)
{
    struct buf out = buf_make(100);
    char path[64];
    struct why why;
    int fds[2];

    ck_assert_int_eq(pipe(fds), 0);
    ck_assert_int_eq(write(fds[1], "abc", 3), 3);
    close(fds[1]);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fds[0]);
    ck_assert_int_eq(file_read(path, &out, &why), ERR_OK);
    ck_assert_str_eq(out.at, "abc");
    close(fds[0]);
    buf_clear(&out);
}
END_TEST

START_TEST(no_file_stays_open)
{
    struct temp_path path = write_file("a b", 3);
    int before = open("/dev/null", O_RDONLY);
    struct buf out = buf_make(100);
    int after;

    ck_assert_int_eq(file_read(path.text, &out, NULL), ERR_OK);
    ck_assert_int_eq(file_read_secret(path.text, &out, NULL), ERR_SYNTAX);
    after = open("/dev/null", O_RDONLY);
    ck_assert_int_eq(after, before + 1);
    close(before);
    close(after);
    buf_clear(&out);
}
END_TEST

static const struct {
    struct span file;
    const char *secret; /* NULL: refused */
} secrets[] = {
    {BYTES("s3cret"), "s3cret"},
    {BYTES("s3cret\n"), "s3cret"},
    {BYTES("s3cret \t\r\n\n"), "s3cret"},
    {BYTES("a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"),
     "a!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"},
    {BYTES(""), NULL},
    {BYTES("\n"), NULL},
    {BYTES(" canary"), NULL},
    {BYTES("canary two"), NULL},
    {BYTES("canary\ntwo\n"), NULL},
    {BYTES("canary\r\nX-Evil: 1"), NULL},
    {BYTES("canary\0"), NULL},
    {BYTES("canary\xc3\xa4"), NULL},
    {BYTES("canary\x7f"), NULL},
};

START_TEST(a_secret_is_one_line_of_printable_bytes)
{
    struct span file = secrets[_i].file;
    struct temp_path path = write_file(file.at, file.len);
    struct buf out = buf_make(8192);
    struct why why = {""};
    enum err want = secrets[_i].secret ? ERR_OK : ERR_SYNTAX;

    ck_assert_int_eq(file_read_secret(path.text, &out, &why), want);
    if (secrets[_i].secret)
        ck_assert_str_eq(out.at, secrets[_i].secret);
    else
        ck_assert_ptr_nonnull(strstr(why.text, path.text));
    ck_assert_ptr_null(strstr(why.text, "canary"));
    ck_assert(secrets[_i].secret || out.len == 0);
    buf_wipe(&out);
}
END_TEST

START_TEST(a_secret_ends_at_its_bounds)
{
    static char bytes[10000];
    struct buf out = buf_make(sizeof bytes);
    struct buf small = buf_make(4095);
    struct temp_path path;
    struct why why;

    memset(bytes, 'a', sizeof bytes);
    path = write_file(bytes, 4096);
    ck_assert_int_eq(file_read_secret(path.text, &small, &why), ERR_LIMIT);
    ck_assert_int_eq(file_read_secret(path.text, &out, &why), ERR_OK);
    ck_assert_uint_eq(out.len, 4096);
    path = write_file(bytes, 4097);
    ck_assert_int_eq(file_read_secret(path.text, &out, &why), ERR_SYNTAX);
    path = write_file(bytes, sizeof bytes);
    ck_assert_int_eq(file_read_secret(path.text, &out, &why), ERR_LIMIT);
    ck_assert_uint_eq(out.len, 4096);
    buf_wipe(&out);
    buf_wipe(&small);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("file");
    TCase *tests = tcase_create("file");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, a_file_is_appended_whole);
    tcase_add_loop_test(tests, a_file_of_any_length_is_read, 0, ROWS(lengths));
    tcase_add_test(tests, a_file_that_does_not_fit_leaves_the_buffer_alone);
    tcase_add_test(tests, a_file_that_cannot_be_read_is_named_with_its_reason);
    tcase_add_test(tests, a_pipe_is_read_to_its_end);
    tcase_add_test(tests, no_file_stays_open);
    tcase_add_loop_test(tests, a_secret_is_one_line_of_printable_bytes, 0,
                        ROWS(secrets));
    tcase_add_test(tests, a_secret_ends_at_its_bounds);
    return run_suite(suite);
}

#include "support/temp.h"

#include <check.h>
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SOCKET_DIR_MAX = 80 };

/* Names the folder that holds all others, for the tests' own processes. */
static const char base_variable[] = "EXTQ_TEST_TEMP";

void temp_secret(const char *secret, char *ret, size_t size)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "secret", secret);

    ck_assert_uint_lt(strlen(file.text), size);
    (void)snprintf(ret, size, "%s", file.text);
}

struct temp_path temp_join(const struct temp_path *dir, const char *name)
{
    struct temp_path ret;
    int len = snprintf(ret.text, sizeof ret.text, "%s/%s", dir->text, name);

    ck_assert_msg(len > 0 && (size_t)len < sizeof ret.text, "path too long: %s",
                  name);
    return ret;
}

/* Without ck_assert: works outside of tests as well. NULL, or what failed. */
static const char *make_under(const char *folder, const char *template,
                              struct temp_path *ret)
{
    (void)snprintf(ret->text, sizeof ret->text, "%s/%s", folder, template);
    if (strlen(ret->text) >= SOCKET_DIR_MAX)
        return "TMPDIR is too long for a unix socket in it";
    return mkdtemp(ret->text) ? NULL : strerror(errno);
}

void temp_open(void)
{
    const char *folder = getenv("TMPDIR");
    struct temp_path base;
    const char *failure =
        make_under(folder && *folder ? folder : "/tmp", "extq.XXXXXX", &base);

    if (failure) {
        (void)fprintf(stderr, "%s: %s\n", base.text, failure);
        exit(1);
    }
    (void)setenv(base_variable, base.text, 1);
}

static int remove_entry(const char *path, const struct stat *status, int kind,
                        struct FTW *walk)
{
    (void)status;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

void temp_close(void)
{
    const char *base = getenv(base_variable);

    if (base)
        (void)nftw(base, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    (void)unsetenv(base_variable);
}

struct temp_path temp_dir(void)
{
    const char *base = getenv(base_variable);
    struct temp_path ret;
    const char *failure;

    ck_assert_msg(base != NULL, "the test's main() is not run_tests()");
    failure = make_under(base, "XXXXXX", &ret);
    ck_assert_msg(!failure, "%s: %s", ret.text, failure);
    return ret;
}

struct temp_path temp_write_bytes(const struct temp_path *dir, const char *name,
                                  const void *bytes, size_t len)
{
    struct temp_path path = temp_join(dir, name);
    const char *slash = strchr(name, '/');
    FILE *file;

    if (slash) {
        struct temp_path folder = path;

        folder.text[strlen(dir->text) + 1 + (size_t)(slash - name)] = '\0';
        (void)mkdir(folder.text, 0700);
    }
    file = fopen(path.text, "we");
    ck_assert_msg(file != NULL, "cannot write %s: %s", path.text,
                  strerror(errno));
    (void)fchmod(fileno(file), 0600);
    ck_assert_uint_eq(fwrite(bytes, 1, len, file), len);
    ck_assert_int_eq(fclose(file), 0);
    return path;
}

struct temp_path temp_write(const struct temp_path *dir, const char *name,
                            const char *text)
{
    return temp_write_bytes(dir, name, text, strlen(text));
}

char *temp_read(const char *path)
{
    FILE *file = fopen(path, "re");
    struct stat status;
    char *text;
    size_t len;

    ck_assert_msg(file != NULL, "cannot read %s: %s", path, strerror(errno));
    ck_assert_int_eq(fstat(fileno(file), &status), 0);
    text = malloc((size_t)status.st_size + 1);
    ck_assert_ptr_nonnull(text);
    len = fread(text, 1, (size_t)status.st_size, file);
    text[len] = '\0';
    (void)fclose(file);
    return text;
}

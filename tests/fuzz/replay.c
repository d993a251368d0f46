/* Feeds a target with the files of its corpus, without libFuzzer: replay NAME
 * FOLDER. A line per file goes to $CK_TAP_LOG_FILE_NAME. */
#include "base/file.h"
#include "fuzz/fuzz.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 4096, FILE_BYTES_MAX = 8 << 20 };

static void feed(struct span bytes)
{
    /* Of its own size, so that a sanitizer sees the first byte behind it. */
    uint8_t *copy = malloc(bytes.len + !bytes.len);

    check(copy);
    if (bytes.len > 0)
        memcpy(copy, bytes.at, bytes.len);
    check(LLVMFuzzerTestOneInput(copy, bytes.len) == 0);
    free(copy);
}

static void replay(const char *path)
{
    struct buf bytes = buf_make(FILE_BYTES_MAX);
    struct why why;

    if (file_read(path, &bytes, &why)) {
        (void)fprintf(stderr, "%s\n", why.text);
        exit(1);
    }
    feed(buf_span(&bytes));
    buf_clear(&bytes);
}

static int is_file(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static void replay_all(const char *target, const char *folder, FILE *tap)
{
    struct dirent **files;
    int count = scandir(folder, &files, is_file, alphasort);
    char path[PATH_BYTES];

    check(count > 0);
    for (int i = 0; i < count; i++) {
        (void)snprintf(path, sizeof path, "%s/%s", folder, files[i]->d_name);
        (void)fprintf(stderr, "%s\n", path); /* the last line, if it aborts */
        replay(path);
        (void)fprintf(tap, "ok %d - %s:%s: Passed\n", i + 1, target,
                      files[i]->d_name);
        (void)fflush(tap);
        free(files[i]);
    }
    (void)fprintf(tap, "1..%d\n", count);
    free(files);
}

int main(int argc, char **argv)
{
    const char *path = getenv("CK_TAP_LOG_FILE_NAME");
    FILE *tap = fopen(path ? path : "/dev/stdout", "w");

    check(argc == 3 && tap);
    replay_all(argv[1], argv[2], tap);
    return fclose(tap) == 0 ? 0 : 1;
}

/* Folders and files of a test, under $TMPDIR, gone when the tests are over. */
#ifndef EXTQ_SUPPORT_TEMP_H
#define EXTQ_SUPPORT_TEMP_H

#include <stddef.h>

/* A path by value: nobody has to free it. */
struct temp_path {
    char text[512];
};

/* Makes a new, empty folder. Its path is short enough for a unix socket in
 * it. */
struct temp_path temp_dir(void);

/* Writes a file into the folder (made by temp_dir). `name` may hold one
 * folder, which is made: "secrets/acme". Mode 0600. */
struct temp_path temp_write(const struct temp_path *dir, const char *name,
                            const char *text);
struct temp_path temp_write_bytes(const struct temp_path *dir, const char *name,
                                  const void *bytes, size_t len);

/* A file of its own with that line; its path goes to ret. */
void temp_secret(const char *secret, char *ret, size_t size);

/* "<dir>/<name>". */
struct temp_path temp_join(const struct temp_path *dir, const char *name);

/* The whole file and a NUL; the caller frees it. */
char *temp_read(const char *path);

/* For support/main.c: around all tests of the executable. */
void temp_open(void);
void temp_close(void);

#endif

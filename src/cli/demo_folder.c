#include "cli/demo_folder.h"

#include "base/clock.h"
#include "service/embedded.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { REMOVE_MS = 5000, LOOK_MS = 20, WALK_FDS = 16, BASE_MAX = 64 };

/* An ops port of its own, because the user's service may have the usual one;
 * loopback and plain http permitted, because the sample platform is there.
 * Short waits, so that all retries can be watched; nothing else differs from a
 * real configuration.
 */
static const char config[] =
    "# Written by extq demo.\n"
    "redis: {url: \"embedded://%s/redis\"}\n"
    "workers: 2\n"
    "drain_timeout: 2s\n"
    "discovery:\n"
    "  backend: webtask\n"
    "  url: \"http://127.0.0.1:%u\"\n"
    "  token_file: \"%s\"\n"
    "points:\n"
    "  default: {circuit: {failures: 0}}\n"
    "  on-new-lead: {retry: {schedule: [300ms, 600ms, 1s], attempts: 4}}\n"
    "  on-deal-won: {retry: {schedule: [300ms, 600ms, 1s], attempts: 4}}\n"
    "  on-ticket-opened: {retry: {schedule: [300ms, 600ms, 1s], attempts: 4}}\n"
    "network: {allow: [127.0.0.1], schemes: [http, https]}\n"
    "ops: {listen: \"%s\"}\n";

/* One that nobody has just now; 0 when there is none. */
static unsigned free_port(void)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (const struct sockaddr *)&a, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &size) != 0)
        a.sin_port = 0;
    if (fd >= 0)
        (void)close(fd);
    return ntohs(a.sin_port);
}

static void name_files(struct demo_folder *f)
{
    char redis[DEMO_PATH_MAX + 8];
    int room = BASE_MAX + 32;

    (void)snprintf(f->config, sizeof f->config, "%.*s/extq.yaml", room, f->dir);
    (void)snprintf(f->token, sizeof f->token, "%.*s/token", room, f->dir);
    (void)snprintf(f->log, sizeof f->log, "%.*s/extq.log", room, f->dir);
    (void)snprintf(redis, sizeof redis, "%.*s/redis", room, f->dir);
    embedded_socket(redis, f->socket, sizeof f->socket);
}

enum err demo_folder_make(struct demo_folder *ret, struct why *why)
{
    const char *base = getenv("TMPDIR");
    char dir[DEMO_PATH_MAX];

    *ret = (struct demo_folder){.dir = ""};
    /* A socket's path has 107 bytes at most, and the path goes into YAML. */
    if (!base || base[0] != '/' || strlen(base) > BASE_MAX ||
        strpbrk(base, "\"\\\n"))
        base = "/tmp";
    (void)snprintf(dir, sizeof dir, "%.*s/extq-demo.XXXXXX", BASE_MAX, base);
    if (!mkdtemp(dir))
        return why_set(why, ERR_IO, "cannot make a folder under %s: %s", base,
                       strerror(errno));
    (void)snprintf(ret->dir, sizeof ret->dir, "%s", dir);
    name_files(ret);
    ret->ops_port = free_port();
    return ERR_OK;
}

/* O_EXCL: the folder is ours alone, so whatever is there already is wrong. */
static FILE *create(const char *path, struct why *why)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

    if (!file) {
        (void)why_set(why, ERR_IO, "cannot write %s: %s", path,
                      strerror(errno));
        if (fd >= 0)
            (void)close(fd);
    }
    return file;
}

static enum err finish(FILE *file, const char *path, struct why *why)
{
    int failed = ferror(file);

    if (fclose(file) != 0 || failed)
        return why_set(why, ERR_IO, "cannot write %s: %s", path,
                       strerror(errno));
    return ERR_OK;
}

enum err demo_folder_fill(const struct demo_folder *f, unsigned port,
                          const char *token, struct why *why)
{
    FILE *file = create(f->config, why);
    char listen[32] = "";
    enum err e;

    if (!file)
        return ERR_IO;
    if (f->ops_port)
        (void)snprintf(listen, sizeof listen, "127.0.0.1:%u", f->ops_port);
    (void)fprintf(file, config, f->dir, port, f->token, listen);
    e = finish(file, f->config, why);
    file = e ? NULL : create(f->token, why);
    if (!file)
        return ERR_IO;
    (void)fprintf(file, "%s\n", token);
    return finish(file, f->token, why);
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

enum err demo_folder_remove(struct demo_folder *f)
{
    int64_t until = clock_mono_ms() + REMOVE_MS;

    if (!f->dir[0])
        return ERR_OK;
    for (;;) {
        /* Symbolic links are removed and not followed (FTW_PHYS). */
        (void)nftw(f->dir, remove_entry, WALK_FDS, FTW_DEPTH | FTW_PHYS);
        if (access(f->dir, F_OK) != 0)
            break;
        if (clock_mono_ms() >= until)
            return ERR_IO;
        (void)poll(NULL, 0, LOOK_MS);
    }
    f->dir[0] = '\0';
    return ERR_OK;
}

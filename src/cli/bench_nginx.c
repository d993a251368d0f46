#include "cli/bench_nginx.h"

#include "cli/child.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LOOK_MS = 10 };

static const char nginx[] = "/usr/sbin/nginx", openssl[] = "/usr/bin/openssl";

/* One process, whose CPU time is that of all; a connection is never ended. */
static const char nginx_conf[] =
    "daemon off; master_process off; pid nginx.pid; error_log error.log;\n"
    "worker_rlimit_nofile 65536;\n"
    "events { worker_connections 32768; }\n"
    "http {\n"
    "  access_log off; keepalive_requests 1000000000;\n"
    "  client_body_temp_path body; proxy_temp_path proxy;\n"
    "  fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi;\n"
    "  scgi_temp_path scgi;\n"
    "  ssl_certificate nginx.crt; ssl_certificate_key nginx.key;\n"
    "  server {\n"
    "    listen 127.0.0.1:%u; listen 127.0.0.1:%u ssl http2;\n"
    "    location / { return 200 '{}'; }\n"
    "  }\n"
    "}\n";

bool bench_nginx_is_there(void)
{
    return access(nginx, X_OK) == 0 && access(openssl, X_OK) == 0;
}

static struct sockaddr_in loopback(unsigned port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* nginx cannot choose one itself. */
static unsigned free_port(void)
{
    struct sockaddr_in at = loopback(0);
    socklen_t len = sizeof at;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return 0;
    if (bind(fd, (struct sockaddr *)&at, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        at.sin_port = 0;
    (void)close(fd);
    return ntohs(at.sin_port);
}

static bool listens(unsigned port)
{
    struct sockaddr_in at = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool yes = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

    if (fd >= 0)
        (void)close(fd);
    return yes;
}

static enum err make_certificate(struct bench_bed *b, const char *crt)
{
    char key[DEMO_PATH_MAX + 16];
    const char *argv[] = {openssl,
                          "req",
                          "-x509",
                          "-newkey",
                          "ec",
                          "-pkeyopt",
                          "ec_paramgen_curve:prime256v1",
                          "-nodes",
                          "-days",
                          "2",
                          "-subj",
                          "/CN=bench",
                          "-addext",
                          "subjectAltName=IP:127.0.0.1",
                          "-keyout",
                          key,
                          "-out",
                          crt,
                          NULL};
    enum err e;

    (void)snprintf(key, sizeof key, "%s/nginx.key", b->folder.dir);
    e = bed_start_bare(b, argv, b->folder.log);
    while (!e && !child_ended(&b->bare, NULL))
        if (!bed_wait(b, LOOK_MS))
            return why_set(&b->why, ERR_IO, "interrupted");
    return e;
}

static uint64_t count_listening(struct bench_bed *b, const void *arg)
{
    const struct bench_nginx *n = arg;

    (void)b;
    return listens(n->tls_port);
}

static enum err run(struct bench_bed *b, const struct bench_nginx *n,
                    const char *conf)
{
    const char *argv[] = {nginx, "-p", b->folder.dir, "-c", conf, NULL};
    enum err e = bed_start_bare(b, argv, b->folder.log);

    return e ? e
             : bed_await(b, &(struct bed_goal){count_listening, n, 1,
                                               "nginx does not start"});
}

enum err bench_nginx_start(struct bench_bed *b, struct bench_nginx *ret)
{
    char conf[DEMO_PATH_MAX + 16];
    enum err e;

    (void)snprintf(conf, sizeof conf, "%s/nginx.conf", b->folder.dir);
    (void)snprintf(ret->ca, sizeof ret->ca, "%s/nginx.crt", b->folder.dir);
    ret->port = free_port();
    ret->tls_port = free_port();
    e = make_certificate(b, ret->ca);
    if (!e)
        e = bed_write(b, conf, nginx_conf, ret->port, ret->tls_port);
    return e ? e : run(b, ret, conf);
}

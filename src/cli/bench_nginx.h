/* nginx as the extension that `extq bench` calls, where it is installed: plain
 * and over TLS, with HTTP/1.1 and HTTP/2. */
#ifndef EXTQ_CLI_BENCH_NGINX_H
#define EXTQ_CLI_BENCH_NGINX_H

#include "cli/bench_bed.h"

struct bench_nginx {
    char ca[DEMO_PATH_MAX + 16]; /* its certificate */
    unsigned port, tls_port;
};

bool bench_nginx_is_there(void);

/* Starts it as the bed's bare process; child_kill ends it. ERR_IO with the
 * reason in b->why. */
enum err bench_nginx_start(struct bench_bed *b,
                           struct bench_nginx *ret) must_check;

#endif

/* What tests of the client over HTTP/2 begin with: a folder with certificates,
 * a client that knows them, and a place for the peer, which is closed. */
#ifndef EXTQ_SUPPORT_HTTP2_CASE_H
#define EXTQ_SUPPORT_HTTP2_CASE_H

#include "support/certificates.h"
#include "support/http2_peer.h"
#include "support/web.h"

#include <stdio.h>
#include <sys/resource.h>

enum { MANY = 1000 };

static struct web w;
static struct exchange more[MANY];
static struct temp_path dir;
static struct process *server;
static char url[128];

static inline void make_certificates(void)
{
    dir = temp_dir();
    certificates_make(&dir);
}

static inline void open_all(void)
{
    const struct rlimit files = {4096, 4096};

    ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &files), 0);
    web_open(&w);
    (void)snprintf(w.options.ca_file, sizeof w.options.ca_file, "%s/ca.crt",
                   dir.text);
    web_start(&w);
}

static inline void close_all(void)
{
    web_close(&w);
    process_close(&server);
}

static inline void send_one(struct exchange *e)
{
    e->request.http2 = true;
    ck_assert_int_eq(web_send(&w, e, url), ERR_OK);
}

static inline void send_many(int count)
{
    for (int i = 0; i < count; i++)
        send_one(&more[i]);
}

static inline void expect_answers(int count)
{
    for (int i = 0; i < count; i++) {
        ck_assert_msg(more[i].attempt.end == ATTEMPT_ANSWERED, "%d: %s", i,
                      more[i].attempt.error);
        ck_assert_int_eq(more[i].attempt.status, 200);
        ck_assert(span_is(more[i].attempt.body, "hello"));
    }
}

#endif

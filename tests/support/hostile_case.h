/* What tests of the HTTP client with hostile peers begin with: both, and the
 * client knows the authority of the peers' certificates. */
#ifndef EXTQ_SUPPORT_HOSTILE_CASE_H
#define EXTQ_SUPPORT_HOSTILE_CASE_H

#include "support/hostile.h"
#include "support/temp.h"
#include "support/web.h"

#include <stdio.h>

static struct web w;
static struct exchange x;
static struct hostile_kit kit;
static struct hostile *peers;

static inline void open_all(void)
{
    struct temp_path dir = temp_dir();
    struct temp_path ca = temp_join(&dir, "ca.pem");

    web_open(&w);
    hostile_kit_open(&kit, ca.text);
    (void)snprintf(w.options.ca_file, sizeof w.options.ca_file, "%s", ca.text);
    web_start(&w);
    peers = hostile_open(&kit);
}

static inline void close_all(void)
{
    web_close(&w);
    hostile_close(&peers);
    hostile_kit_close(&kit);
}

struct hostile_url {
    char text[64];
};

/* One more peer, and where it is. */
static inline struct hostile_url listen_as(const char *scheme,
                                           const struct hostile_script *script)
{
    struct hostile_url url;
    struct hostile_port *p = hostile_listen(peers, script);

    (void)snprintf(url.text, sizeof url.text, "%s://127.0.0.1:%d/", scheme,
                   hostile_number(p));
    return url;
}

#endif

#include "support/http2_peer.h"

#include "support/wait.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { START_MS = 20000 };

struct process *http2_peer_start(const struct temp_path *dir, const char *act,
                                 char *ret_url, size_t size)
{
    struct temp_path crt = temp_join(dir, "loopback.crt");
    struct temp_path key = temp_join(dir, "loopback.key");
    struct process *p;
    char script[1024];

    (void)snprintf(script, sizeof script, "%s/tests/support/http2_peer.py",
                   getenv("EXTQ_SOURCE"));
    p = process_start(
        (const char *const[]){"python3", script, crt.text, key.text, act, NULL},
        NULL);
    wait_until(strchr(process_out(p), '\n') || process_ended(p), START_MS,
               "the peer");
    ck_assert_msg(!process_ended(p), "%s", process_err(p));
    (void)snprintf(ret_url, size, "https://127.0.0.1:%d/",
                   (int)strtol(process_out(p), NULL, 10));
    return p;
}

unsigned http2_peer_count(struct process *peer, const char *word)
{
    unsigned count = 0;

    for (const char *at = process_out(peer); (at = strstr(at, word)); at++)
        count++;
    return count;
}

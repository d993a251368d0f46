#include "support/http2_peer.h"

#include "support/port.h"
#include "support/wait.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

struct process *http2_files_start(const struct temp_path *dir,
                                  const char *option, char *ret_url,
                                  size_t size)
{
    static const char nghttpd[] = "/usr/sbin/nghttpd";
    struct temp_path crt = temp_join(dir, "loopback.crt");
    struct temp_path key = temp_join(dir, "loopback.key");
    struct process *p;
    char port[16];
    int at = port_free();

    if (access(nghttpd, X_OK) != 0)
        return NULL;
    (void)snprintf(port, sizeof port, "%d", at);
    (void)temp_write(dir, "index.html", "hello");
    p = process_start((const char *const[]){nghttpd, "-a", "127.0.0.1", "-d",
                                            dir->text, option, port, key.text,
                                            crt.text, NULL},
                      NULL);
    wait_until(port_listens(at) || process_ended(p), START_MS, "nghttpd");
    ck_assert_msg(!process_ended(p), "%s", process_err(p));
    (void)snprintf(ret_url, size, "https://127.0.0.1:%d/index.html", at);
    return p;
}

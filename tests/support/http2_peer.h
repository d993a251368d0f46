/* An HTTP/2 peer over TLS that does one thing right or wrong: http2_peer.py,
 * which says what there is. */
#ifndef EXTQ_SUPPORT_HTTP2_PEER_H
#define EXTQ_SUPPORT_HTTP2_PEER_H

#include "support/process.h"
#include "support/temp.h"

#include <stddef.h>

/* With the certificate "loopback" of the folder (certificates_make); its URL
 * goes to ret_url. Fails the test when it does not start. The caller closes
 * it. */
struct process *http2_peer_start(const struct temp_path *dir, const char *act,
                                 char *ret_url, size_t size);

/* How often it printed that: "connection", "request", "reset 1 1\n". */
unsigned http2_peer_count(struct process *peer, const char *word);

/* nghttpd with a file index.html ("hello"), and one more option; NULL where it
 * is not installed. Its own errors go to stderr. */
struct process *http2_files_start(const struct temp_path *dir,
                                  const char *option, char *ret_url,
                                  size_t size);

#endif

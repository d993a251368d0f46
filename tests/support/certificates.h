/* Certificates for tests over TLS, as PEM files with their keys, made with
 * openssl. */
#ifndef EXTQ_SUPPORT_CERTIFICATES_H
#define EXTQ_SUPPORT_CERTIFICATES_H

#include "support/temp.h"

/* In the folder: ca and other, two authorities; by the first one localhost (of
 * that name), loopback (of the address 127.0.0.1) and client; each as .crt and
 * .key. Fails the test when it cannot. */
void certificates_make(const struct temp_path *dir);

#endif

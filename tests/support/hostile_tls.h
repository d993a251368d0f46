/* Certificates good and bad of an authority of the test's own, made in memory,
 * and what a TLS server presents with them. */
#ifndef EXTQ_SUPPORT_HOSTILE_TLS_H
#define EXTQ_SUPPORT_HOSTILE_TLS_H

#include <openssl/ssl.h>

enum hostile_credentials {
    TLS_GOOD, /* for 127.0.0.1, as all that say nothing else */
    TLS_EXPIRED,
    TLS_NOT_YET,
    TLS_SELF_SIGNED,
    TLS_OTHER_HOST,
    TLS_CHAIN_OF_40,
    TLS_CHAIN_OF_1000,
    TLS_ONLY_1_0,
    TLS_ONLY_1_1,
    TLS_ONLY_1_2,
    TLS_WANTS_CERTIFICATE,
    TLS_KINDS,
};

struct hostile_kit {
    SSL_CTX *contexts[TLS_KINDS];
};

/* Fails the test when it cannot; ca_path is where the authority's certificate
 * is written. */
void hostile_kit_open(struct hostile_kit *kit, const char *ca_path);
void hostile_kit_close(struct hostile_kit *kit);

#endif

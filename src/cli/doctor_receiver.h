/* A receiver for the doctor's own event: an HTTP server on loopback, in a
 * thread of its own, that checks what it is sent as any receiver should. */
#ifndef EXTQ_CLI_DOCTOR_RECEIVER_H
#define EXTQ_CLI_DOCTOR_RECEIVER_H

#include "base/err.h"
#include "base/ident.h"
#include "link/signature.h"

struct receiver;

/* Listens on a free port of 127.0.0.1; the signer is borrowed. ERR_IO,
 * ERR_MEMORY. */
enum err receiver_start(const struct signer *signer,
                        struct receiver **ret) must_check;

unsigned receiver_port(const struct receiver *r);

/* The last call that came. */
struct receipt {
    unsigned calls;
    size_t bytes;
    char id[IDENT_MAX + 1]; /* webhook-id */
    bool genuine;           /* its signature is of our key and of now */
};

struct receipt receiver_look(struct receiver *r);

/* NULL is fine; sets *r to NULL. */
void receiver_stop(struct receiver **r);

#endif

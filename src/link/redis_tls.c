#include "link/redis_tls.h"

#include "base/span.h"

#include <hiredis/hiredis.h>

#include <arpa/inet.h>
#include <hiredis/hiredis_ssl.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

bool redis_tls_is_built(void)
{
    return true;
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_peek_last_error());

    return text ? text : "no reason given";
}

static enum err trust(SSL_CTX *ctx, const char *ca_file, struct why *why)
{
    if (ca_file[0] == '\0')
        return SSL_CTX_set_default_verify_paths(ctx) == 1
                   ? ERR_OK
                   : why_set(why, ERR_IO, "the system's CA certificates: %s",
                             reason());
    if (SSL_CTX_load_verify_file(ctx, ca_file) != 1)
        return why_set(why, ERR_IO, "%s: no CA certificate: %s", ca_file,
                       reason());
    return ERR_OK;
}

static enum err identify(SSL_CTX *ctx, const struct redis_address *a,
                         struct why *why)
{
    if (a->files.cert[0] == '\0')
        return ERR_OK;
    if (SSL_CTX_use_certificate_chain_file(ctx, a->files.cert) != 1)
        return why_set(why, ERR_IO, "%s: no certificate: %s", a->files.cert,
                       reason());
    if (SSL_CTX_use_PrivateKey_file(ctx, a->files.key, SSL_FILETYPE_PEM) != 1)
        return why_set(why, ERR_IO, "%s: not the certificate's key: %s",
                       a->files.key, reason());
    return ERR_OK;
}

static enum err prepare(SSL_CTX *ctx, const struct redis_address *a,
                        struct why *why)
{
    enum err e = trust(ctx, a->files.ca, why);

    if (SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1)
        return why_set(why, ERR_REDIS, "TLS 1.2 is not to be had");
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    return e ? e : identify(ctx, a, why);
}

/* An address is compared with the certificate's addresses, a name with its
 * names, and told to the server (RFC 6066 section 3: names alone). */
static bool expect_host(SSL *ssl, const char *host)
{
    char name[REDIS_PATH_MAX]; /* OpenSSL's macro takes no const */
    unsigned char ip[16];

    if (inet_pton(AF_INET, host, ip) == 1 || inet_pton(AF_INET6, host, ip) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return span_copy(span_of(host), name, sizeof name) &&
           SSL_set1_host(ssl, name) == 1 &&
           SSL_set_tlsext_host_name(ssl, name) == 1;
}

/* Why there is no session: hiredis says of every certificate the same. */
static enum err refused(const redisContext *c, const SSL *ssl, struct why *why)
{
    const char *complaint = redis_tls_complaint(ssl);

    if (complaint)
        return why_set(why, ERR_REDIS, "its certificate: %s", complaint);
    return why_set(why, ERR_REDIS, "%s",
                   c->err ? c->errstr : "TLS cannot start");
}

enum err redis_tls_start(redisContext *c, const struct redis_address *a,
                         const char *host, SSL **ret, struct why *why)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    SSL *ssl = NULL;
    enum err e;

    ERR_clear_error();
    if (!ctx)
        return why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    e = prepare(ctx, a, why);
    if (!e && !(ssl = SSL_new(ctx)))
        e = why_set(why, ERR_MEMORY, "%s", err_text(ERR_MEMORY));
    SSL_CTX_free(ctx);
    if (!e && !expect_host(ssl, host))
        e = why_set(why, ERR_REDIS, "no name to verify: %s", reason());
    /* Takes the SSL with it, unless it fails. */
    *ret = ssl;
    if (!e && redisInitiateSSL(c, ssl) == REDIS_OK)
        return ERR_OK;
    *ret = NULL;
    if (!e)
        e = refused(c, ssl, why);
    SSL_free(ssl);
    return e;
}

const char *redis_tls_complaint(const SSL *session)
{
    long result = SSL_get_verify_result(session);

    return result == X509_V_OK ? NULL : X509_verify_cert_error_string(result);
}

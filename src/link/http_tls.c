#include "link/http_share.h"

#include <openssl/ssl.h>
#include <string.h>

/* More than any handshake and the session tickets behind it take. */
enum { MESSAGES_MAX = 64, RECORDS_MAX = 8192 };

/* All further reads find the end. */
static void cut_off(SSL *ssl)
{
    BIO *nothing = BIO_new(BIO_s_null());

    if (nothing) /* otherwise the next message tries again */
        SSL_set0_rbio(ssl, nothing);
}

/* OpenSSL handles messages of the protocol (key updates, session tickets, hello
 * requests) within one read, as long as more of them are there: a peer that
 * never stops would keep the event loop, and every tenant on it, for ever. The
 * count is the argument itself. */
static void count_message(int is_sent, int version, int type, const void *at,
                          size_t len, SSL *ssl, void *count)
{
    uintptr_t messages = (uintptr_t)count;

    (void)version;
    (void)at;
    (void)len;
    if (is_sent || type != SSL3_RT_HANDSHAKE)
        return;
    SSL_set_msg_callback_arg(ssl, (void *)(messages + 1));
    if (messages >= MESSAGES_MAX)
        cut_off(ssl);
}

/* libcurl 7.88 reads frames of HTTP/2 that carry nothing within one call, too,
 * as long as more of them are there. */
static void count_record(int is_sent, int version, int type, const void *at,
                         size_t len, SSL *ssl, void *http)
{
    struct http *h = http;

    (void)version;
    (void)at;
    (void)len;
    if (is_sent || (type != SSL3_RT_HEADER && type != SSL3_RT_HANDSHAKE))
        return;
    if (++h->records > RECORDS_MAX)
        cut_off(ssl);
}

/* CURLOPT_SSL_CTX_FUNCTION: once for each connection. */
static CURLcode bound(CURL *easy, void *context, void *ticket)
{
    const struct http_ticket *t = ticket;

    (void)easy;
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION);
    if (lane_multiplexes(t->lane)) {
        SSL_CTX_set_msg_callback(context, count_record);
        SSL_CTX_set_msg_callback_arg(context, t->http);
    } else {
        SSL_CTX_set_msg_callback(context, count_message);
    }
    return CURLE_OK;
}

bool tls_is_known(const struct http *h)
{
    const char *library = h->libcurl->ssl_version;

    return library && strncmp(library, "OpenSSL/", strlen("OpenSSL/")) == 0;
}

bool tls_speaks_http2(CURL *easy)
{
    const struct curl_tlssessioninfo *session = NULL;
    const unsigned char *name = NULL;
    unsigned len = 0;

    if (curl_easy_getinfo(easy, CURLINFO_TLS_SSL_PTR, &session) != CURLE_OK ||
        !session || !session->internals)
        return false;
    SSL_get0_alpn_selected(session->internals, &name, &len);
    return len == 2 && memcmp(name, "h2", 2) == 0;
}

bool tls_open(struct http *h)
{
    h->sessions = curl_share_init();
    return h->sessions &&
           curl_share_setopt(h->sessions, CURLSHOPT_SHARE,
                             CURL_LOCK_DATA_SSL_SESSION) == CURLSHE_OK;
}

void tls_close(struct http *h)
{
    if (h->sessions)
        (void)curl_share_cleanup(h->sessions);
}

void tls_prepare(struct http_ticket *t)
{
    curl_easy_setopt(t->easy, CURLOPT_SHARE, t->http->sessions);
    if (!tls_is_known(t->http))
        return;
    curl_easy_setopt(t->easy, CURLOPT_SSL_CTX_FUNCTION, bound);
    curl_easy_setopt(t->easy, CURLOPT_SSL_CTX_DATA, t);
}

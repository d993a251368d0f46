/* Thousands of HTTPS extensions in one small server: every address of
 * 127.0.0.0/8 is one, with a certificate of its own, made when it is called.
 *
 *     tls_sink CA_FILE
 *
 * Writes the certificate of its authority into the file, prints its port, and
 * answers 200 until it is killed. */
#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, REQUEST_MAX = 4096, DAYS_2 = 2 * 24 * 3600 };

struct server {
    int epoll, listener;
    SSL_CTX *context;
    EVP_PKEY *key; /* everybody's, the authority's too */
    X509 *authority;
    long serial;
};

struct client {
    int fd;
    SSL *ssl;
    size_t len;
    char in[REQUEST_MAX];
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}";

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "tls_sink: %s\n", what);
    exit(1);
}

static void need(bool good, const char *what)
{
    if (!good)
        give_up(what);
}

static void extend(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    need(e && X509_add_ext(x, e, -1) == 1, "certificate extension");
    X509_EXTENSION_free(e);
}

/* Signed by the authority; the authority itself where name is NULL. */
static X509 *make_certificate(struct server *s, const char *name)
{
    const char *common = name ? name : "tls_sink";
    X509 *x = X509_new();
    X509_NAME *subject = x ? X509_get_subject_name(x) : NULL;
    char text[64];

    need(subject != NULL, "out of memory");
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++s->serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -3600);
    X509_gmtime_adj(X509_getm_notAfter(x), DAYS_2);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               (const unsigned char *)common, -1, -1, 0);
    X509_set_issuer_name(x,
                         name ? X509_get_subject_name(s->authority) : subject);
    X509_set_pubkey(x, s->key);
    (void)snprintf(text, sizeof text, "IP:%s", common);
    if (name)
        extend(x, NID_subject_alt_name, text);
    else
        extend(x, NID_basic_constraints, "critical,CA:TRUE");
    need(X509_sign(x, s->key, EVP_sha256()) > 0, "certificate");
    return x;
}

static void open_identity(struct server *s, const char *ca_file)
{
    FILE *file = fopen(ca_file, "we");

    s->key = EVP_EC_gen("P-256");
    s->context = SSL_CTX_new(TLS_server_method());
    need(s->key && s->context && file, "no key, context or file");
    SSL_CTX_set_session_cache_mode(s->context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_mode(s->context, SSL_MODE_RELEASE_BUFFERS);
    s->authority = make_certificate(s, NULL);
    need(PEM_write_X509(file, s->authority) == 1 && fclose(file) == 0,
         "the authority's certificate");
}

/* All addresses: the loopback network cannot be named otherwise. */
static void open_listener(struct server *s)
{
    struct sockaddr_in a = {.sin_family = AF_INET};
    struct epoll_event e = {.events = EPOLLIN};
    socklen_t len = sizeof a;

    s->epoll = epoll_create1(EPOLL_CLOEXEC);
    s->listener =
        socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    need(s->listener >= 0 &&
             bind(s->listener, (struct sockaddr *)&a, len) == 0 &&
             listen(s->listener, 4096) == 0 &&
             getsockname(s->listener, (struct sockaddr *)&a, &len) == 0 &&
             epoll_ctl(s->epoll, EPOLL_CTL_ADD, s->listener, &e) == 0,
         "cannot listen");
    printf("port %d\n", ntohs(a.sin_port));
    (void)fflush(stdout);
}

static void forget(struct client *c)
{
    SSL_free(c->ssl);
    (void)close(c->fd);
    free(c);
}

static void use_certificate(struct server *s, struct client *c,
                            struct in_addr called)
{
    char name[INET_ADDRSTRLEN];
    X509 *x =
        make_certificate(s, inet_ntop(AF_INET, &called, name, sizeof name));

    need(SSL_use_certificate(c->ssl, x) == 1 &&
             SSL_use_PrivateKey(c->ssl, s->key) == 1,
         "certificate");
    X509_free(x);
}

static void welcome(struct server *s, int fd)
{
    struct client *c = calloc(1, sizeof *c);
    struct epoll_event e = {.events = EPOLLIN, .data.ptr = c};
    struct sockaddr_in called;
    socklen_t len = sizeof called;

    need(c != NULL, "out of memory");
    c->fd = fd;
    c->ssl = SSL_new(s->context);
    need(c->ssl && SSL_set_fd(c->ssl, fd) == 1, "out of memory");
    SSL_set_accept_state(c->ssl);
    /* From outside nobody is served. */
    if (getsockname(fd, (struct sockaddr *)&called, &len) != 0 ||
        ntohl(called.sin_addr.s_addr) >> 24 != 127 ||
        epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e) != 0) {
        forget(c);
        return;
    }
    use_certificate(s, c, called.sin_addr);
}

static bool is_whole(const struct client *c)
{
    static const char name[] = "\r\nContent-Length: ";
    const char *end = memmem(c->in, c->len, "\r\n\r\n", 4);
    const char *length = memmem(c->in, c->len, name, sizeof name - 1);

    return end && length &&
           (size_t)(end + 4 - c->in) +
                   strtoul(length + sizeof name - 1, NULL, 10) <=
               c->len;
}

static void hear(struct client *c)
{
    int n, why;

    while ((n = SSL_read(c->ssl, c->in + c->len,
                         (int)(sizeof c->in - c->len))) > 0) {
        c->len += (size_t)n;
        if (!is_whole(c))
            continue;
        c->len = 0;
        if (SSL_write(c->ssl, answer, sizeof answer - 1) <= 0)
            break;
    }
    why = SSL_get_error(c->ssl, n);
    if (why != SSL_ERROR_WANT_READ && why != SSL_ERROR_WANT_WRITE)
        forget(c);
}

int main(int argc, char **argv)
{
    struct server s = {.serial = 0};
    struct epoll_event events[EVENTS];
    int fd;

    need(argc == 2, "needs CA_FILE");
    (void)signal(SIGPIPE, SIG_IGN);
    open_identity(&s, argv[1]);
    open_listener(&s);
    for (;;) {
        int n = epoll_wait(s.epoll, events, EVENTS, -1);

        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr) {
                hear(events[i].data.ptr);
                continue;
            }
            while ((fd = accept4(s.listener, NULL, NULL, SOCK_NONBLOCK)) >= 0)
                welcome(&s, fd);
        }
    }
}

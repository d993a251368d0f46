#include "support/hostile_tls.h"

#include <check.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdbool.h>

enum { DAY_S = 86400 };

struct identity {
    X509 *certificate;
    EVP_PKEY *key;
};

/* Everything that the kinds differ by. */
static const struct kind {
    const char *names;
    long from_s, until_s; /* from now; 0 and 0 = valid for a day */
    bool self_signed;
    int version; /* the only one; 0 = all */
    int chain;   /* certificates sent on top */
} kinds[TLS_KINDS] = {
    [TLS_EXPIRED] = {.from_s = -2 * DAY_S, .until_s = -DAY_S},
    [TLS_NOT_YET] = {.from_s = DAY_S, .until_s = 2 * DAY_S},
    [TLS_SELF_SIGNED] = {.self_signed = true},
    [TLS_OTHER_HOST] = {.names = "IP:127.0.0.2,DNS:e.example"},
    [TLS_CHAIN_OF_40] = {.chain = 40},
    [TLS_CHAIN_OF_1000] = {.chain = 1000},
    [TLS_ONLY_1_0] = {.version = TLS1_VERSION},
    [TLS_ONLY_1_1] = {.version = TLS1_1_VERSION},
    [TLS_ONLY_1_2] = {.version = TLS1_2_VERSION},
};

static void add_extension(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

static void set_name(X509 *x, const char *name, const struct identity *issuer)
{
    X509_NAME *subject = X509_get_subject_name(x);

    ck_assert_int_eq(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                                (const unsigned char *)name, -1,
                                                -1, 0),
                     1);
    ck_assert_int_eq(
        X509_set_issuer_name(
            x, issuer ? X509_get_subject_name(issuer->certificate) : subject),
        1);
}

/* issuer NULL = itself. */
static struct identity make(const struct kind *kind, const char *name,
                            const struct identity *issuer)
{
    static long serial;
    struct identity i = {X509_new(), EVP_EC_gen("P-256")};
    bool ca = strcmp(name, "CA") == 0;

    ck_assert(i.certificate && i.key);
    (void)X509_set_version(i.certificate, 2);
    (void)ASN1_INTEGER_set(X509_get_serialNumber(i.certificate), ++serial);
    (void)X509_gmtime_adj(X509_getm_notBefore(i.certificate),
                          kind->from_s ? kind->from_s : -3600);
    (void)X509_gmtime_adj(X509_getm_notAfter(i.certificate),
                          kind->until_s ? kind->until_s : DAY_S);
    (void)X509_set_pubkey(i.certificate, i.key);
    set_name(i.certificate, name, issuer);
    if (ca)
        add_extension(i.certificate, NID_basic_constraints, "critical,CA:TRUE");
    else
        add_extension(i.certificate, NID_subject_alt_name,
                      kind->names ? kind->names : "IP:127.0.0.1");
    ck_assert_int_gt(
        X509_sign(i.certificate, issuer ? issuer->key : i.key, EVP_sha256()),
        0);
    return i;
}

static void drop(struct identity *i)
{
    X509_free(i->certificate);
    EVP_PKEY_free(i->key);
}

static SSL_CTX *context(enum hostile_credentials n, const struct identity *ca)
{
    const struct kind *k = &kinds[n];
    struct identity i = make(k, "tenant", k->self_signed ? NULL : ca);
    SSL_CTX *c = SSL_CTX_new(TLS_server_method());

    ck_assert_ptr_nonnull(c);
    ck_assert_int_eq(SSL_CTX_set_cipher_list(c, "DEFAULT:@SECLEVEL=0"), 1);
    ck_assert_int_eq(SSL_CTX_set_min_proto_version(c, k->version), 1);
    ck_assert_int_eq(SSL_CTX_set_max_proto_version(c, k->version), 1);
    ck_assert_int_eq(SSL_CTX_use_certificate(c, i.certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(c, i.key), 1);
    for (int extra = 0; extra < k->chain; extra++) {
        (void)X509_up_ref(ca->certificate);
        ck_assert_int_eq((int)SSL_CTX_add_extra_chain_cert(c, ca->certificate),
                         1);
    }
    if (n == TLS_WANTS_CERTIFICATE)
        SSL_CTX_set_verify(c, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                           NULL);
    drop(&i);
    return c;
}

void hostile_kit_open(struct hostile_kit *kit, const char *ca_path)
{
    struct identity ca = make(&(struct kind){.chain = 0}, "CA", NULL);
    FILE *out = fopen(ca_path, "w");

    ck_assert_ptr_nonnull(out);
    ck_assert_int_eq(PEM_write_X509(out, ca.certificate), 1);
    ck_assert_int_eq(fclose(out), 0);
    for (int n = 0; n < TLS_KINDS; n++)
        kit->contexts[n] = context((enum hostile_credentials)n, &ca);
    drop(&ca);
}

void hostile_kit_close(struct hostile_kit *kit)
{
    for (int n = 0; n < TLS_KINDS; n++)
        SSL_CTX_free(kit->contexts[n]);
}

#include "link/http_internal.h"

/* libcurl older than 8.7 has a buffer for each request under way: the smallest
 * that it accepts, which is one that malloc has at hand, unless many reads of
 * it would be needed. */
enum { BUFFER_BYTES = 1024, AMPLE_BYTES = 8192 };

static void set_safety(CURL *easy, const struct http_options *o)
{
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR,
                     o->allow_http ? "http,https" : "https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    /* Otherwise the environment is asked, for each transfer. */
    curl_easy_setopt(easy, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    curl_easy_setopt(easy, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP09_ALLOWED, 0L);
    curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (o->ca_file[0])
        curl_easy_setopt(easy, CURLOPT_CAINFO, o->ca_file);
    /* With a CA directory set libcurl reads the bundle for each connection. */
    curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
}

static void set_economy(CURL *easy, const struct http_options *o)
{
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    /* A hanging name lookup must not hold up the loop when it times out. */
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)BUFFER_BYTES);
    curl_easy_setopt(easy, CURLOPT_UPLOAD_BUFFERSIZE, 16384L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, (long)(o->idle_ms / 1000));
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN, (long)(o->life_ms / 1000));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, o->user_agent);
}

/* In a handle that was used before, libcurl older than 8.1.1 remembers the
 * last answer's last header, which is freed: an answer that begins with a
 * folded line is written there (curl's issue 11101). With CURLOPT_HEADER the
 * lines of the head come to the body's callback, too, and before libcurl
 * remembers them. */
static bool needs_guard(const struct http *h)
{
    return h->libcurl->version_num < 0x080101;
}

/* Shown in pieces, line by line; what follows a 101 is no head, and never comes
 * to the header callback. */
static size_t guarded_body(char *at, size_t size, size_t count, void *ticket)
{
    struct http_ticket *t = ticket;
    size_t len = size * count;

    if (t->stale)
        return len;
    if (t->head_over && !t->interim)
        return answer_body(at, size, count, ticket);
    t->folded = t->lineless && t->shown_bytes == t->head_bytes &&
                (at[0] == ' ' || at[0] == '\t');
    t->shown_bytes += len;
    t->overlong = t->shown_bytes > t->head_bytes + HEAD_BYTES_MAX;
    return t->folded || t->overlong ? 0 : len;
}

static void set_callbacks(struct http_ticket *t)
{
    CURL *easy = t->easy;

    curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->error);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, answer_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION,
                     needs_guard(t->http) ? guarded_body : answer_body);
    curl_easy_setopt(easy, CURLOPT_HEADER, (long)needs_guard(t->http));
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
    /* Connections outlive tickets: this one belongs to the client. */
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, sock_close);
    curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, t->http);
}

bool easy_open(struct http_ticket *t)
{
    t->easy = curl_easy_init();
    if (!t->easy)
        return false;
    set_safety(t->easy, &t->http->options);
    set_economy(t->easy, &t->http->options);
    set_callbacks(t);
    tls_prepare(t);
    dial_prepare(t);
    return true;
}

void easy_note(struct http_ticket *t)
{
    t->target->ample = t->head_bytes + t->body_bytes >= BUFFER_BYTES;
}

void easy_fit(struct http_ticket *t)
{
    bool ample = t->target->ample || t->lane->kind == LANE_SHARED;

    if (t->ample == ample)
        return;
    t->ample = ample;
    curl_easy_setopt(t->easy, CURLOPT_BUFFERSIZE,
                     ample ? (long)AMPLE_BYTES : (long)BUFFER_BYTES);
}

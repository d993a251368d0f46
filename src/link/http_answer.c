#include "link/http_share.h"

#include "base/clock.h"
#include "model/http_date.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

void answer_reset(struct http_ticket *t)
{
    struct attempt *a = &t->attempt;

    /* Of its texts, more than a kilobyte, the first bytes are enough. */
    memset(a, 0, offsetof(struct attempt, error));
    a->end = ATTEMPT_RESET;
    a->error[0] = a->source[0] = a->headers[0] = '\0';
    buf_reset(&t->body);
    t->head_bytes = t->body_bytes = t->shown_bytes = t->slice_bytes = 0;
    t->retry_after[0] = t->error[0] = '\0';
    t->dns_us = 0;
    t->begun = t->blocked = t->head_over = t->interim = t->overlong = t->coded =
        t->switched = false;
    t->lineless = true;
    t->folded = false;
}

/* The value behind `name:` when the line is that header; names are compared
 * without case (RFC 9110 5.1). */
static bool header_is(struct span line, const char *name, struct span *ret)
{
    size_t len = strlen(name);

    if (line.len <= len || line.at[len] != ':' ||
        strncasecmp(line.at, name, len) != 0)
        return false;
    line.at += len + 1;
    line.len -= len + 1;
    *ret = span_trim(line);
    return true;
}

static void keep_source(struct attempt *a, struct span value)
{
    if (!span_copy(value, a->source, sizeof a->source))
        return;
    for (char *c = a->source; *c; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c | 0x20);
}

/* Interim answers (1xx) have heads of their own, which say nothing of the
 * last one. */
static void begin_head(struct http_ticket *t, struct span line)
{
    (void)span_cut(&line, ' ');
    t->interim = line.len > 0 && line.at[0] == '1';
    t->lineless = true;
    t->switched = line.len >= 3 && memcmp(line.at, "101", 3) == 0;
    t->coded = false;
    t->attempt.source[0] = t->attempt.headers[0] = t->retry_after[0] = '\0';
}

static bool is_chunked(struct span coding)
{
    return coding.len == strlen("chunked") &&
           strncasecmp(coding.at, "chunked", coding.len) == 0;
}

static void read_header(struct http_ticket *t, struct span line)
{
    struct span value;

    evidence_header(t, line);
    if (header_is(line, "x-wt-response-source", &value))
        keep_source(&t->attempt, value);
    else if (header_is(line, "retry-after", &value))
        span_copy(value, t->retry_after, sizeof t->retry_after);
    else if (header_is(line, "transfer-encoding", &value))
        t->coded |= !is_chunked(value);
}

size_t answer_header(char *at, size_t size, size_t count, void *ticket)
{
    struct http_ticket *t = ticket;
    struct span line = {at, size * count};

    t->http->records = 0;
    t->head_bytes += line.len;
    t->overlong = t->head_bytes > HEAD_BYTES_MAX;
    if (t->overlong)
        return 0;
    if (t->head_bytes == line.len || (t->head_over && t->interim))
        begin_head(t, line);
    else if (t->head_over)
        return line.len; /* trailers: whoever wrote the body wrote them */
    else
        t->lineless = false;
    if (t->switched) /* libcurl would wait for an HTTP answer behind it */
        return 0;
    t->head_over = at[0] == '\r' || at[0] == '\n';
    read_header(t, line);
    /* libcurl may unpack what nobody asked to be packed: it stops here. */
    return t->head_over && !t->interim && t->coded ? 0 : line.len;
}

size_t answer_body(char *at, size_t size, size_t count, void *ticket)
{
    struct http_ticket *t = ticket;
    size_t len = size * count, room = t->request.keep_bytes - t->body.len;

    if (turn_pauses(t, len))
        return CURL_WRITEFUNC_PAUSE;
    t->http->records = 0;
    t->body_bytes += len;
    share_count(t, len);
    if (buf_add(&t->body, at, len < room ? len : room) || len > room)
        t->attempt.body_cut = true;
    /* Counted here, after any transfer decoding: libcurl's own limit does not
     * see the decoded size. */
    return t->body_bytes > t->request.cap_bytes ? 0 : len;
}

static int64_t info_us(CURL *easy, CURLINFO what)
{
    curl_off_t us = 0;

    curl_easy_getinfo(easy, what, &us);
    return us;
}

static void keep_times(struct http_ticket *t)
{
    struct attempt *a = &t->attempt;
    struct http_stats *stats = &t->http->stats;
    int64_t dns = info_us(t->easy, CURLINFO_NAMELOOKUP_TIME_T);
    int64_t tcp = info_us(t->easy, CURLINFO_CONNECT_TIME_T);
    int64_t tls = info_us(t->easy, CURLINFO_APPCONNECT_TIME_T);
    int64_t ready = info_us(t->easy, CURLINFO_PRETRANSFER_TIME_T);
    int64_t first = info_us(t->easy, CURLINFO_STARTTRANSFER_TIME_T);
    long opened = 0;

    a->dns_us = t->dns_us;
    a->total_us = t->dns_us + info_us(t->easy, CURLINFO_TOTAL_TIME_T);
    a->ttfb_us = first > ready ? first - ready : 0;
    curl_easy_getinfo(t->easy, CURLINFO_NUM_CONNECTS, &opened);
    a->reused = opened == 0 && ready > 0;
    if (a->reused) {
        stats->reused++;
        return;
    }
    stats->opened += (uint64_t)opened;
    stats->handshakes += tls > 0;
    a->connect_us = tcp > dns ? tcp - dns : 0;
    a->tls_us = tls > tcp ? tls - tcp : 0;
}

/* The connection ended, or time did; anything else is the answer's fault. */
static bool is_break(CURLcode code)
{
    return code == CURLE_OPERATION_TIMEDOUT || code == CURLE_SEND_ERROR ||
           code == CURLE_RECV_ERROR || code == CURLE_GOT_NOTHING ||
           code == CURLE_PARTIAL_FILE || code == CURLE_HTTP2 ||
           code == CURLE_HTTP2_STREAM;
}

/* How a transfer without a status line ended. */
static enum attempt_end end_without_status(const struct http_ticket *t,
                                           CURLcode code)
{
    bool sent = info_us(t->easy, CURLINFO_PRETRANSFER_TIME_T) > 0;

    if (t->blocked)
        return ATTEMPT_BLOCKED;
    if (!sent)
        return ATTEMPT_UNREACHABLE;
    if (t->overlong || !is_break(code))
        return ATTEMPT_GARBLED;
    return code == CURLE_OPERATION_TIMEDOUT ? ATTEMPT_TIMEOUT : ATTEMPT_RESET;
}

static bool is_answered(const struct http_ticket *t, CURLcode code)
{
    long status = 0;

    curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
    return status >= 200 && !t->overlong &&
           (t->head_over || code == CURLE_OK || is_break(code) ||
            code == CURLE_BAD_CONTENT_ENCODING);
}

static const char *error_text(const struct http_ticket *t, CURLcode code)
{
    if (t->blocked)
        return "the address is not allowed (network.allow)";
    if (t->overlong)
        return "the answer's head is too large";
    if (t->folded)
        return "the answer's head begins with a folded line";
    if (t->body_bytes > t->request.cap_bytes)
        return "the answer's body is too large";
    if (t->switched)
        return "the answer switches to a protocol that was not asked for";
    if (t->coded)
        return "the answer's body has a transfer coding that was not asked for";
    return t->error[0] ? t->error : curl_easy_strerror(code);
}

static void mask_body(struct http_ticket *t)
{
    evidence_mask(t, t->body.at, t->body.len, t->attempt.body_cut);
}

void answer_cancel(struct http_ticket *t)
{
    /* Nothing is asked of libcurl: before a transfer began, it tells of the
     * handle's last one. */
    t->attempt.end = ATTEMPT_RESET;
    t->attempt.body_cut = true;
    snprintf(t->attempt.error, sizeof t->attempt.error, "cancelled");
    mask_body(t);
    t->attempt.body = buf_span(&t->body);
}

void answer_unsent(struct http_ticket *t, enum attempt_end end,
                   const char *text)
{
    struct attempt *a = &t->attempt;

    a->end = end;
    a->dns_us = a->total_us = t->dns_us;
    (void)snprintf(a->error, sizeof a->error, "%s",
                   t->blocked ? error_text(t, CURLE_OK) : text);
    a->body = buf_span(&t->body);
}

void answer_finish(struct http_ticket *t, CURLcode code)
{
    struct attempt *a = &t->attempt;
    long status = 0;

    keep_times(t);
    /* The status line decides; what breaks off behind it is evidence cut
     * short, not a failed call. */
    if (is_answered(t, code)) {
        curl_easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
        a->end = ATTEMPT_ANSWERED;
        a->status = (int)status;
    } else {
        a->end = end_without_status(t, code);
    }
    if (code != CURLE_OK) {
        a->body_cut = true;
        snprintf(a->error, sizeof a->error, "%s", error_text(t, code));
        /* libcurl may quote what the peer said: codings, certificates. */
        evidence_mask(t, a->error, strlen(a->error), true);
    }
    if (t->retry_after[0])
        a->retry_after_ms =
            retry_after_ms(span_of(t->retry_after), clock_wall_ms());
    mask_body(t);
    a->body = buf_span(&t->body);
}

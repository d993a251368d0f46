#include "cli/doctor_checks.h"

#include "base/clock.h"
#include "link/dns.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { LIMIT_MS = 5000, NAMES_MAX = 16 };

/* In no hosts file, and known to be nowhere: every server can say so. */
static const char nowhere[] = "extq-doctor.invalid";

/* One question on a loop of its own, as a worker asks it. */
struct name_question {
    uv_loop_t loop;
    struct dns *dns;
    struct dns_waiter waiter;
    char said[80]; /* what is wrong; empty = nothing */
    bool answered; /* the server said something: also that there is no such
                      name */
};

static void on_answer(void *arg, struct dns_answer *answer)
{
    struct name_question *q = arg;
    const char *why = answer && answer->count > 0 ? "" : "no answer in time";

    if (answer && answer->count == 0)
        why = answer->why;
    (void)snprintf(q->said, sizeof q->said, "%s", why);
    q->answered = answer && (answer->count > 0 ||
                             strncmp(answer->why, "the name server", 15) != 0);
    uv_stop(&q->loop);
}

static enum err ask(struct name_question *q, const struct dns_options *options,
                    const char *name)
{
    const struct dns_question question = {.name = name, .limit_ms = LIMIT_MS};
    enum err e;

    if (uv_loop_init(&q->loop) != 0)
        return ERR_IO;
    q->waiter.arg = q;
    q->waiter.done = on_answer;
    e = dns_open(&q->loop, options, &q->dns);
    if (!e)
        e = dns_ask(q->dns, &question, &q->waiter);
    if (!e)
        (void)uv_run(&q->loop, UV_RUN_DEFAULT);
    dns_close(&q->dns);
    (void)uv_run(&q->loop, UV_RUN_DEFAULT);
    (void)uv_loop_close(&q->loop);
    return e;
}

/* Each of the configured ones by itself: one that is dead makes names slow. */
static void check_servers(const struct doctor *d)
{
    struct span rest = span_of(d->config->http.dns.servers);

    while (rest.len > 0) {
        struct name_question q = {.answered = false};
        struct dns_options options = d->config->http.dns;
        struct span server = span_cut(&rest, ',');

        (void)span_copy(server, options.servers, sizeof options.servers);
        if (ask(&q, &options, nowhere))
            continue;
        if (q.answered)
            doctor_say(d, HEALTH_FINE, "name server", "", "%s answers",
                       options.servers);
        else
            doctor_say(d, HEALTH_WRONG, "name server",
                       "resolvectl status; then network.dns without it",
                       "%s: %s", options.servers, q.said);
    }
}

/* The host of a URL, without its port, in lower case; false when it is an
 * address or a template. */
static bool host_of(const char *url, char *dst, size_t size)
{
    const char *at = strstr(url, "://");
    size_t len;

    if (!at || at[3] == '[')
        return false;
    len = strcspn(at + 3, ":/?#");
    if (len == 0 || memchr(at + 3, '{', len) ||
        !span_copy((struct span){at + 3, len}, dst, size) ||
        strspn(dst, "0123456789.") == len)
        return false;
    for (char *c = dst; *c; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c | 0x20) : *c;
    return true;
}

struct names {
    char at[NAMES_MAX][DNS_NAME_MAX + 1];
    size_t count;
};

static void add(struct names *n, const char *url)
{
    char *host = n->at[n->count];

    if (n->count + 1 >= NAMES_MAX || !host_of(url, host, sizeof n->at[0]))
        return;
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->at[i], host) == 0)
            return;
    n->count++;
}

static void check_name(const struct doctor *d, const char *name)
{
    struct name_question q = {.answered = false};
    char mend[DNS_NAME_MAX + 64];
    enum err e = ask(&q, &d->config->http.dns, name);

    (void)snprintf(mend, sizeof mend, "getent ahosts %s, or network.dns", name);
    if (e)
        doctor_say(d, HEALTH_WRONG, "names", mend, "%s: %s", name, err_text(e));
    else if (q.said[0])
        doctor_say(d, HEALTH_WRONG, "names", mend, "%s: %s", name, q.said);
    else
        doctor_say(d, HEALTH_FINE, "names", "", "%s has an address", name);
}

void doctor_names(const struct doctor *d)
{
    const struct config *c = d->config;
    struct names names = {.count = 0};

    add(&names, c->discovery.url);
    add(&names, c->tracing.url);
    for (size_t i = 0; i < c->extension_count; i++)
        add(&names, c->extensions[i].url);
    if (dns_global_open())
        return;
    check_servers(d);
    for (size_t i = 0; i < names.count; i++)
        check_name(d, names.at[i]);
    dns_global_close();
}

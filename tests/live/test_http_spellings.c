/* However a URL is written, it does not lead into the host: listeners on all
 * of its addresses see no connection. */
#include "support/dns_stub.h"
#include "support/main.h"
#include "support/spellings.h"
#include "support/tripwire.h"
#include "support/web.h"

#include <stdio.h>

enum { URLS_MAX = 600, SPELLINGS_MIN = 200, REACHED_MIN = 60 };

static struct web w;
static struct tripwire tripwire;
static struct dns_stub *dns;
static struct exchange *exchanges;

/* How the URLs ended. */
struct tally {
    unsigned refused, blocked, unreachable, other;
};

static void open_all(void)
{
    web_open(&w);
    tripwire_open(&tripwire);
    dns = dns_stub_open();
    dns_stub_on(dns, .a = "127.0.0.1", .aaaa = "::1", .ttl = 60);
    (void)snprintf(w.options.dns.servers, sizeof w.options.dns.servers, "%s",
                   dns_stub_server(dns));
    w.options.addresses.allow_count = 0;
    exchanges = calloc(URLS_MAX, sizeof *exchanges);
    ck_assert_ptr_nonnull(exchanges);
}

static void close_all(void)
{
    web_close(&w);
    dns_stub_close(&dns);
    tripwire_close(&tripwire);
    free(exchanges);
}

static void open_all_apart(void)
{
    (void)tripwire_isolate();
    open_all();
}

/* PORT becomes the listener's. */
static void write_url(const char *spelling, char *url, size_t size)
{
    size_t len = 0;

    while (*spelling && len + 8 < size) {
        if (strncmp(spelling, "PORT", 4) != 0) {
            url[len++] = *spelling++;
            continue;
        }
        len += (size_t)snprintf(url + len, size - len, "%d", tripwire.port);
        spelling += 4;
    }
    url[len] = '\0';
}

static void count(struct tally *t, const struct attempt *a, const char *url)
{
    if (a->end == ATTEMPT_BLOCKED)
        t->blocked++;
    else if (a->end == ATTEMPT_UNREACHABLE)
        t->unreachable++;
    else
        t->other++;
    if (getenv("VERBOSE"))
        (void)fprintf(stderr, "%d %s %s\n", (int)a->end, url, a->error);
}

/* Sends to all of them at once. */
static struct tally try_all(void)
{
    struct tally t = {0, 0, 0, 0};
    unsigned sent = 0;
    char url[URLS_MAX];

    ck_assert_int_le(spelling_count, URLS_MAX);
    for (int i = 0; i < spelling_count; i++) {
        write_url(spellings[i], url, sizeof url);
        if (web_refusal(&w.options, url, NULL)) {
            t.refused++;
            continue;
        }
        ck_assert_int_eq(web_send(&w, &exchanges[i], url), ERR_OK);
        sent++;
    }
    web_until(&w, (tripwire_count(&tripwire), w.done == sent), "all the ends");
    for (int i = 0; i < spelling_count; i++)
        if (exchanges[i].done)
            count(&t, &exchanges[i].attempt, spellings[i]);
    return t;
}

START_TEST(no_spelling_leads_inside)
{
    struct tally t;

    ck_assert_int_ge(spelling_count, SPELLINGS_MIN);
    web_start(&w);
    t = try_all();
    (void)fprintf(stderr,
                  "%d spellings: %u refused, %u blocked, %u unreachable; %u "
                  "connections\n",
                  spelling_count, t.refused, t.blocked, t.unreachable,
                  tripwire_count(&tripwire));
    ck_assert_uint_eq(t.other, 0);
    ck_assert_uint_eq(tripwire_count(&tripwire), 0);
}
END_TEST

/* The listeners work: with everything permitted, many do lead there. */
START_TEST(with_everything_permitted_they_do)
{
    static const char *const all[] = {"0.0.0.0/0", "::/0"};

    w.options.addresses.allow_count = ROWS(all);
    for (int i = 0; i < ROWS(all); i++)
        ck_assert_int_eq(
            address_range_read(span_of(all[i]), &w.options.addresses.allow[i]),
            ERR_OK);
    for (int i = 0; i < spelling_count; i++)
        exchanges[i].request.connect_ms = exchanges[i].request.total_ms = 2000;
    web_start(&w);
    (void)try_all();
    (void)fprintf(stderr, "permitted: %u connections\n",
                  tripwire_count(&tripwire));
    ck_assert_uint_ge(tripwire_count(&tripwire), REACHED_MIN);
}
END_TEST

static TCase *make_case(const char *name, void (*open)(void))
{
    TCase *t = tcase_create(name);

    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open, close_all);
    tcase_add_test(t, no_spelling_leads_inside);
    tcase_add_test(t, with_everything_permitted_they_do);
    return t;
}

int main(void)
{
    Suite *suite = suite_create("link.http_spellings");

    suite_add_tcase(suite, make_case("here", open_all));
    suite_add_tcase(suite, make_case("apart", open_all_apart));
    return run_suite(suite);
}

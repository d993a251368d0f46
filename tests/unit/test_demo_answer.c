#include "cli/demo_answer.h"

#include "base/json.h"
#include "cli/demo_note.h"
#include "support/main.h"

#include <stdio.h>
#include <string.h>

static struct demo_stage open_stage(void)
{
    struct demo_stage s;

    ck_assert_int_eq(demo_stage_open(&s), ERR_OK);
    s.port = 4711;
    return s;
}

static size_t role_of(enum demo_manner manner)
{
    size_t role = 0;

    while (demo_cast[role].manner != manner)
        role++;
    return role;
}

/* Calls the role's extension as extq would; the reply's body is dropped. */
static struct demo_reply call(struct demo_stage *s, size_t role,
                              const char *secret, const char *id)
{
    char path[128], bearer[128];
    struct demo_request q = {.method = "POST",
                             .path = path,
                             .bearer = bearer,
                             .id = id,
                             .limit = 100,
                             .body = span_of("{\"a\":1}")};
    struct demo_reply r = demo_reply_make();

    (void)snprintf(path, sizeof path, "/api/run/%s/%s",
                   demo_cast[role].container, demo_cast[role].name);
    (void)snprintf(bearer, sizeof bearer, "Bearer %s", secret);
    ck_assert_int_eq(demo_stage_answer(s, &q, &r), ERR_OK);
    buf_clear(&r.body);
    return r;
}

static struct demo_reply call_well(struct demo_stage *s,
                                   enum demo_manner manner, const char *id)
{
    size_t role = role_of(manner);

    return call(s, role, s->secrets[role], id);
}

/* The listing as a client with that token sees it; the caller clears it. */
static struct demo_reply list(struct demo_stage *s, const char *token,
                              struct demo_request q)
{
    char bearer[128];
    struct demo_reply r = demo_reply_make();

    (void)snprintf(bearer, sizeof bearer, "Bearer %s", token);
    q.method = "GET";
    q.bearer = token ? bearer : NULL;
    ck_assert_int_eq(demo_stage_answer(s, &q, &r), ERR_OK);
    return r;
}

static size_t count_in(const struct demo_reply *r, const char *text)
{
    size_t n = 0;

    for (const char *at = strstr(r->body.at, text); at;
         at = strstr(at + 1, text))
        n++;
    return n;
}

START_TEST(the_listing_is_a_bare_array_of_what_is_installed)
{
    struct demo_stage s = open_stage();
    struct demo_request q = {.path = "/api/webtask/acme",
                             .meta = "auth0-extension-type:on-deal-won",
                             .limit = 100};
    struct demo_reply r = list(&s, s.token, q);
    struct json_value value;
    struct json_flaw flaw;

    ck_assert_uint_eq(r.status, 200);
    ck_assert_int_eq(json_check(buf_span(&r.body), &value, &flaw), ERR_OK);
    ck_assert_int_eq(value.kind, JSON_ARRAY);
    ck_assert_uint_eq(count_in(&r, "\"webtask_url\":"), 1);
    ck_assert_ptr_nonnull(
        strstr(r.body.at, "http://127.0.0.1:4711/api/run/acme/slack-notifier"));
    ck_assert_ptr_nonnull(strstr(r.body.at, s.secrets[role_of(DEMO_NOTIFIES)]));
    buf_clear(&r.body);
    demo_stage_close(&s);
}
END_TEST

START_TEST(the_listing_pages_and_knows_absence)
{
    static const struct {
        const char *path, *meta;
        unsigned offset, limit;
        size_t items;
    } rows[] = {
        {"/api/webtask/acme", NULL, 0, 100, 2},
        {"/api/webtask/acme", NULL, 0, 1, 1},
        {"/api/webtask/acme", NULL, 1, 1, 1},
        {"/api/webtask/acme", NULL, 2, 1, 0},
        {"/api/webtask/acme", "auth0-extension-type:other", 0, 100, 0},
        {"/api/webtask/fjordtech", NULL, 0, 100, 0},
        {"/api/webtask/nobody", NULL, 0, 100, 0},
    };
    struct demo_stage s = open_stage();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct demo_request q = {.path = rows[i].path,
                                 .meta = rows[i].meta,
                                 .offset = rows[i].offset,
                                 .limit = rows[i].limit};
        struct demo_reply r = list(&s, s.token, q);

        ck_assert_uint_eq(r.status, 200);
        ck_assert_msg(count_in(&r, "\"name\":") == rows[i].items, "row %zu: %s",
                      i, r.body.at);
        buf_clear(&r.body);
    }
    demo_stage_close(&s);
}
END_TEST

START_TEST(the_listing_wants_its_token)
{
    struct demo_stage s = open_stage();
    struct demo_request q = {.path = "/api/webtask/acme", .limit = 100};
    struct demo_reply r = list(&s, "wrong", q);

    ck_assert_uint_eq(r.status, 403);
    ck_assert_uint_eq(count_in(&r, "webtask_url"), 0);
    buf_clear(&r.body);
    demo_stage_close(&s);
}
END_TEST

START_TEST(extensions_want_their_own_secret)
{
    struct demo_stage s = open_stage();
    size_t role = role_of(DEMO_WORKS);

    ck_assert_uint_eq(call(&s, role, "wrong", "a").status, 401);
    ck_assert_uint_eq(call(&s, role, s.token, "a").status, 401);
    ck_assert_uint_eq(call(&s, role, s.secrets[role_of(DEMO_SLOW)], "a").status,
                      401);
    ck_assert_uint_eq(call(&s, role, s.secrets[role], "a").status, 200);
    demo_stage_close(&s);
}
END_TEST

START_TEST(each_extension_behaves_as_its_role_says)
{
    static const struct {
        enum demo_manner manner;
        unsigned statuses[4];
        const char *source; /* of the first answer */
    } rows[] = {
        {DEMO_WORKS, {200, 200, 200, 200}, "webtask"},
        {DEMO_NOTIFIES, {200, 200, 200, 200}, "webtask"},
        {DEMO_SLOW, {200, 200, 200, 200}, "webtask"},
        {DEMO_FLAKY, {503, 502, 200, 200}, "webtask"},
        {DEMO_BROKEN, {500, 500, 500, 500}, "webtask"},
        {DEMO_LIMITED, {429, 200, 200, 200}, "webtask"},
    };
    struct demo_stage s = open_stage();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t n = 0; n < 4; n++) {
            struct demo_reply a = call_well(&s, rows[i].manner, "one");
            struct demo_reply b = call_well(&s, rows[i].manner, "two");

            ck_assert_uint_eq(a.status, rows[i].statuses[n]);
            /* That one refuses its very first call alone. */
            ck_assert_uint_eq(b.status, rows[i].manner == DEMO_LIMITED
                                            ? 200
                                            : rows[i].statuses[n]);
            ck_assert(n > 0 || strcmp(a.source, rows[i].source) == 0);
            ck_assert(a.delay_ms == 0 || rows[i].manner == DEMO_SLOW);
            ck_assert_uint_eq(a.retry_after_s, a.status == 429);
        }
    demo_stage_close(&s);
}
END_TEST

START_TEST(other_paths_are_answered_by_the_proxy)
{
    struct demo_stage s = open_stage();
    struct demo_request q = {.method = "GET", .path = "/etc/passwd"};
    struct demo_reply r = demo_reply_make();

    ck_assert_int_eq(demo_stage_answer(&s, &q, &r), ERR_OK);
    ck_assert_uint_eq(r.status, 404);
    ck_assert_str_eq(r.source, "proxy");
    buf_clear(&r.body);
    demo_stage_close(&s);
}
END_TEST

START_TEST(a_note_tells_of_the_deal_or_shows_what_came)
{
    static const struct {
        const char *payload, *note;
    } rows[] = {
        {"{\"deal\":{\"name\":\"Plan\",\"amount\":18400,\"currency\":\"EUR\","
         "\"owner\":\"J\\u00fcrgen\"}}",
         "Plan, 18400 EUR, won by J\xc3\xbcrgen"},
        {"{\"deal\":{\"name\":\"Plan\"}}", "{\"deal\":{\"name\":\"Plan\"}}"},
        {"{\"deal\":7}", "{\"deal\":7}"},
        {"[1,2]", "[1,2]"},
        {"\x1b[2Jno JSON", " [2Jno JSON"},
        {"", ""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char note[DEMO_NOTE_MAX];

        demo_note_write(span_of(rows[i].payload), note, sizeof note);
        ck_assert_str_eq(note, rows[i].note);
    }
}
END_TEST

int main(void)
{
    return run_tests("unit.demo_answer", 20,
                     the_listing_is_a_bare_array_of_what_is_installed,
                     the_listing_pages_and_knows_absence,
                     the_listing_wants_its_token,
                     extensions_want_their_own_secret,
                     each_extension_behaves_as_its_role_says,
                     other_paths_are_answered_by_the_proxy,
                     a_note_tells_of_the_deal_or_shows_what_came);
}

/* What the webtask management API answers, and what extq makes of it. */
#include "link/discovery_backend.h"
#include "support/main.h"

#include <stdlib.h>
#include <string.h>

static const struct extension_key key = {"acme", "on-new-lead"};

static struct listing listing_for(const char *meta_key)
{
    return (struct listing){.key = &key,
                            .base = span_of("https://sandbox.example"),
                            .meta_key = meta_key};
}

/* An item of that name and URL, with these properties added to its meta. */
#define ITEM(name, more)                                                       \
    "{\"container\":\"acme\",\"name\":\"" name "\",\"token\":\"eyJ\","         \
    "\"webtask_url\":\"https://ext.example/" name "\","                        \
    "\"meta\":{\"auth0-extension-type\":\"on-new-lead\"" more "}}"
#define OLDER      ",\"auth0-extension-secret\":\"older\""
#define NEWER      ",\"wt-auth-secret\":\"newer\""
#define OFF(value) ",\"auth0-extension-disabled\":" value

struct row {
    const char *what;
    const char *answer;
    enum finding_kind kind;
    const char *url;    /* or the reason, for a failure */
    const char *secret; /* "" = none */
    bool envelope;
};

#define FOUND(what, answer, url, secret)                                       \
    {                                                                          \
        what, answer, FINDING_EXTENSION, url, secret, false                    \
    }
#define NONE(what, answer)                                                     \
    {                                                                          \
        what, answer, FINDING_NONE, "", "", false                              \
    }
#define FAILED(what, answer, why)                                              \
    {                                                                          \
        what, answer, FINDING_FAILED, why, "", false                           \
    }

static const struct row rows[] = {
    NONE("an empty list", "[]"),
    NONE("an empty list with space around", " [ ] \n"),
    FOUND("one webtask", "[" ITEM("a", OLDER) "]", "https://ext.example/a",
          "older"),
    FOUND("unknown members",
          "[{\"x\":[{}],"
          "\"webtask_url\":\"https://e/a\","
          "\"meta\":{\"auth0-extension-type\":\"on-new-lead\"}}]",
          "https://e/a", ""),
    FOUND("no secret", "[" ITEM("a", "") "]", "https://ext.example/a", ""),
    FOUND("an empty secret", "[" ITEM("a", ",\"wt-auth-secret\":\"\"") "]",
          "https://ext.example/a", ""),
    FOUND("the newer secret name alone", "[" ITEM("a", NEWER) "]",
          "https://ext.example/a", "newer"),
    FOUND("both names", "[" ITEM("a", NEWER OLDER) "]", "https://ext.example/a",
          "older"),
    FOUND(
        "both names behind bearer-auth",
        "[" ITEM("a", OLDER NEWER
                 ",\"wt-middleware\":\"@webtask/bearer-auth-middleware\"") "]",
        "https://ext.example/a", "newer"),
    FOUND("both names, middleware listed as an array",
          "[" ITEM("a", OLDER NEWER
                   ",\"wt-middleware\":"
                   "\"[\\\"@webtask/bearer-auth-middleware@1\\\"]\"") "]",
          "https://ext.example/a", "newer"),
    FOUND("both names behind other middleware",
          "[" ITEM("a", OLDER NEWER ",\"wt-middleware\":\"jwt\"") "]",
          "https://ext.example/a", "older"),
    FOUND("the newer name empty behind bearer-auth",
          "[" ITEM("a", OLDER ",\"wt-auth-secret\":\"\","
                              "\"wt-middleware\":\"bearer-auth\"") "]",
          "https://ext.example/a", "older"),
    FOUND("a base64 secret",
          "[" ITEM("a", ",\"auth0-extension-secret\":\"a+/b==\"") "]",
          "https://ext.example/a", "a+/b=="),
    FAILED("a secret with a line break",
           "[" ITEM("a", ",\"wt-auth-secret\":\"a\\r\\nb\"") "]", "secret"),
    FAILED("a secret with a space",
           "[" ITEM("a", ",\"wt-auth-secret\":\"a b\"") "]", "secret"),
    FAILED("a secret that is a number",
           "[" ITEM("a", ",\"wt-auth-secret\":42") "]", "not a text"),
    NONE("disabled by 1", "[" ITEM("a", OFF("\"1\"")) "]"),
    NONE("disabled by any word", "[" ITEM("a", OFF("\"yes\"")) "]"),
    NONE("disabled by true", "[" ITEM("a", OFF("true")) "]"),
    NONE("disabled by a number", "[" ITEM("a", OFF("1")) "]"),
    NONE("disabled by an object", "[" ITEM("a", OFF("{}")) "]"),
    FOUND("enabled by 0", "[" ITEM("a", OFF("\"0\"")) "]",
          "https://ext.example/a", ""),
    FOUND("enabled by an empty text", "[" ITEM("a", OFF("\"\"")) "]",
          "https://ext.example/a", ""),
    FOUND("enabled by False", "[" ITEM("a", OFF("\"False\"")) "]",
          "https://ext.example/a", ""),
    FOUND("enabled by the number 0", "[" ITEM("a", OFF("0")) "]",
          "https://ext.example/a", ""),
    FOUND("enabled by null", "[" ITEM("a", OFF("null")) "]",
          "https://ext.example/a", ""),
    FOUND("a disabled one beside it",
          "[" ITEM("a", OFF("\"1\"")) "," ITEM("b", NEWER) "]",
          "https://ext.example/b", "newer"),
    FAILED("two enabled ones", "[" ITEM("a", "") "," ITEM("b", "") "]",
           "inconsistent configuration: 2 extensions"),
    FAILED("three enabled ones",
           "[" ITEM("a", "") "," ITEM("b", "") "," ITEM("c", "") "]",
           "inconsistent configuration: 3 extensions"),
    FOUND("the same name twice", "[" ITEM("a", "") "," ITEM("a", "") "]",
          "https://ext.example/a", ""),
    NONE("the extension of another point",
         "[{\"name\":\"a\",\"webtask_url\":\"https://e/a\","
         "\"meta\":{\"auth0-extension-type\":\"on-old-lead\"}}]"),
    NONE("a point that differs in case",
         "[{\"name\":\"a\",\"webtask_url\":\"https://e/a\","
         "\"meta\":{\"auth0-extension-type\":\"On-New-Lead\"}}]"),
    NONE("a key that differs in case",
         "[{\"name\":\"a\",\"webtask_url\":\"https://e/a\","
         "\"meta\":{\"Auth0-Extension-Type\":\"on-new-lead\"}}]"),
    NONE("no meta", "[{\"name\":\"a\",\"webtask_url\":\"https://e/a\"}]"),
    NONE("meta that is a text", "[{\"name\":\"a\",\"meta\":\"x\"}]"),
    FAILED("another container",
           "[{\"container\":\"evil\",\"name\":\"a\",\"meta\":{}}]",
           "another container"),
    FOUND("no webtask_url",
          "[{\"name\":\"a b/c\",\"meta\":"
          "{\"auth0-extension-type\":\"on-new-lead\"}}]",
          "https://sandbox.example/api/run/acme/a%20b%2Fc", ""),
    FOUND("webtask_url null",
          "[{\"name\":\"a\",\"webtask_url\":null,\"meta\":"
          "{\"auth0-extension-type\":\"on-new-lead\"}}]",
          "https://sandbox.example/api/run/acme/a", ""),
    FAILED("neither webtask_url nor name",
           "[{\"meta\":{\"auth0-extension-type\":\"on-new-lead\"}}]",
           "neither webtask_url nor"),
    FAILED("a name that climbs out",
           "[{\"name\":\"..\",\"meta\":"
           "{\"auth0-extension-type\":\"on-new-lead\"}}]",
           "neither webtask_url nor"),
    FAILED("webtask_url a number",
           "[{\"name\":\"a\",\"webtask_url\":1,\"meta\":"
           "{\"auth0-extension-type\":\"on-new-lead\"}}]",
           "webtask_url is not a text"),
    FAILED("a name that is a number", "[{\"name\":1}]", "no webtask"),
    {"the envelope's compiler",
     "[" ITEM("a", ",\"wt-compiler\":\"auth0-ext-compilers/generic\"") "]",
     FINDING_EXTENSION, "https://ext.example/a", "", true},
    FOUND("another compiler",
          "[" ITEM("a", ",\"wt-compiler\":\"auth0-ext-compilersx/a\"") "]",
          "https://ext.example/a", ""),
    FAILED("an object", "{\"message\":\"no\"}", "not a list"),
    FAILED("a text", "\"[]\"", "not a list"),
    FAILED("null", "null", "not a list"),
    FAILED("a list of texts", "[\"a\"]", "no webtask"),
    FAILED("a list of null", "[null]", "no webtask"),
    FAILED("nothing", "", "not JSON"),
    FAILED("HTML", "<html>", "not JSON"),
    FAILED("JSON and more", "[] []", "not JSON"),
    FAILED("JSON cut short", "[{\"name\":\"a\"", "not JSON"),
    FAILED("a zero byte in a name", "[{\"name\":\"a\\u0000b\"}]", "not JSON"),
    FAILED("the same key twice", "[{\"name\":\"a\",\"name\":\"b\"}]",
           "not JSON"),
    FAILED("broken UTF-8", "[{\"name\":\"\xff\"}]", "not JSON"),
};

/* The finding of one page; the caller drops its extension. */
static struct finding finding_of(const char *answer, const char *meta_key)
{
    struct listing l = listing_for(meta_key);
    struct finding finding = {.kind = FINDING_FAILED};
    bool more = false;

    if (listing_add(&l, span_of(answer), &more, &finding.why) == ERR_OK)
        listing_end(&l, &finding);
    ck_assert(!more);
    listing_clear(&l);
    return finding;
}

START_TEST(each_answer_has_one_meaning)
{
    const struct row *row = &rows[_i];
    struct finding f = finding_of(row->answer, "auth0-extension-type");

    ck_assert_msg(f.kind == row->kind, "%s: kind %d, %s", row->what, f.kind,
                  f.why.text);
    if (f.kind == FINDING_FAILED)
        ck_assert_msg(strstr(f.why.text, row->url) != NULL, "%s: %s", row->what,
                      f.why.text);
    if (f.kind == FINDING_EXTENSION) {
        const char *secret = f.extension->secret ? f.extension->secret : "";

        ck_assert_msg(strcmp(f.extension->url, row->url) == 0, "%s: %s",
                      row->what, f.extension->url);
        ck_assert_msg(strcmp(secret, row->secret) == 0, "%s: %s", row->what,
                      secret);
        ck_assert_int_eq(f.extension->envelope, row->envelope);
    }
    extension_drop(&f.extension);
}
END_TEST

START_TEST(the_metadata_key_is_configurable)
{
    static const char answer[] =
        "[{\"name\":\"a\",\"webtask_url\":\"https://e/a\",\"meta\":"
        "{\"auth0-extension-name\":\"on-new-lead\","
        "\"auth0-extension-type\":\"other\"}}]";
    struct finding f = finding_of(answer, "auth0-extension-name");

    ck_assert_int_eq(f.kind, FINDING_EXTENSION);
    extension_drop(&f.extension);
}
END_TEST

START_TEST(no_reason_holds_a_secret_or_a_token)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct finding f = finding_of(rows[i].answer, "auth0-extension-type");

        ck_assert(!strstr(f.why.text, "older") && !strstr(f.why.text, "eyJ") &&
                  !strstr(f.why.text, "a b"));
        extension_drop(&f.extension);
    }
}
END_TEST

/* A page of n webtasks of another point, named from `first` on. */
static struct buf page_of(unsigned first, unsigned n, const char *last)
{
    struct buf page = buf_make(1 << 20);

    ck_assert_int_eq(buf_add_text(&page, "["), ERR_OK);
    for (unsigned i = 0; i < n; i++)
        ck_assert_int_eq(
            buf_printf(&page, "%s{\"name\":\"w%u\"}", i ? "," : "", first + i),
            ERR_OK);
    ck_assert_int_eq(buf_printf(&page, "%s%s]", n ? "," : "", last), ERR_OK);
    return page;
}

static void add(struct listing *l, struct buf page, bool want_more)
{
    struct why why;
    bool more;

    ck_assert_int_eq(listing_add(l, buf_span(&page), &more, &why), ERR_OK);
    ck_assert_int_eq(more, want_more);
    buf_clear(&page);
}

START_TEST(pages_follow_until_one_is_short)
{
    struct listing l = listing_for("auth0-extension-type");
    struct finding f;

    add(&l, page_of(0, LISTING_PAGE - 1, ITEM("a", "")), true);
    add(&l, page_of(LISTING_PAGE - 1, LISTING_PAGE - 1, ITEM("a", "")), true);
    add(&l, page_of(3 * LISTING_PAGE, LISTING_PAGE - 2, ITEM("a", "")), false);
    listing_end(&l, &f);
    ck_assert_int_eq(f.kind, FINDING_EXTENSION);
    extension_drop(&f.extension);
    listing_clear(&l);
}
END_TEST

START_TEST(matches_on_two_pages_are_two)
{
    struct listing l = listing_for("auth0-extension-type");
    struct finding f;

    add(&l, page_of(0, LISTING_PAGE - 1, ITEM("a", "")), true);
    add(&l, page_of(200, 1, ITEM("b", "")), false);
    listing_end(&l, &f);
    ck_assert_int_eq(f.kind, FINDING_FAILED);
    listing_clear(&l);
}
END_TEST

START_TEST(a_platform_without_paging_is_not_asked_for_ever)
{
    struct listing l = listing_for("auth0-extension-type");

    add(&l, page_of(0, LISTING_PAGE + 20, ITEM("a", "")), true);
    add(&l, page_of(0, LISTING_PAGE + 20, ITEM("a", "")), false);
    ck_assert_uint_eq(l.matches, 1);
    listing_clear(&l);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("link.discovery_webtask");
    TCase *tests = tcase_create("answers");

    tcase_add_loop_test(tests, each_answer_has_one_meaning, 0,
                        (int)(sizeof rows / sizeof rows[0]));
    tcase_add_test(tests, the_metadata_key_is_configurable);
    tcase_add_test(tests, no_reason_holds_a_secret_or_a_token);
    tcase_add_test(tests, pages_follow_until_one_is_short);
    tcase_add_test(tests, matches_on_two_pages_are_two);
    tcase_add_test(tests, a_platform_without_paging_is_not_asked_for_ever);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

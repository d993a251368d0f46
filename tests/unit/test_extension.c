/* What discovery found, its form in the cache, and who may see the secret. */
#include "model/extension.h"
#include "support/main.h"

#include <stdlib.h>
#include <string.h>

#define URL    "https://ext.acme.example/~lead?a=!1"
#define SECRET "s3cret\"\\+/=0123456789"

static struct extension *make(const char *url, const char *secret)
{
    struct extension *x = NULL;

    ck_assert_int_eq(extension_make(span_of(url), span_of(secret), &x), ERR_OK);
    return x;
}

static char *filled(char c, size_t len)
{
    char *text = calloc(1, len + 1);

    ck_assert_ptr_nonnull(text);
    memset(text, c, len);
    return text;
}

START_TEST(url_and_secret_are_copied)
{
    char url[] = URL, secret[] = SECRET;
    struct extension *x = make(url, secret);

    memset(url, 'x', sizeof(url) - 1);
    memset(secret, 'x', sizeof(secret) - 1);
    ck_assert_str_eq(x->url, URL);
    ck_assert_str_eq(x->secret, SECRET);
    extension_drop(&x);
    ck_assert_ptr_null(x);
}
END_TEST

START_TEST(an_extension_may_have_no_secret)
{
    struct extension *x = make(URL, "");

    ck_assert_ptr_null(x->secret);
    extension_drop(&x);
    extension_drop(&x);
}
END_TEST

START_TEST(it_lives_until_the_last_reference_is_dropped)
{
    struct extension *x = make(URL, SECRET);
    struct extension *second = extension_hold(x);

    extension_drop(&x);
    ck_assert_str_eq(second->secret, SECRET);
    extension_drop(&second);
}
END_TEST

START_TEST(what_cannot_be_sent_is_refused)
{
    static const struct {
        const char *url, *secret;
    } bad[] = {
        {"", "s"},
        {"https://a/\n", "s"},
        {"https://a b/", "s"},
        {"https://\x7f", ""},
        {"https://\xc3\xa4/", ""},
        {URL, "a b"},
        {URL, "a\r\nb"},
        {URL, "\xc3\xa4"},
    };
    struct extension *x = NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(
            extension_make(span_of(bad[i].url), span_of(bad[i].secret), &x),
            ERR_SYNTAX);
    ck_assert_ptr_null(x);
}
END_TEST

START_TEST(sizes_are_bounded)
{
    char *text = filled('a', SECRET_MAX + 1);
    struct extension *x = NULL;

    ck_assert_int_eq(extension_make((struct span){text, URL_MAX},
                                    (struct span){text, SECRET_MAX}, &x),
                     ERR_OK);
    extension_drop(&x);
    ck_assert_int_eq(extension_make((struct span){text, URL_MAX + 1},
                                    (struct span){text, 1}, &x),
                     ERR_LIMIT);
    ck_assert_int_eq(extension_make((struct span){text, 1},
                                    (struct span){text, SECRET_MAX + 1}, &x),
                     ERR_LIMIT);
    free(text);
}
END_TEST

static void survives(const struct extension *x)
{
    struct buf text = buf_make(1 << 16);
    struct extension *y = NULL;

    ck_assert_int_eq(extension_write(x, &text), ERR_OK);
    ck_assert_int_eq(extension_read(buf_span(&text), &y), ERR_OK);
    ck_assert(!x == !y);
    if (x) {
        ck_assert_str_eq(x->url, y->url);
        ck_assert_pstr_eq(x->secret, y->secret);
        ck_assert(x->envelope == y->envelope);
    }
    extension_drop(&y);
    buf_wipe(&text);
}

START_TEST(the_cache_gives_back_what_was_written)
{
    char *quotes = filled('"', SECRET_MAX);
    struct extension *x = make(URL, SECRET), *bare = make(URL, "");
    struct extension *longest = make(URL, quotes);

    survives(NULL);
    survives(x);
    x->envelope = true;
    survives(x);
    survives(bare);
    survives(longest);
    extension_drop(&x);
    extension_drop(&bare);
    extension_drop(&longest);
    free(quotes);
}
END_TEST

START_TEST(the_cache_s_form_is_plain_json)
{
    struct extension *x = make("https://a/", "s");
    struct buf text = buf_make(256);

    ck_assert_int_eq(extension_write(NULL, &text), ERR_OK);
    ck_assert_str_eq(text.at, "{}");
    buf_reset(&text);
    x->envelope = true;
    ck_assert_int_eq(extension_write(x, &text), ERR_OK);
    ck_assert_str_eq(text.at, "{\"url\":\"https://a/\",\"secret\":\"s\","
                              "\"envelope\":true}");
    extension_drop(&x);
    buf_clear(&text);
}
END_TEST

START_TEST(what_does_not_fit_is_an_error)
{
    struct extension *x = make(URL, SECRET);
    struct buf text = buf_make(40);

    ck_assert_int_eq(extension_write(x, &text), ERR_LIMIT);
    extension_drop(&x);
    buf_clear(&text);
}
END_TEST

START_TEST(a_broken_cache_entry_is_refused)
{
    static const char *const bad[] = {
        "",
        "[]",
        "null",
        "{\"url\":\"https://a/\"",
        "{\"url\":7}",
        "{\"url\":\"\"}",
        "{\"secret\":\"s\"}",
        "{\"url\":\"https://a/\",\"secret\":null}",
        "{\"url\":\"https://a/\",\"secret\":\"a b\"}",
        "{\"url\":\"https://a/\",\"envelope\":1}",
        "{\"url\":\"https://a/\\n\"}",
    };
    struct extension *x = NULL;

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(extension_read(span_of(bad[i]), &x) == ERR_SYNTAX, "%s",
                      bad[i]);
    ck_assert_ptr_null(x);
}
END_TEST

START_TEST(an_entry_that_is_too_long_is_refused)
{
    char *text = filled('a', SECRET_MAX + 1);
    struct buf entry = buf_make(1 << 16);
    struct extension *x = NULL;

    ck_assert_int_eq(buf_printf(&entry, "{\"url\":\"%s\"}", text), ERR_OK);
    ck_assert_int_eq(extension_read(buf_span(&entry), &x), ERR_SYNTAX);
    buf_reset(&entry);
    ck_assert_int_eq(
        buf_printf(&entry, "{\"url\":\"u\",\"secret\":\"%s\"}", text), ERR_OK);
    ck_assert_int_eq(extension_read(buf_span(&entry), &x), ERR_SYNTAX);
    buf_clear(&entry);
    free(text);
}
END_TEST

START_TEST(people_see_two_characters_of_a_secret_at_most)
{
    static const struct {
        const char *secret, *want;
    } rows[] = {
        {"", "none"},
        {"s", "(length 1)"},
        {"123456789012345", "(length 15)"},
        {"1234567890123456", "12... (length 16)"},
    };
    char text[64];

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct extension *x = make(URL, rows[i].secret);
        extension_mask(x, text, sizeof(text));
        ck_assert_str_eq(text, rows[i].want);
        extension_drop(&x);
    }
}
END_TEST

int main(void)
{
    return run_tests(
        "model.extension", 10, url_and_secret_are_copied,
        an_extension_may_have_no_secret,
        it_lives_until_the_last_reference_is_dropped,
        what_cannot_be_sent_is_refused, sizes_are_bounded,
        the_cache_gives_back_what_was_written, the_cache_s_form_is_plain_json,
        what_does_not_fit_is_an_error, a_broken_cache_entry_is_refused,
        an_entry_that_is_too_long_is_refused,
        people_see_two_characters_of_a_secret_at_most);
}

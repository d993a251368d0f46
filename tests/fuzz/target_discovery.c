/* What discovery answers: the pages of webtask's listing, a line each, and the
 * answer of a registry. The first line of the input is the JSON pointer. */
#include "fuzz/fuzz.h"
#include "link/discovery_backend.h"

#include <stdlib.h>
#include <string.h>

static const struct extension_key key = {"acme", "on-new-lead"};

static void check_extension(const struct extension *x)
{
    check(x->url[0] && strlen(x->url) <= URL_MAX);
    check(fuzz_is_shown(x->url));
    check(!x->secret || ident_is_secret(span_of(x->secret)));
}

static void check_finding(struct finding *finding)
{
    check((finding->kind == FINDING_EXTENSION) == (finding->extension != NULL));
    if (finding->kind == FINDING_EXTENSION)
        check_extension(finding->extension);
    if (finding->kind == FINDING_FAILED) {
        check(finding->why.text[0]);
        check(fuzz_is_shown(finding->why.text));
    }
    extension_drop(&finding->extension);
}

static void check_listing(struct span pages)
{
    struct listing listing = {.key = &key,
                              .base = span_of("https://sandbox.example.com"),
                              .meta_key = "auth0-extension-type"};
    struct finding finding = {0};
    struct why why = {""};
    bool more = true;
    enum err e = ERR_OK;

    for (unsigned i = 0; !e && more && pages.len > 0 && i < LISTING_PAGES; i++)
        e = listing_add(&listing, span_cut(&pages, '\n'), &more, &why);
    if (e == ERR_OK) {
        listing_end(&listing, &finding);
        check_finding(&finding);
    } else {
        check(e == ERR_SYNTAX && why.text[0]);
        check(fuzz_is_shown(why.text));
    }
    listing_clear(&listing);
}

static void check_registry(struct span pointer, struct span body)
{
    struct discovery_options options = {.backend = DISCOVER_HTTP,
                                        .secret_pointer = "/secret"};
    struct finding finding = {0};
    char *text = fuzz_text(pointer);

    if (!pointer_is_valid(text) || !fuzz_is_shown(text) ||
        !span_copy(span_of(text), options.url_pointer,
                   sizeof options.url_pointer))
        (void)span_copy(span_of("/url"), options.url_pointer,
                        sizeof options.url_pointer);
    registry_read(&options, body, &finding);
    check_finding(&finding);
    free(text);
}

static void check_template(struct span text)
{
    char *template = fuzz_text(text);
    struct buf url = buf_make(64 * (text.len + 1));

    if (uri_fill(&url, template, &key) == ERR_OK)
        check(!memchr(url.at ? url.at : "", '{', url.len));
    buf_reset(&url);
    check(!uri_encode(&url, text));
    for (size_t i = 0; i < url.len; i++)
        check(url.at[i] > ' ' && url.at[i] < 0x7f && url.at[i] != '/');
    buf_clear(&url);
    free(template);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct span body = fuzz_span(bytes, len);
    struct span first = span_cut(&body, '\n');

    check_template(first);
    check_listing(body);
    check_registry(first, body);
    return 0;
}

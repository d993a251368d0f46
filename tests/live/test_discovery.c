/* Discovery asks a real HTTP peer and reads real secret files. */
#include "link/discovery.h"
#include "support/main.h"
#include "support/peer.h"
#include "support/temp.h"
#include "support/wait.h"

#include <stdlib.h>
#include <string.h>

#define ITEM(name)                                                             \
    "{\"name\":\"" name "\",\"webtask_url\":\"https://ext.example/" name       \
    "\",\"meta\":{\"auth0-extension-type\":\"on-new-lead\","                   \
    "\"auth0-extension-secret\":\"s3cr3t\"}}"

/* One discovery on one loop, and what it said last. */
struct world {
    uv_loop_t loop;
    uv_prepare_t end_of_turn;
    struct http_options rules;
    struct http *http;
    struct discovery_options options;
    struct discovery *discovery;
    struct peer *peer;
    struct temp_path dir;
    unsigned answers;
    struct finding finding; /* without its extension */
    char url[URL_MAX + 1];
    char secret[128];
};

static struct world *w;

static void set(char *dst, size_t size, const char *text)
{
    ck_assert(span_copy(span_of(text), dst, size));
}

#define SET(field, text) set((field), sizeof(field), (text))

static void flush(uv_prepare_t *end_of_turn)
{
    (void)end_of_turn;
    http_flush(w->http);
}

static void world_open(void)
{
    w = calloc(1, sizeof *w);
    ck_assert_ptr_nonnull(w);
    http_global_open();
    w->peer = peer_open();
    w->dir = temp_dir();
    w->rules.allow_http = true;
    w->rules.max_connections = 16;
    SET(w->rules.user_agent, "extq/test");
    ck_assert_int_eq(
        address_range_read(span_of("127.0.0.1"), &w->rules.addresses.allow[0]),
        ERR_OK);
    w->rules.addresses.allow_count = 1;
    w->options = (struct discovery_options){
        .backend = DISCOVER_WEBTASK, .timeout_ms = 20000, .http = &w->rules};
    SET(w->options.url, peer_url(w->peer, "/base/").text);
    SET(w->options.meta_key, "auth0-extension-type");
    SET(w->options.url_pointer, "/url");
    SET(w->options.secret_pointer, "/secret");
    ck_assert_int_eq(uv_loop_init(&w->loop), 0);
    ck_assert_int_eq(uv_prepare_init(&w->loop, &w->end_of_turn), 0);
    ck_assert_int_eq(uv_prepare_start(&w->end_of_turn, flush), 0);
    ck_assert_int_eq(http_open(&w->loop, &w->rules, &w->http), ERR_OK);
    ck_assert_int_eq(discovery_open(&w->options, w->http, &w->discovery),
                     ERR_OK);
}

/* The backend is chosen when a discovery is opened. */
static void use_backend(enum discovery_backend backend)
{
    discovery_close(&w->discovery);
    w->options.backend = backend;
    ck_assert_int_eq(discovery_open(&w->options, w->http, &w->discovery),
                     ERR_OK);
}

static void use_registry(void)
{
    use_backend(DISCOVER_HTTP);
    SET(w->options.url, peer_url(w->peer, "/ext/{container}/{point}").text);
}

static void world_close(void)
{
    discovery_close(&w->discovery);
    uv_close((uv_handle_t *)&w->end_of_turn, NULL);
    http_close(&w->http);
    while (uv_run(&w->loop, UV_RUN_DEFAULT) != 0)
        continue; /* a pending uv_stop ends the first run early */
    ck_assert_int_eq(uv_loop_close(&w->loop), 0);
    peer_close(&w->peer);
    http_global_close();
    free(w);
}

static void keep(void *arg, const struct finding *f)
{
    (void)arg;
    w->answers++;
    uv_stop(&w->loop);
    w->finding = *f;
    w->url[0] = w->secret[0] = '\0';
    if (f->kind == FINDING_EXTENSION) {
        SET(w->url, f->extension->url);
        SET(w->secret, f->extension->secret ? f->extension->secret : "");
    }
}

static void ask(const char *container, const char *point)
{
    struct extension_key key;
    unsigned before = w->answers;

    SET(key.container, container);
    SET(key.point, point);
    discovery_ask(w->discovery, &key, keep, NULL);
    while (w->answers == before)
        uv_run(&w->loop, UV_RUN_DEFAULT);
    ck_assert_uint_eq(w->answers, before + 1);
}

static void found(const char *url, const char *secret)
{
    ck_assert_msg(w->finding.kind == FINDING_EXTENSION, "kind %d: %s",
                  w->finding.kind, w->finding.why.text);
    ck_assert_str_eq(w->url, url);
    ck_assert_str_eq(w->secret, secret);
}

static void failed(const char *why)
{
    ck_assert_int_eq(w->finding.kind, FINDING_FAILED);
    ck_assert_msg(strstr(w->finding.why.text, why) != NULL, "%s",
                  w->finding.why.text);
}

static const struct peer_request *request(const char *path, size_t i)
{
    const struct peer_request *r = ledger_at(peer_ledger(w->peer), path, i);

    ck_assert_ptr_nonnull(r);
    return r;
}

START_TEST(a_webtask_is_asked_for_as_the_platform_expects)
{
    const struct peer_request *r;

    SET(w->options.token_file,
        temp_write(&w->dir, "token", "master+/==\n").text);
    peer_on(w->peer, .path = "/base/api/webtask/acme",
            .body = "[" ITEM("a") "]");
    ask("acme", "on-new-lead");
    found("https://ext.example/a", "s3cr3t");
    ck_assert_str_eq(w->finding.source, "webtask");
    r = request(NULL, 0);
    ck_assert_str_eq(r->method, "GET");
    ck_assert_str_eq(r->target,
                     "/base/api/webtask/acme?meta=auth0-extension-type%3A"
                     "on-new-lead&offset=0&limit=100");
    ck_assert_str_eq(request_header(r, "authorization"), "Bearer master+/==");
    ck_assert_str_eq(request_header(r, "accept"), "application/json");
    ck_assert_str_eq(request_header(r, "user-agent"), "extq/test");
}
END_TEST

START_TEST(another_metadata_key_is_encoded)
{
    SET(w->options.meta_key, "my key&");
    peer_on(w->peer, .body = "[]");
    ask("acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    ck_assert_str_eq(request(NULL, 0)->query,
                     "meta=my%20key%26%3Aon-new-lead&offset=0&limit=100");
}
END_TEST

START_TEST(the_token_is_read_for_each_question)
{
    SET(w->options.token_file, temp_write(&w->dir, "token", "old").text);
    peer_on(w->peer, .body = "[]");
    ask("acme", "on-new-lead");
    temp_write(&w->dir, "token", "new");
    ask("acme", "on-new-lead");
    ck_assert_str_eq(request_header(request(NULL, 0), "authorization"),
                     "Bearer old");
    ck_assert_str_eq(request_header(request(NULL, 1), "authorization"),
                     "Bearer new");
}
END_TEST

START_TEST(a_folder_of_tokens_has_one_for_each_container)
{
    SET(w->options.token_file, w->dir.text);
    temp_write(&w->dir, "acme", "for-acme");
    temp_write(&w->dir, "globex", "for-globex");
    peer_on(w->peer, .body = "[]");
    ask("globex", "on-new-lead");
    ck_assert_str_eq(request_header(request(NULL, 0), "authorization"),
                     "Bearer for-globex");
    ask("initech", "on-new-lead");
    failed("/initech");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 1);
}
END_TEST

START_TEST(a_name_of_dots_leaves_neither_the_folder_nor_the_path)
{
    SET(w->options.token_file, w->dir.text);
    peer_on(w->peer, .body = "[]");
    ask("..", "on-new-lead");
    failed("not a name");
    ask(".", "on-new-lead");
    failed("not a name");
    ask("acme", "..");
    failed("not a name");
    ask("a/b", "on-new-lead");
    failed("not a name");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 0);
}
END_TEST

START_TEST(a_missing_token_file_is_named_and_nothing_is_sent)
{
    SET(w->options.token_file, temp_join(&w->dir, "nowhere").text);
    ask("acme", "on-new-lead");
    failed("/nowhere");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 0);
}
END_TEST

START_TEST(a_refused_token_is_blamed_on_its_file_and_not_shown)
{
    SET(w->options.token_file, temp_write(&w->dir, "token", "tok-abc123").text);
    peer_on(w->peer, .status = 403, .body = "{\"message\":\"tok-abc123\"}");
    ask("acme", "on-new-lead");
    failed("403: token missing or insufficient");
    failed("/token");
    ck_assert_ptr_null(strstr(w->finding.why.text, "tok-abc123"));
    peer_on(w->peer, .status = 401);
    ask("acme", "on-new-lead");
    failed("401: token missing or insufficient");
}
END_TEST

START_TEST(an_unknown_container_has_no_extension)
{
    ask("acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 1);
}
END_TEST

static char full_page[16 << 10];

/* The first page is full, the second one holds the match; a third is 404. */
static void page(void *arg, const struct peer_request *r,
                 struct peer_rule *answer)
{
    (void)arg;
    if (strstr(r->query, "offset=0&"))
        answer->body = full_page;
    else if (strstr(r->query, "offset=100&"))
        answer->body = "[" ITEM("z") "]";
    else
        answer->status = 404;
}

static void fill_page(unsigned first)
{
    size_t len = 0;

    for (unsigned i = 0; i < 100; i++)
        len +=
            (size_t)snprintf(full_page + len, sizeof full_page - len,
                             "%c{\"name\":\"w%u\"}", i ? ',' : '[', first + i);
    snprintf(full_page + len, sizeof full_page - len, "]");
}

START_TEST(pages_are_asked_for_until_one_is_short)
{
    fill_page(0);
    peer_on(w->peer, .script = page);
    ask("acme", "on-new-lead");
    found("https://ext.example/z", "s3cr3t");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 2);
}
END_TEST

/* Every page is full of names that were never seen. */
static void endless_page(void *arg, const struct peer_request *r,
                         struct peer_rule *answer)
{
    const char *offset = strstr(r->query, "offset=");

    (void)arg;
    fill_page((unsigned)strtoul(offset + strlen("offset="), NULL, 10));
    answer->body = full_page;
}

START_TEST(a_list_without_end_is_given_up)
{
    peer_on(w->peer, .script = endless_page);
    ask("acme", "on-new-lead");
    failed("more than 5000 webtasks");
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 50);
}
END_TEST

START_TEST(the_timeout_covers_all_pages_together)
{
    w->options.timeout_ms = 300;
    peer_on(w->peer, .script = endless_page, .delay_ms = 40);
    ask("acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_FAILED);
    ck_assert_uint_lt(ledger_count(peer_ledger(w->peer), NULL), 50);
}
END_TEST

START_TEST(a_url_that_may_not_be_called_is_refused)
{
    use_registry();
    peer_on(w->peer, .body = "{\"url\":\"ftp://e/\"}");
    ask("acme", "on-new-lead");
    failed("the extension's URL is refused");
    peer_on(w->peer, .body = "{\"url\":\"https://user:pw@e/\"}");
    ask("acme", "on-new-lead");
    failed("the extension's URL is refused");
    ck_assert_ptr_null(strstr(w->finding.why.text, "pw"));
    peer_on(w->peer, .body = "{\"url\":\"https://e/#x\"}");
    ask("acme", "on-new-lead");
    failed("the extension's URL is refused");
}
END_TEST

static const struct {
    struct peer_rule rule;
    const char *why;
} troubles[] = {
    {{.status = 500, .body = "[]"}, "discovery answered 500"},
    {{.status = 302, .headers = "Location: /elsewhere\r\n"},
     "discovery answered 302"},
    {{.status = 400, .body = "[]"}, "discovery answered 400"},
    {{.status = 429, .body = "[]"}, "discovery answered 429"},
    {{.act = PEER_RESET}, "discovery did not answer"},
    {{.act = PEER_RESET_IN_HEAD}, "broke off"},
    {{.act = PEER_CUT_IN_BODY, .body = "[{\"name\":\"a\"}]"}, "broke off"},
    {{.act = PEER_RESET_IN_BODY, .body = "[{\"name\":\"a\"}]"}, "broke off"},
    {{.act = PEER_ENDLESS}, "larger than 4 MiB"},
    {{.act = PEER_RAW, .body = "SSH-2.0-hello\r\n"}, "discovery did not"},
    {{.body = "<html>"}, "not JSON"},
    {{.body = ""}, "not JSON"},
};

START_TEST(trouble_is_a_failure_with_a_reason)
{
    peer_add(w->peer, &troubles[_i].rule);
    ask("acme", "on-new-lead");
    failed(troubles[_i].why);
    ck_assert_uint_eq(ledger_count(peer_ledger(w->peer), NULL), 1);
}
END_TEST

START_TEST(nobody_at_home_is_a_failure)
{
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%d", refused_port());
    SET(w->options.url, url);
    ask("acme", "on-new-lead");
    failed("discovery did not answer");
}
END_TEST

START_TEST(a_silent_platform_is_given_up_in_time)
{
    w->options.timeout_ms = 100;
    peer_on(w->peer, .act = PEER_HANG);
    ask("acme", "on-new-lead");
    failed("discovery did not answer");
}
END_TEST

START_TEST(a_registry_is_asked_by_its_template)
{
    const struct peer_request *r;

    use_registry();
    SET(w->options.token_file, temp_write(&w->dir, "token", "reg").text);
    peer_on(w->peer, .path = "/ext/acme/on-new-lead",
            .body = "{\"url\":\"https://e/x\",\"secret\":\"abc\"}");
    ask("acme", "on-new-lead");
    found("https://e/x", "abc");
    ck_assert_str_eq(w->finding.source, "http");
    r = request("/ext/acme/on-new-lead", 0);
    ck_assert_str_eq(request_header(r, "authorization"), "Bearer reg");
}
END_TEST

START_TEST(a_registry_says_none_by_404_or_204)
{
    use_registry();
    ask("acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    peer_on(w->peer, .status = 204);
    ask("acme", "on-new-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    peer_on(w->peer, .status = 503);
    ask("acme", "on-new-lead");
    failed("discovery answered 503");
}
END_TEST

START_TEST(without_a_token_file_no_authorization_is_sent)
{
    use_registry();
    ask("acme", "on-new-lead");
    ck_assert_ptr_null(request_header(request(NULL, 0), "authorization"));
}
END_TEST

START_TEST(listed_extensions_need_nobody)
{
    static struct listed_extension listed[4] = {
        {.key = {"acme", "on-new-lead"}, .url = "https://e/acme"},
        {.key = {"globex", "on-new-lead"}, .url = "https://e/globex"},
        {.key = {"twice", "on-new-lead"}, .url = "https://e/1"},
        {.key = {"twice", "on-new-lead"}, .url = "https://e/2"},
    };

    use_backend(DISCOVER_CONFIG);
    SET(listed[0].secret_file, temp_write(&w->dir, "s", "one\n").text);
    w->options.listed = listed;
    w->options.listed_count = 4;
    ask("acme", "on-new-lead");
    found("https://e/acme", "one");
    ck_assert_str_eq(w->finding.source, "config");
    temp_write(&w->dir, "s", "two");
    ask("acme", "on-new-lead");
    found("https://e/acme", "two");
    ask("globex", "on-new-lead");
    found("https://e/globex", "");
    ask("globex", "on-old-lead");
    ck_assert_int_eq(w->finding.kind, FINDING_NONE);
    ask("twice", "on-new-lead");
    failed("inconsistent configuration: 2 extensions");
    SET(listed[0].secret_file, temp_join(&w->dir, "gone").text);
    ask("acme", "on-new-lead");
    failed("/gone");
}
END_TEST

START_TEST(questions_pending_at_the_end_fail)
{
    static const struct extension_key key = {"acme", "on-new-lead"};

    peer_on(w->peer, .act = PEER_HANG);
    for (int i = 0; i < 3; i++)
        discovery_ask(w->discovery, &key, keep, NULL);
    while (ledger_count(peer_ledger(w->peer), NULL) < 3)
        uv_run(&w->loop, UV_RUN_NOWAIT);
    ck_assert_uint_eq(w->answers, 0);
    discovery_close(&w->discovery);
    ck_assert_uint_eq(w->answers, 3);
    failed("discovery did not answer");
}
END_TEST

START_TEST(the_json_library_has_a_version)
{
    ck_assert_int_eq(strncmp(discovery_json_version(), "1.", 2), 0);
}
END_TEST

static void add_tests(TCase *tests)
{
    tcase_add_test(tests, a_webtask_is_asked_for_as_the_platform_expects);
    tcase_add_test(tests, another_metadata_key_is_encoded);
    tcase_add_test(tests, the_token_is_read_for_each_question);
    tcase_add_test(tests, a_folder_of_tokens_has_one_for_each_container);
    tcase_add_test(tests,
                   a_name_of_dots_leaves_neither_the_folder_nor_the_path);
    tcase_add_test(tests, a_missing_token_file_is_named_and_nothing_is_sent);
    tcase_add_test(tests, a_refused_token_is_blamed_on_its_file_and_not_shown);
    tcase_add_test(tests, an_unknown_container_has_no_extension);
    tcase_add_test(tests, pages_are_asked_for_until_one_is_short);
    tcase_add_test(tests, a_list_without_end_is_given_up);
    tcase_add_test(tests, the_timeout_covers_all_pages_together);
    tcase_add_test(tests, a_url_that_may_not_be_called_is_refused);
    tcase_add_loop_test(tests, trouble_is_a_failure_with_a_reason, 0,
                        (int)(sizeof troubles / sizeof troubles[0]));
    tcase_add_test(tests, nobody_at_home_is_a_failure);
    tcase_add_test(tests, a_silent_platform_is_given_up_in_time);
    tcase_add_test(tests, a_registry_is_asked_by_its_template);
    tcase_add_test(tests, a_registry_says_none_by_404_or_204);
    tcase_add_test(tests, without_a_token_file_no_authorization_is_sent);
    tcase_add_test(tests, listed_extensions_need_nobody);
    tcase_add_test(tests, questions_pending_at_the_end_fail);
    tcase_add_test(tests, the_json_library_has_a_version);
}

int main(void)
{
    Suite *suite = suite_create("live.discovery");
    TCase *tests = tcase_create("discovery");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, world_open, world_close);
    add_tests(tests);
    suite_add_tcase(suite, tests);
    return run_suite(suite);
}

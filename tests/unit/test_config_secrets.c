/* Files that the configuration names for secrets: which keys come of them, and
 * that what is wrong with them is said without their content. */
#include "service/config.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#define KEY_A     "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B     "//////////////////////////////////////////8="
#define SIGN      "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define COLLECTOR "tracing: {otlp_url: \"http://c:4318\", "
#define URL       "url: \"https://ext.example/\""

static struct temp_path dir;

static struct config *read_text(const char *text)
{
    struct temp_path path = temp_write(&dir, "extq.yaml", text);
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_msg(config_read(path.text, &c, &why) == ERR_OK, "%s", why.text);
    return c;
}

static void make_files(void)
{
    dir = temp_dir();
    (void)temp_write(&dir, "a", KEY_A "\n");
    (void)temp_write(&dir, "b", KEY_B "\n");
    (void)temp_write(&dir, "sign", SIGN "\n");
    (void)temp_write(&dir, "wrong", "c3VwZXJzZWNyZXQ\n");
    (void)temp_write(&dir, "good", "a: 1\nAuthorization: Bearer t 2\n\n");
    (void)temp_write(&dir, "ours", "a: 1\nContent-Type: c3VwZXJ\n");
    (void)temp_write(&dir, "spaced", "a b: c3VwZXJ\n");
    (void)temp_write(&dir, "control", "a: 1\nb: c3VwZXJ\001\n");
    (void)temp_write(&dir, "many",
                     "a: 1\na: 2\na: 3\na: 4\na: 5\na: 6\na: 7\na: 8\na: 9");
}

static void read_all(struct config *c)
{
    struct why why = {""};

    ck_assert_msg(config_read_secrets(c, &why) == ERR_OK, "%s", why.text);
}

START_TEST(without_files_there_are_no_keys)
{
    struct config *c = read_text("workers: 1\n");

    read_all(c);
    ck_assert_uint_eq(c->seal.count, 0);
    ck_assert_ptr_eq(c->cache.seal, &c->seal);
    ck_assert_ptr_null(c->default_policy.signer);
    ck_assert_ptr_null(config_signer(c, &c->default_policy, "acme", "p"));
    config_close(&c);
}
END_TEST

START_TEST(both_keys_of_the_cache_are_read_the_newer_first)
{
    struct config *c = read_text("cache: {key_file: b, old_key_file: a}\n");
    struct seal a = {.count = 0}, b = {.count = 0};

    ck_assert_uint_eq(c->seal.count, 0);
    read_all(c);
    ck_assert_int_eq(seal_add_key(&a, span_of(KEY_A)), ERR_OK);
    ck_assert_int_eq(seal_add_key(&b, span_of(KEY_B)), ERR_OK);
    ck_assert_uint_eq(c->seal.count, 2);
    ck_assert_str_eq(c->seal.keys[0].id, b.keys[0].id);
    ck_assert_str_eq(c->seal.keys[1].id, a.keys[0].id);
    config_close(&c);
}
END_TEST

START_TEST(an_extension_signs_with_its_own_keys_or_its_points)
{
    struct config *c = read_text(
        "extensions:\n"
        "  - {container: b, point: p, " URL "}\n"
        "  - {container: a, point: q, " URL ", signing_keys: [sign]}\n"
        "  - {container: a, point: p, " URL ", signing_keys: [sign, sign]}\n"
        "points:\n"
        "  default: {signing_keys: [sign]}\n"
        "  q: {timeout: 1s}\n"
        "  r: {signing_keys: []}\n");
    const struct signer *a_p, *a_q;
    const struct policy *p = config_policy(c, "p"), *q = config_policy(c, "q");

    read_all(c);
    a_p = config_signer(c, p, "a", "p");
    a_q = config_signer(c, q, "a", "q");
    ck_assert_ptr_nonnull(a_p);
    ck_assert_ptr_nonnull(a_q);
    ck_assert_ptr_ne(a_p, a_q);
    ck_assert_ptr_eq(config_signer(c, p, "b", "p"), c->default_policy.signer);
    ck_assert_ptr_nonnull(c->default_policy.signer);
    ck_assert_ptr_nonnull(q->signer);
    ck_assert_ptr_eq(config_signer(c, q, "b", "q"), q->signer);
    ck_assert_ptr_null(config_signer(c, config_policy(c, "r"), "a", "r"));
    config_close(&c);
}
END_TEST

START_TEST(paths_of_lists_start_at_the_files_folder)
{
    struct config *c =
        read_text("points: {default: {signing_keys: [a, /etc/b, \"c/d\"]}}\n");
    struct temp_path a = temp_join(&dir, "a"), d = temp_join(&dir, "c/d");
    char want[POLICY_FILES_MAX];

    (void)snprintf(want, sizeof want, "%.300s\n/etc/b\n%.300s", a.text, d.text);
    ck_assert_str_eq(c->default_policy.signing_keys, want);
    config_close(&c);
}
END_TEST

static const struct {
    const char *text, *why;
} wrong_files[] = {
    {"cache: {key_file: absent}\n", "/absent: No such file"},
    {"cache: {key_file: a, old_key_file: absent}\n", "/absent: No such file"},
    {"ops: {token_file: wrong}\n", "/wrong: not a token: 16 characters"},
    {"cache: {key_file: wrong}\n", "/wrong: not a key: base64 of 32 bytes"},
    {"points: {default: {signing_keys: [absent]}}\n", "/absent: No such file"},
    {"points: {p: {signing_keys: [sign, wrong]}}\n",
     "/wrong: not a signing key: it begins with whsec_ or whsk_"},
    {"points: {p: {signing_keys: [sign, sign, sign, sign, sign]}}\n",
     "/sign: more than 4 signing keys"},
    {"extensions: [{container: a, point: p, " URL ", signing_keys: [wrong]}]\n",
     "/wrong: not a signing key"},
    {COLLECTOR "headers_file: wrong}\n", "/wrong: line 1 is no header"},
    {COLLECTOR "headers_file: ours}\n", "/ours: line 2 is no header"},
    {COLLECTOR "headers_file: spaced}\n", "/spaced: line 1 is no header"},
    {COLLECTOR "headers_file: control}\n", "/control: line 2 is no header"},
    {COLLECTOR "headers_file: many}\n", "/many: line 9 is no header"},
    {COLLECTOR "headers_file: absent}\n", "/absent: No such file"},
};

START_TEST(a_file_that_is_wrong_is_named_and_not_quoted)
{
    struct config *c = read_text(wrong_files[_i].text);
    struct why why = {""};

    ck_assert_int_ne(config_read_secrets(c, &why), ERR_OK);
    ck_assert_msg(strstr(why.text, wrong_files[_i].why) != NULL, "%s",
                  why.text);
    ck_assert_ptr_null(strstr(why.text, "c3VwZXJ"));
    config_close(&c);
}
END_TEST

START_TEST(the_collectors_headers_are_read_line_by_line)
{
    struct config *c = read_text(COLLECTOR "headers_file: good}\n");

    ck_assert_str_eq(c->tracing.headers, "");
    read_all(c);
    ck_assert_str_eq(c->tracing.headers, "a: 1\nAuthorization: Bearer t 2");
    ck_assert_str_eq(c->tracing.url, "http://c:4318/v1/traces");
    config_close(&c);
}
END_TEST

static const struct {
    const char *text, *why;
} wrong_texts[] = {
    {"tracing: {headers_file: a}\n", "needs tracing.otlp_url"},
    {"tracing: {otlp_url: localhost}\n", "expected a URL that begins"},
    {"tracing: {otlp_url: \"http://u:p@h\"}\n", "a user or password"},
    {"tracing: {share: 101}\n", "tracing.share"},
    {"cache: {old_key_file: a}\n", "needs cache.key_file"},
    {"points: {default: {signing_keys: a}}\n",
     "points.default.signing_keys: expected a list of paths"},
    {"points: {default: {signing_keys: [\"\"]}}\n", "expected a path"},
    {"points: {default: {signing_keys: [\"a\\nb\"]}}\n", "control characters"},
    {"points: {default: {signing_keys: [{a: b}]}}\n", "expected a single"},
};

START_TEST(a_list_of_files_that_is_wrong_is_refused)
{
    struct temp_path path = temp_write(&dir, "extq.yaml", wrong_texts[_i].text);
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_int_eq(config_read(path.text, &c, &why), ERR_CONFIG);
    ck_assert_msg(strstr(why.text, wrong_texts[_i].why) != NULL, "%s",
                  why.text);
    ck_assert_ptr_null(c);
}
END_TEST

START_TEST(a_list_of_files_is_bounded)
{
    char text[4096] = "points: {default: {signing_keys: [";
    struct temp_path path;
    struct config *c = NULL;
    struct why why = {""};

    for (int i = 0; i < 40; i++)
        (void)snprintf(text + strlen(text), sizeof text - strlen(text),
                       "/a/path/that/is/rather/long/%d, ", i);
    (void)snprintf(text + strlen(text), sizeof text - strlen(text), "]}}\n");
    path = temp_write(&dir, "extq.yaml", text);
    ck_assert_int_eq(config_read(path.text, &c, &why), ERR_CONFIG);
    ck_assert_msg(strstr(why.text, "longer than") != NULL, "%s", why.text);
}
END_TEST

START_TEST(a_collectors_url_has_room_for_its_path)
{
    char host[CONFIG_PATH_MAX - 8], text[CONFIG_PATH_MAX + 64];
    struct temp_path path;
    struct config *c = NULL;
    struct why why = {""};

    memset(host, 'h', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    (void)snprintf(text, sizeof text, "tracing: {otlp_url: \"http://%s\"}\n",
                   host);
    path = temp_write(&dir, "extq.yaml", text);
    ck_assert_int_eq(config_read(path.text, &c, &why), ERR_CONFIG);
    ck_assert_msg(strstr(why.text, "too long") != NULL, "%s", why.text);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.config_secrets");
    TCase *t = tcase_create("config_secrets");

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, make_files, NULL);
    tcase_add_test(t, without_files_there_are_no_keys);
    tcase_add_test(t, both_keys_of_the_cache_are_read_the_newer_first);
    tcase_add_test(t, an_extension_signs_with_its_own_keys_or_its_points);
    tcase_add_test(t, paths_of_lists_start_at_the_files_folder);
    tcase_add_loop_test(t, a_file_that_is_wrong_is_named_and_not_quoted, 0,
                        ROWS(wrong_files));
    tcase_add_loop_test(t, a_list_of_files_that_is_wrong_is_refused, 0,
                        ROWS(wrong_texts));
    tcase_add_test(t, a_list_of_files_is_bounded);
    tcase_add_test(t, a_collectors_url_has_room_for_its_path);
    tcase_add_test(t, the_collectors_headers_are_read_line_by_line);
    return run_suite(s);
}

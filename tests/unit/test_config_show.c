/* Values of the configuration as they are told. */
#include "service/config.h"
#include "service/config_changes.h"
#include "service/config_show.h"
#include "service/config_value.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <stdlib.h>
#include <string.h>

static struct config *one, *other;

static void *base_of(struct config *c, const struct config_key *key)
{
    return key->scope == SCOPE_POINT ? (void *)&c->default_policy : (void *)c;
}

static void open_all(void)
{
    one = calloc(1, sizeof *one);
    other = calloc(1, sizeof *other);
    ck_assert(one && other);
    config_defaults(SCOPE_SERVICE, one);
    config_defaults(SCOPE_POINT, &one->default_policy);
}

static void close_all(void)
{
    free(one);
    free(other);
}

static bool is_shown_whole(const struct config_key *key)
{
    return (key->scope == SCOPE_SERVICE || key->scope == SCOPE_POINT) &&
           key->type != CONFIG_RANGES && key->type != CONFIG_PORTS &&
           key->type != CONFIG_FILES;
}

START_TEST(what_is_shown_can_be_read_again)
{
    size_t count, shown = 0;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++) {
        struct config_target target = {base_of(other, &keys[i]), ""};
        char text[SHOWN_MAX];
        struct why why;

        if (!is_shown_whole(&keys[i]))
            continue;
        config_show(&keys[i], base_of(one, &keys[i]), text);
        ck_assert_msg(
            !config_value_read(&keys[i], span_of(text), &target, &why) &&
                config_is_same(&keys[i], base_of(one, &keys[i]), target.base),
            "%s: %s", keys[i].path, text);
        shown++;
    }
    ck_assert_uint_gt(shown, 50);
}
END_TEST

static const struct {
    const char *path, *written, *shown;
} rows[] = {
    {"redis.url", "redis://me:pw@host:1/0", "redis://...@host:1/0"},
    {"redis.url", "unix:///run/redis.sock", "unix:///run/redis.sock"},
    {"discovery.url", "https://host/x?token=abc", "https://host/x"},
    {"discovery.url", "https://me:pw@host/x?a=b@c", "https://...@host/x"},
    {"discovery.url", "", ""},
    {"redis.allow_eviction", "true", "true"},
    {"lease", "90s", "90s"},
    {"network.ports", "443, 8000-8999", "2 of them"},
    {"points.*.retry.schedule", "1s, 5m", "1s, 5m"},
    {"points.*.signing_keys", "a, b", "a\nb"},
};

START_TEST(a_value_is_shown_as_it_is_written)
{
    const struct config_key *key = config_key_find(rows[_i].path);
    char text[SHOWN_MAX];

    ck_assert_ptr_nonnull(key);
    /* As a URL need not be one that is accepted. */
    if (key->type == CONFIG_TEXT) {
        memcpy((char *)base_of(other, key) + key->offset, rows[_i].written,
               strlen(rows[_i].written) + 1);
    } else {
        struct config_target target = {base_of(other, key), ""};
        struct why why;

        ck_assert(
            !config_value_read(key, span_of(rows[_i].written), &target, &why));
    }
    config_show(key, base_of(other, key), text);
    ck_assert_str_eq(text, rows[_i].shown);
}
END_TEST

static struct buf told;

static void tell(void *arg, const struct config_change *c)
{
    (void)arg;
    ck_assert(!buf_printf(&told, "%s %s %s %s\n", c->key, c->what,
                          c->from ? c->from : "-", c->to ? c->to : "-"));
}

static const struct {
    const char *before, *after, *told;
} files[] = {
    {"workers: 2\n", "workers: 2\nlease: 8s\n", ""},
    {"lease: 8s\n", "lease: 2m\n", "lease changed 8s 2m\n"},
    {"queues: {a: {}, b: {weight: 2}}\n", "queues: {b: {weight: 3}, c: {}}\n",
     "queues.a removed - -\nqueues.b.weight changed 2 3\n"
     "queues.c added - -\n"},
    {"points: {x: {rate: 1}, y: {}}\n", "points: {x: {rate: 2}, z: {}}\n",
     "points.x.rate changed 1 2\npoints.y removed - -\n"
     "points.z added - -\n"},
    {"points: {default: {timeout: 1s}}\n", "",
     "points.default.timeout changed 1s 20s\n"},
    {"extensions: [{container: a, point: b, url: 'https://h/1'}]\n",
     "extensions: [{container: a, point: b, url: 'https://h/2'}]\n",
     "extensions changed - -\n"},
    {"", "extensions: [{container: a, point: b, url: 'https://h/2'}]\n",
     "extensions changed 0 of them 1 of them\n"},
    {"network: {allow: [10.0.0.0/8]}\n", "network: {allow: [10.0.0.0/9]}\n",
     "network.allow changed - -\n"},
};

static struct config *read_config(const char *text)
{
    struct temp_path dir = temp_dir();
    struct temp_path file = temp_write(&dir, "extq.yaml", text);
    struct config *c = NULL;
    struct why why;

    ck_assert_msg(!config_read(file.text, &c, &why), "%s", why.text);
    c->path[0] = '\0';
    return c;
}

START_TEST(each_key_that_changed_is_told)
{
    struct config *before = read_config(files[_i].before);
    struct config *after = read_config(files[_i].after);

    told = buf_make(10000);
    (void)config_changes(before, after, tell, NULL);
    ck_assert_str_eq(told.at ? told.at : "", files[_i].told);
    buf_clear(&told);
    config_close(&before);
    config_close(&after);
}
END_TEST

START_TEST(of_secrets_it_is_told_that_they_changed)
{
    struct config *before = read_config(""), *after = read_config("");

    memcpy(before->ops_token, "one", 4);
    memcpy(after->ops_token, "two", 4);
    after->seal.count = 1;
    told = buf_make(10000);
    (void)config_changes(before, after, tell, NULL);
    ck_assert_str_eq(told.at, "ops.token_file its content changed - -\n"
                              "cache.key_file its content changed - -\n");
    buf_clear(&told);
    config_close(&before);
    config_close(&after);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("config_show");
    TCase *t = tcase_create("config_show");

    suite_add_tcase(s, t);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, what_is_shown_can_be_read_again);
    tcase_add_loop_test(t, a_value_is_shown_as_it_is_written, 0, ROWS(rows));
    tcase_add_loop_test(t, each_key_that_changed_is_told, 0, ROWS(files));
    tcase_add_test(t, of_secrets_it_is_told_that_they_changed);
    return run_suite(s);
}

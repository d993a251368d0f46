/* config/extq.yaml is the manual: it and the table of keys say the same. */
#include "base/file.h"
#include "service/config.h"
#include "service/config_table.h"
#include "service/config_yaml.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>
#include <stdlib.h>

struct manual {
    char path[512];
    struct buf text;
    struct document *tree;
};

static struct manual manual_open(void)
{
    struct manual m = {.text = buf_make(1 << 20)};
    const char *source = getenv("EXTQ_SOURCE");
    struct why why = {""};
    struct place at;

    ck_assert_msg(source != NULL, "EXTQ_SOURCE names the source's folder");
    snprintf(m.path, sizeof m.path, "%s/config/extq.yaml", source);
    ck_assert_int_eq(file_read(m.path, &m.text, &why), ERR_OK);
    ck_assert_int_eq(document_open(buf_span(&m.text), &m.tree, &at, &why),
                     ERR_OK);
    return m;
}

static void manual_close(struct manual *m)
{
    document_close(&m->tree);
    buf_clear(&m->text);
}

static const struct node *member(const struct manual *m, const struct node *map,
                                 struct span name)
{
    ck_assert_int_eq(node_kind(map), NODE_MAP);
    for (size_t i = 0; i < node_count(map); i++) {
        struct span key = node_text(node_key(m->tree, map, i));

        if (key.len == name.len && memcmp(key.at, name.at, key.len) == 0)
            return node_value(m->tree, map, i);
    }
    return NULL;
}

/* The value of a key; a * stands for `default`. */
static const struct node *find(const struct manual *m, const char *path)
{
    const struct node *node = document_root(m->tree);
    struct span rest = span_of(path);

    while (rest.len > 0) {
        struct span part = span_cut(&rest, '.');

        node = member(m, node, span_is(part, "*") ? span_of("default") : part);
        ck_assert_msg(node != NULL, "%s is missing", path);
    }
    return node;
}

static void text_of(const struct manual *m, const struct node *node, char *dst,
                    size_t size)
{
    int len = 0;

    if (node_kind(node) != NODE_LIST) {
        ck_assert(span_copy(node_text(node), dst, size));
        return;
    }
    dst[0] = '\0';
    for (size_t i = 0; i < node_count(node); i++) {
        struct span item = node_text(node_item(m->tree, node, i));

        len += snprintf(dst + len, size - (size_t)len, "%s%.*s",
                        i > 0 ? "," : "", (int)item.len, item.at);
    }
}

/* The lines of the file, counted from 1, without the line's end. */
static struct span line_of(const struct manual *m, size_t number)
{
    struct span rest = buf_span(&m->text);
    struct span line = {"", 0};

    for (size_t i = 0; i < number; i++)
        line = span_cut(&rest, '\n');
    return line;
}

static bool ends(struct span line, const char *text)
{
    size_t len = strlen(text);

    return line.len >= len && memcmp(line.at + line.len - len, text, len) == 0;
}

static void check_key(const struct manual *m, const struct config_key *key)
{
    const struct node *node = find(m, key->path);
    struct place place = node_place(node);
    char text[256], accepts[128], comment[160];
    size_t above = place.line - 1;

    text_of(m, node, text, sizeof text);
    ck_assert_msg(strcmp(text, key->text) == 0,
                  "%s: \"%s\" in the file, "
                  "\"%s\" in the table",
                  key->path, text, key->text);
    config_key_accepts(key, accepts, sizeof accepts);
    snprintf(comment, sizeof comment, "  # %s", accepts);
    ck_assert_msg(ends(line_of(m, place.line), comment),
                  "line %zu does not end in \"%s\"", place.line, comment);
    snprintf(comment, sizeof comment, "# %s", key->sentence);
    while (above > 0 && line_of(m, above).len > 0 &&
           !ends(line_of(m, above), comment))
        above--;
    ck_assert_msg(above > 0 && line_of(m, above).len > 0,
                  "\"%s\" does not stand above %s", comment, key->path);
}

START_TEST(every_key_is_in_the_file_with_default_unit_and_sentence)
{
    struct manual m = manual_open();
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        if (keys[i].scope != SCOPE_EXTENSION)
            check_key(&m, &keys[i]);
    manual_close(&m);
}
END_TEST

START_TEST(the_keys_of_an_extension_are_explained)
{
    struct manual m = manual_open();
    size_t count;
    const struct config_key *keys = config_keys(&count);
    char comment[160];

    for (size_t i = 0; i < count; i++) {
        const char *name = strrchr(keys[i].path, '.');

        if (keys[i].scope != SCOPE_EXTENSION)
            continue;
        snprintf(comment, sizeof comment,
                 "#   # %s\n#   %s: ", keys[i].sentence, name + 1);
        ck_assert_msg(strstr(m.text.at, comment) != NULL, "no \"%s\"", comment);
    }
    manual_close(&m);
}
END_TEST

/* How many keys with a value of their own lie in the map. */
static size_t count_leaves(const struct manual *m, const struct node *map)
{
    size_t count = 0;

    for (size_t i = 0; i < node_count(map); i++) {
        const struct node *value = node_value(m->tree, map, i);

        count += node_kind(value) == NODE_MAP ? count_leaves(m, value) : 1;
    }
    return count;
}

START_TEST(every_key_of_the_file_is_in_the_table)
{
    struct manual m = manual_open();
    struct why why = {""};
    struct config *c = NULL;
    size_t count, leaves = 1; /* extensions: a list of its own kind */
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        leaves += keys[i].scope != SCOPE_EXTENSION;
    ck_assert_uint_eq(count_leaves(&m, document_root(m.tree)), leaves);
    ck_assert_msg(config_read(m.path, &c, &why) == ERR_OK, "%s", why.text);
    config_close(&c);
    manual_close(&m);
}
END_TEST

static void same(const struct config *a, const struct config *b,
                 const struct config_key *key)
{
    const char *x = (const char *)a + key->offset;
    const char *y = (const char *)b + key->offset;
    bool text = key->type == CONFIG_TEXT || key->type == CONFIG_FILE;

    ck_assert_msg(text ? strcmp(x, y) == 0 : memcmp(x, y, key->size) == 0, "%s",
                  key->path);
}

START_TEST(the_file_and_no_file_mean_the_same)
{
    struct manual m = manual_open();
    struct why why = {""};
    struct config *file = NULL, *none = NULL;
    size_t count;
    const struct config_key *keys = config_keys(&count);

    ck_assert_int_eq(config_read(m.path, &file, &why), ERR_OK);
    ck_assert_int_eq(config_read("", &none, &why), ERR_OK);
    for (size_t i = 0; i < count; i++)
        if (keys[i].scope == SCOPE_SERVICE)
            same(file, none, &keys[i]);
    ck_assert_int_eq(memcmp(&file->default_policy, &none->default_policy,
                            sizeof file->default_policy),
                     0);
    config_close(&file);
    config_close(&none);
    manual_close(&m);
}
END_TEST

static bool overlap(const struct config_key *a, const struct config_key *b)
{
    /* The schedule is named by the struct that it is a part of. */
    return a->scope == b->scope && a->type != CONFIG_WAITS &&
           b->type != CONFIG_WAITS && a->offset < b->offset + b->size &&
           b->offset < a->offset + a->size;
}

START_TEST(no_two_keys_share_a_path_a_place_or_a_variable)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    char a[KEY_PATH_MAX], b[KEY_PATH_MAX];

    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++) {
            if (strcmp(keys[i].path, keys[j].path) == 0 ||
                overlap(&keys[i], &keys[j]))
                ck_abort_msg("%s and %s", keys[i].path, keys[j].path);
            if (config_key_variable(&keys[i], a) &&
                config_key_variable(&keys[j], b) && strcmp(a, b) == 0)
                ck_abort_msg("%s", a);
        }
    ck_assert(config_key_variable(config_key_find("redis.url"), a));
    ck_assert_str_eq(a, "EXTQ_REDIS_URL");
    ck_assert(!config_key_variable(config_key_find("queues.*.weight"), a));
}
END_TEST

/* Drops the letter at i from the path. */
static void misspell(const char *path, size_t i, char dst[KEY_PATH_MAX])
{
    snprintf(dst, KEY_PATH_MAX, "%.*s%s", (int)i, path, path + i + 1);
}

START_TEST(a_key_that_lacks_a_letter_is_recognized)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);
    char wrong[KEY_PATH_MAX], near[KEY_PATH_MAX];

    for (size_t i = 0; i < count; i++) {
        size_t last = strlen(keys[i].path) - 1;

        misspell(keys[i].path, last, wrong);
        ck_assert_msg(config_key_nearest(wrong, near), "%s", wrong);
        ck_assert_str_eq(near, keys[i].path);
    }
    ck_assert(!config_key_nearest("", near));
    ck_assert(!config_key_nearest("qqqqqqqq", near));
}
END_TEST

int main(void)
{
    return run_tests("service.config_manual", 20,
                     every_key_is_in_the_file_with_default_unit_and_sentence,
                     the_keys_of_an_extension_are_explained,
                     every_key_of_the_file_is_in_the_table,
                     the_file_and_no_file_mean_the_same,
                     no_two_keys_share_a_path_a_place_or_a_variable,
                     a_key_that_lacks_a_letter_is_recognized);
}

/* The in-process cache: what stays, what goes, and who holds it. */
#include "stages/resolve_local.h"
#include "support/main.h"

#include <stdio.h>
#include <string.h>

static const struct http_options rules = {.max_connections = 1};

static struct packed_key key_of(const char *container, const char *point)
{
    struct extension_key key;
    struct packed_key packed;

    memset(&key, 'x', sizeof key); /* what stands behind a NUL is not read */
    snprintf(key.container, sizeof key.container, "%s", container);
    snprintf(key.point, sizeof key.point, "%s", point);
    key_pack(&packed, &key);
    return packed;
}

static struct known *open_none(const char *container)
{
    struct packed_key key = key_of(container, "p");
    struct known *k = NULL;
    struct why why;

    ck_assert_int_eq(known_open(&rules, &key, NULL, &k, &why), ERR_OK);
    return k;
}

static void put(struct local *l, const char *container)
{
    struct known *k = open_none(container);

    local_put(l, k);
    known_drop(&k);
}

static struct known *find(struct local *l, const char *container)
{
    struct packed_key key = key_of(container, "p");

    return local_find(l, &key);
}

START_TEST(what_was_put_is_found)
{
    struct local l;

    local_open(&l, 10);
    ck_assert_ptr_null(find(&l, "a"));
    put(&l, "a");
    ck_assert_ptr_nonnull(find(&l, "a"));
    ck_assert_ptr_null(find(&l, "b"));
    local_remove(&l, find(&l, "a"));
    ck_assert_ptr_null(find(&l, "a"));
    local_clear(&l);
}
END_TEST

START_TEST(the_least_recently_used_entry_goes_first)
{
    struct local l;

    local_open(&l, 3);
    put(&l, "a");
    put(&l, "b");
    put(&l, "c");
    ck_assert_ptr_nonnull(find(&l, "a"));
    put(&l, "d");
    ck_assert_ptr_null(find(&l, "b"));
    ck_assert_ptr_nonnull(find(&l, "a"));
    ck_assert_ptr_nonnull(find(&l, "c"));
    ck_assert_ptr_nonnull(find(&l, "d"));
    ck_assert_uint_eq(l.count, 3);
    local_clear(&l);
    ck_assert_uint_eq(l.count, 0);
}
END_TEST

START_TEST(a_newer_entry_takes_the_place_of_the_old_one)
{
    struct local l;
    struct known *k = open_none("a");

    local_open(&l, 3);
    put(&l, "a");
    local_put(&l, k);
    ck_assert_ptr_eq(find(&l, "a"), k);
    ck_assert_uint_eq(l.count, 1);
    local_clear(&l);
    known_drop(&k);
}
END_TEST

START_TEST(a_held_entry_outlives_its_place_in_the_cache)
{
    struct local l;
    struct known *k;

    local_open(&l, 1);
    put(&l, "a");
    k = known_hold(find(&l, "a"));
    put(&l, "b");
    ck_assert_ptr_null(find(&l, "a"));
    ck_assert_uint_eq(k->refs, 1);
    known_drop(&k);
    ck_assert_ptr_null(k);
    local_clear(&l);
}
END_TEST

START_TEST(a_cache_without_room_keeps_nothing)
{
    struct local l;

    local_open(&l, 0);
    put(&l, "a");
    ck_assert_ptr_null(find(&l, "a"));
    local_clear(&l);
}
END_TEST

START_TEST(thousands_of_entries_are_told_apart)
{
    struct local l;
    char name[16];

    local_open(&l, 5000);
    for (int i = 0; i < 6000; i++) {
        snprintf(name, sizeof name, "c%d", i);
        put(&l, name);
    }
    ck_assert_uint_eq(l.count, 5000);
    for (int i = 0; i < 6000; i++) {
        snprintf(name, sizeof name, "c%d", i);
        ck_assert_int_eq(find(&l, name) != NULL, i >= 1000);
    }
    local_clear(&l);
}
END_TEST

START_TEST(container_and_point_do_not_run_together)
{
    struct packed_key a = key_of("ab", "c"), b = key_of("a", "bc");
    struct packed_key c = key_of("ab", "c");

    ck_assert(a.len != b.len || memcmp(a.bytes, b.bytes, a.len) != 0);
    ck_assert_uint_eq(a.len, c.len);
    ck_assert_mem_eq(a.bytes, c.bytes, a.len);
}
END_TEST

START_TEST(the_longest_names_fit)
{
    struct packed_key key;
    char name[IDENT_MAX + 1];

    memset(name, 'n', IDENT_MAX);
    name[IDENT_MAX] = '\0';
    key = key_of(name, name);
    ck_assert_uint_eq(key.len, 2 * IDENT_MAX + 1);
}
END_TEST

START_TEST(an_entry_has_a_target_with_its_extension)
{
    struct packed_key key = key_of("a", "p");
    struct extension *x = NULL;
    struct known *k = NULL;
    struct why why;

    ck_assert_int_eq(extension_make(span_of("https://e/"), span_of("s"), &x),
                     ERR_OK);
    ck_assert_int_eq(known_open(&rules, &key, x, &k, &why), ERR_OK);
    ck_assert_uint_eq(x->refs, 2);
    ck_assert_ptr_nonnull(k->target);
    known_drop(&k);
    ck_assert_uint_eq(x->refs, 1);
    extension_drop(&x);
}
END_TEST

START_TEST(a_url_that_the_rules_refuse_makes_no_entry)
{
    struct packed_key key = key_of("a", "p");
    struct extension *x = NULL;
    struct known *k = NULL;
    struct why why;

    ck_assert_int_eq(extension_make(span_of("http://e/"), span_of(""), &x),
                     ERR_OK);
    ck_assert_int_eq(known_open(&rules, &key, x, &k, &why), ERR_SYNTAX);
    ck_assert_ptr_null(k);
    ck_assert_str_ne(why.text, "");
    ck_assert_uint_eq(x->refs, 1);
    extension_drop(&x);
}
END_TEST

int main(void)
{
    return run_tests(
        "stages.resolve_local", 20, what_was_put_is_found,
        the_least_recently_used_entry_goes_first,
        a_newer_entry_takes_the_place_of_the_old_one,
        a_held_entry_outlives_its_place_in_the_cache,
        a_cache_without_room_keeps_nothing, thousands_of_entries_are_told_apart,
        container_and_point_do_not_run_together, the_longest_names_fit,
        an_entry_has_a_target_with_its_extension,
        a_url_that_the_rules_refuse_makes_no_entry);
}

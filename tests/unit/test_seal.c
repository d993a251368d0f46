/* What is sealed opens with its key, in its place, unchanged, and never
 * otherwise. */
#include "link/seal.h"
#include "support/main.h"
#include "support/table.h"

#include <stdio.h>

#define KEY_A "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
#define KEY_B "//////////////////////////////////////////8="
#define PLAIN "{\"url\":\"https://ext.example/\",\"secret\":\"s3cr3t\"}"
#define PLACE "extq\nacme\non-new-lead\n1700000000000"
#define NAME  "https://ext.example/"

static struct seal seal_of(const char *first, const char *second)
{
    struct seal s = {.count = 0};

    ck_assert_int_eq(seal_add_key(&s, span_of(first)), ERR_OK);
    if (second)
        ck_assert_int_eq(seal_add_key(&s, span_of(second)), ERR_OK);
    return s;
}

static struct buf sealed_by(const struct seal *s)
{
    const struct seal_label label = {span_of(PLACE), span_of(NAME)};
    struct buf out = buf_make(4096);

    ck_assert_int_eq(seal_write(s, &label, span_of(PLAIN), &out), ERR_OK);
    return out;
}

/* Opens an exact copy, so that sanitizers see a read past the end. */
static enum err open_at(const struct seal *s, const char *place,
                        struct span sealed)
{
    struct span copy = exact_copy(sealed);
    struct buf out = buf_make(4096);
    enum err e = seal_read(s, span_of(place), copy, &out);

    if (!e)
        ck_assert_str_eq(out.at, PLAIN);
    else
        ck_assert_uint_eq(out.len, 0);
    buf_wipe(&out);
    exact_free(copy);
    return e;
}

START_TEST(what_was_sealed_opens)
{
    struct seal s = seal_of(KEY_A, NULL);
    struct buf sealed = sealed_by(&s);

    ck_assert_int_eq(open_at(&s, PLACE, buf_span(&sealed)), ERR_OK);
    ck_assert(memmem(sealed.at, sealed.len, "s3cr3t", 6) == NULL);
    ck_assert(memmem(sealed.at, sealed.len, "ext.example", 11) == NULL);
    ck_assert(strncmp(sealed.at, "seal1:", 6) == 0);
    buf_clear(&sealed);
}
END_TEST

START_TEST(no_two_sealings_are_alike)
{
    struct seal s = seal_of(KEY_A, NULL);
    struct buf a = sealed_by(&s), b = sealed_by(&s);

    ck_assert_uint_eq(a.len, b.len);
    ck_assert(memcmp(a.at, b.at, a.len) != 0);
    buf_clear(&a);
    buf_clear(&b);
}
END_TEST

START_TEST(a_flipped_bit_anywhere_is_seen)
{
    struct seal s = seal_of(KEY_A, NULL);
    struct buf sealed = sealed_by(&s);

    for (size_t i = 0; i < sealed.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            sealed.at[i] = (char)(sealed.at[i] ^ (1 << bit));
            ck_assert_msg(open_at(&s, PLACE, buf_span(&sealed)) == ERR_SYNTAX,
                          "bit %d of byte %zu", bit, i);
            sealed.at[i] = (char)(sealed.at[i] ^ (1 << bit));
        }
    ck_assert_int_eq(open_at(&s, PLACE, buf_span(&sealed)), ERR_OK);
    buf_clear(&sealed);
}
END_TEST

START_TEST(a_text_cut_or_lengthened_is_seen)
{
    struct seal s = seal_of(KEY_A, NULL);
    struct buf sealed = sealed_by(&s);

    for (size_t len = 0; len < sealed.len; len++)
        ck_assert_int_eq(open_at(&s, PLACE, (struct span){sealed.at, len}),
                         ERR_SYNTAX);
    ck_assert_int_eq(buf_add(&sealed, "", 1), ERR_OK);
    ck_assert_int_eq(open_at(&s, PLACE, buf_span(&sealed)), ERR_SYNTAX);
    buf_clear(&sealed);
}
END_TEST

static const char *const elsewhere[] = {
    "other\nacme\non-new-lead\n1700000000000",
    "extq\nevil\non-new-lead\n1700000000000",
    "extq\nacme\non-old-lead\n1700000000000",
    "extq\nacme\non-new-lead\n1700000000001",
    "extq\nacme\non-new-lead\n",
    "",
};

START_TEST(it_opens_in_its_place_alone)
{
    struct seal s = seal_of(KEY_A, NULL);
    struct buf sealed = sealed_by(&s);

    ck_assert_int_eq(open_at(&s, elsewhere[_i], buf_span(&sealed)), ERR_SYNTAX);
    buf_clear(&sealed);
}
END_TEST

START_TEST(the_old_key_opens_and_the_new_one_seals)
{
    struct seal before = seal_of(KEY_A, NULL), after = seal_of(KEY_B, KEY_A);
    struct seal only_new = seal_of(KEY_B, NULL);
    struct buf old = sealed_by(&before), new = sealed_by(&after);

    ck_assert_int_eq(open_at(&after, PLACE, buf_span(&old)), ERR_OK);
    ck_assert_int_eq(open_at(&only_new, PLACE, buf_span(&new)), ERR_OK);
    ck_assert_int_eq(open_at(&only_new, PLACE, buf_span(&old)), ERR_SYNTAX);
    ck_assert_int_eq(open_at(&before, PLACE, buf_span(&new)), ERR_SYNTAX);
    buf_clear(&old);
    buf_clear(&new);
}
END_TEST

START_TEST(the_name_it_was_sealed_under_is_known)
{
    struct seal s = seal_of(KEY_A, NULL), other = seal_of(KEY_B, NULL);
    struct buf sealed = sealed_by(&s);
    struct span text = buf_span(&sealed);

    ck_assert(seal_has_name(&s, text, span_of(NAME)));
    ck_assert(!seal_has_name(&s, text, span_of("https://ext.example/b")));
    ck_assert(!seal_has_name(&s, text, span_of("")));
    ck_assert(!seal_has_name(&other, text, span_of(NAME)));
    buf_clear(&sealed);
}
END_TEST

static const char *const no_keys[] = {
    "",
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg==", /* 31 bytes */
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g", /* 33 bytes */
    "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",  /* no padding */
    ("000102030405060708090a0b0c0d0e0f10111213141516171819"
     "1a1b1c1d1e1f"), /* hex */
    "not a key",
};

START_TEST(what_is_no_key_is_refused)
{
    struct seal s = {.count = 0};

    ck_assert_int_eq(seal_add_key(&s, span_of(no_keys[_i])), ERR_SYNTAX);
    ck_assert_uint_eq(s.count, 0);
}
END_TEST

START_TEST(there_are_two_keys_at_most)
{
    struct seal s = seal_of(KEY_A, KEY_B);

    ck_assert_int_eq(seal_add_key(&s, span_of(KEY_A)), ERR_LIMIT);
    ck_assert_str_ne(s.keys[0].id, s.keys[1].id);
    ck_assert_uint_eq(strlen(s.keys[0].id), SEAL_ID_MAX - 1);
}
END_TEST

START_TEST(a_buffer_that_is_full_is_said)
{
    const struct seal_label label = {span_of(PLACE), span_of(NAME)};
    struct seal s = seal_of(KEY_A, NULL);
    struct buf sealed = sealed_by(&s), small = buf_make(sealed.len - 1);

    ck_assert_int_eq(seal_write(&s, &label, span_of(PLAIN), &small), ERR_LIMIT);
    buf_wipe(&small);
    small = buf_make(strlen(PLAIN) - 1);
    ck_assert_int_eq(seal_read(&s, span_of(PLACE), buf_span(&sealed), &small),
                     ERR_LIMIT);
    buf_wipe(&small);
    buf_clear(&sealed);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("link.seal");
    TCase *t = tcase_create("seal");

    suite_add_tcase(s, t);
    tcase_add_test(t, what_was_sealed_opens);
    tcase_add_test(t, no_two_sealings_are_alike);
    tcase_add_test(t, a_flipped_bit_anywhere_is_seen);
    tcase_add_test(t, a_text_cut_or_lengthened_is_seen);
    tcase_add_loop_test(t, it_opens_in_its_place_alone, 0, ROWS(elsewhere));
    tcase_add_test(t, the_old_key_opens_and_the_new_one_seals);
    tcase_add_test(t, the_name_it_was_sealed_under_is_known);
    tcase_add_loop_test(t, what_is_no_key_is_refused, 0, ROWS(no_keys));
    tcase_add_test(t, there_are_two_keys_at_most);
    tcase_add_test(t, a_buffer_that_is_full_is_said);
    return run_suite(s);
}

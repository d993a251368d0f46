/* A buffer that grows to its bound, and keeps what it has when it cannot. */
#include "base/buf.h"

#include "support/main.h"
#include "support/table.h"

/* An allocation nobody can have is to fail here, not to end the test. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}

const char *__tsan_default_options(void);
const char *__tsan_default_options(void)
{
    return "allocator_may_return_null=1";
}

START_TEST(an_empty_buffer_owns_nothing)
{
    struct buf b = buf_make(10);

    ck_assert_ptr_null(b.at);
    ck_assert_uint_eq(buf_span(&b).len, 0);
    buf_reset(&b);
    buf_wipe(&b);
    buf_clear(&b);
}
END_TEST

START_TEST(what_is_added_stands_behind_what_was_there)
{
    struct buf b = buf_make(100);

    ck_assert_int_eq(buf_add(&b, "a\0b", 3), ERR_OK);
    ck_assert_int_eq(buf_add_text(&b, "cd"), ERR_OK);
    ck_assert_int_eq(buf_printf(&b, "%d-%s", 7, "x"), ERR_OK);
    ck_assert_uint_eq(b.len, 8);
    ck_assert_mem_eq(b.at, "a\0bcd7-x", 9);
    buf_clear(&b);
}
END_TEST

START_TEST(adding_nothing_makes_an_empty_text)
{
    struct buf b = buf_make(0);

    ck_assert_int_eq(buf_add(&b, NULL, 0), ERR_OK);
    ck_assert_str_eq(b.at, "");
    buf_clear(&b);
}
END_TEST

START_TEST(a_buffer_grows_to_its_bound_and_not_past_it)
{
    struct buf b = buf_make(1000);

    for (int i = 0; i < 1000; i++)
        ck_assert_int_eq(buf_add(&b, "x", 1), ERR_OK);
    ck_assert_int_eq(buf_add(&b, "y", 1), ERR_LIMIT);
    ck_assert_int_eq(buf_printf(&b, "%s", "y"), ERR_LIMIT);
    ck_assert_int_eq(buf_add(&b, "y", SIZE_MAX), ERR_LIMIT);
    ck_assert_uint_eq(b.len, 1000);
    ck_assert_uint_eq(strspn(b.at, "x"), 1000);
    ck_assert_int_eq(buf_add(&b, "", 0), ERR_OK);
    buf_clear(&b);
}
END_TEST

START_TEST(refused_memory_leaves_the_buffer_alone)
{
    volatile size_t huge = (size_t)1 << 46;
    struct buf b = buf_make((size_t)1 << 47);

    ck_assert_int_eq(buf_add(&b, "x", huge), ERR_MEMORY);
    ck_assert_ptr_null(b.at);
    ck_assert_int_eq(buf_add_text(&b, "a"), ERR_OK);
    ck_assert_int_eq(buf_add(&b, "x", huge), ERR_MEMORY);
    ck_assert_str_eq(b.at, "a");
    buf_clear(&b);
}
END_TEST

START_TEST(a_cut_takes_back_what_was_added)
{
    struct buf b = buf_make(10);

    buf_cut(&b, 0);
    ck_assert_int_eq(buf_add_text(&b, "abcd"), ERR_OK);
    buf_cut(&b, 2);
    ck_assert_str_eq(b.at, "ab");
    ck_assert_uint_eq(b.len, 2);
    buf_clear(&b);
}
END_TEST

START_TEST(a_reset_keeps_the_memory_and_clear_gives_it_back)
{
    struct buf b = buf_make(10);
    const char *at;

    ck_assert_int_eq(buf_add_text(&b, "abc"), ERR_OK);
    at = b.at;
    buf_reset(&b);
    ck_assert_uint_eq(b.len, 0);
    ck_assert_str_eq(b.at, "");
    ck_assert_int_eq(buf_add_text(&b, "de"), ERR_OK);
    ck_assert_ptr_eq(b.at, at);
    buf_clear(&b);
    ck_assert_ptr_null(b.at);
    ck_assert_int_eq(buf_add_text(&b, "again"), ERR_OK);
    buf_wipe(&b);
    ck_assert_uint_eq(b.max, 10);
    ck_assert_uint_eq(b.len, 0);
}
END_TEST

int main(void)
{
    return run_tests("buf", 10, an_empty_buffer_owns_nothing,
                     what_is_added_stands_behind_what_was_there,
                     adding_nothing_makes_an_empty_text,
                     a_buffer_grows_to_its_bound_and_not_past_it,
                     refused_memory_leaves_the_buffer_alone,
                     a_cut_takes_back_what_was_added,
                     a_reset_keeps_the_memory_and_clear_gives_it_back);
}

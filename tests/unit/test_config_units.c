/* Durations and sizes as people write them, and back. */
#include "service/config.h"
#include "service/config_units.h"
#include "support/main.h"
#include "support/table.h"

static const struct duration {
    const char *text;
    int64_t ms; /* -1 = refused */
} durations[] = {
    {"0", 0},
    {"0s", 0},
    {"1ms", 1},
    {"250ms", 250},
    {"20s", 20000},
    {"5m", 300000},
    {"1h", 3600000},
    {"7d", 604800000},
    {"090s", 90000},
    {"9223372036854775807ms", INT64_MAX},
    {"9223372036854775808ms", -1},
    {"9223372036854775s", INT64_C(9223372036854775000)},
    {"9223372036854776s", -1},
    {"99999999999999999999d", -1},
    {"18446744073709551616ms", -1},
    {"", -1},
    {"s", -1},
    {"20", -1},
    {"20 s", -1},
    {" 20s", -1},
    {"20s ", -1},
    {"20S", -1},
    {"-1s", -1},
    {"+1s", -1},
    {"1.5s", -1},
    {"1h30m", -1},
    {"20sec", -1},
    {"1us", -1},
    {"0x10s", -1},
};

START_TEST(a_duration_has_a_unit)
{
    const struct duration *d = &durations[_i];
    struct span text = exact_copy(span_of(d->text));
    int64_t ms = -7;

    if (d->ms < 0) {
        ck_assert_int_eq(config_duration(text, &ms), ERR_SYNTAX);
        ck_assert_int_eq(ms, -7);
    } else {
        ck_assert_int_eq(config_duration(text, &ms), ERR_OK);
        ck_assert_int_eq(ms, d->ms);
    }
    exact_free(text);
}
END_TEST

static const struct size {
    const char *text;
    int64_t bytes; /* -1 = refused */
} sizes[] = {
    {"0", 0},
    {"512", 512},
    {"64KiB", 65536},
    {"10MiB", 10485760},
    {"2GiB", INT64_C(2147483648)},
    {"0KiB", 0},
    {"8796093022207MiB", INT64_C(9223372036853727232)},
    {"8796093022208MiB", -1},
    {"", -1},
    {"KiB", -1},
    {"64KB", -1},
    {"64kib", -1},
    {"64K", -1},
    {"64 KiB", -1},
    {"-1", -1},
    {"1.5MiB", -1},
    {"99999999999999999999", -1},
};

START_TEST(a_size_is_bytes_or_has_a_binary_unit)
{
    const struct size *s = &sizes[_i];
    struct span text = exact_copy(span_of(s->text));
    size_t bytes = 7;

    if (s->bytes < 0) {
        ck_assert_int_eq(config_size(text, &bytes), ERR_SYNTAX);
        ck_assert_uint_eq(bytes, 7);
    } else {
        ck_assert_int_eq(config_size(text, &bytes), ERR_OK);
        ck_assert_uint_eq(bytes, (size_t)s->bytes);
    }
    exact_free(text);
}
END_TEST

static const struct written {
    int64_t n;
    const char *duration, *size;
} writtens[] = {
    {0, "0", "0"},
    {1, "1ms", "1"},
    {1000, "1s", "1000"},
    {1024, "1024ms", "1KiB"},
    {90000, "90s", "90000"},
    {65536, "65536ms", "64KiB"},
    {3600000, "1h", "3600000"},
    {5400000, "90m", "5400000"},
    {86400000, "1d", "84375KiB"},
    {1 << 30, "1073741824ms", "1GiB"},
    {INT64_MAX, "9223372036854775807ms", "9223372036854775807"},
};

START_TEST(a_written_value_reads_as_itself)
{
    const struct written *w = &writtens[_i];
    char text[UNITS_TEXT_MAX];
    int64_t ms;
    size_t bytes;

    config_duration_text(w->n, text);
    ck_assert_str_eq(text, w->duration);
    ck_assert_int_eq(config_duration(span_of(text), &ms), ERR_OK);
    ck_assert_int_eq(ms, w->n);
    config_size_text((uint64_t)w->n, text);
    ck_assert_str_eq(text, w->size);
    ck_assert_int_eq(config_size(span_of(text), &bytes), ERR_OK);
    ck_assert_uint_eq(bytes, (size_t)w->n);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.config_units");
    TCase *tests = tcase_create("config_units");

    suite_add_tcase(suite, tests);
    tcase_add_loop_test(tests, a_duration_has_a_unit, 0, ROWS(durations));
    tcase_add_loop_test(tests, a_size_is_bytes_or_has_a_binary_unit, 0,
                        ROWS(sizes));
    tcase_add_loop_test(tests, a_written_value_reads_as_itself, 0,
                        ROWS(writtens));
    return run_suite(suite);
}

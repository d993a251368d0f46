/* What Redis keeps of a gate. */
#include "model/gate_state.h"

#include "support/main.h"
#include "support/table.h"

static const struct {
    const char *text;
    enum gate_kind kind;
    int64_t since_ms, until_ms;
    uint32_t step;
    const char *mark, *why;
} good[] = {
    {"", GATE_NONE, 0, 0, 0, "-", ""},
    {"full 7 0 0 - -", GATE_FULL, 7, 0, 0, "-", "-"},
    {"circuit 1700000000000 1700000005000 3 - 15 of 20 calls failed",
     GATE_CIRCUIT, 1700000000000, 1700000005000, 3, "-",
     "15 of 20 calls failed"},
    {"wait 7 9 0 - ", GATE_WAIT, 7, 9, 0, "-", ""},
    {"wait 7 9 0 -", GATE_WAIT, 7, 9, 0, "-", ""},
    {"gone 7 9 4294967295 0a1b x", GATE_GONE, 7, 9, UINT32_MAX, "0a1b", "x"},
    {"paused 7 0 0 -  two blanks", GATE_PAUSED, 7, 0, 0, "-", " two blanks"},
};

START_TEST(a_state_is_read)
{
    struct span text = exact_copy(span_of(good[_i].text));
    struct gate_state s;

    ck_assert_int_eq(gate_state_read(text, &s), ERR_OK);
    ck_assert_int_eq(s.kind, good[_i].kind);
    ck_assert_int_eq(s.since_ms, good[_i].since_ms);
    ck_assert_int_eq(s.until_ms, good[_i].until_ms);
    ck_assert_uint_eq(s.step, good[_i].step);
    ck_assert(span_is(s.mark, good[_i].mark));
    ck_assert(span_is(s.why, good[_i].why));
    exact_free(text);
}
END_TEST

static const char *const bad[] = {
    " ",
    "full",
    "full 7",
    "full 7 0",
    "full 7 0 0",
    "full 7 0 0 ",
    "full 7 0 0  why",
    "none 7 0 0 - -",
    "Full 7 0 0 - -",
    "fuller 7 0 0 - -",
    " full 7 0 0 - -",
    "full x 0 0 - -",
    "full -1 0 0 - -",
    "full 7 9223372036854775808 0 - -",
    "full 7 0 4294967296 - -",
    "full  7 0 0 - -",
};

START_TEST(anything_else_is_refused)
{
    struct span text = exact_copy(span_of(bad[_i]));
    struct gate_state s;

    ck_assert_int_eq(gate_state_read(text, &s), ERR_SYNTAX);
    exact_free(text);
}
END_TEST

START_TEST(a_name_is_split_as_it_was_made)
{
    struct span container, point;
    char name[GATE_NAME_SIZE], longest[IDENT_MAX + 1];

    gate_name(name, "acme", "on-lead");
    ck_assert_str_eq(name, "acme:on-lead");
    ck_assert_int_eq(gate_name_read(span_of(name), &container, &point), 0);
    ck_assert(span_is(container, "acme"));
    ck_assert(span_is(point, "on-lead"));
    gate_name(name, "acme", "");
    ck_assert_str_eq(name, "acme:");
    ck_assert_int_eq(gate_name_read(span_of(name), &container, &point), 0);
    ck_assert(span_is(container, "acme"));
    ck_assert_uint_eq(point.len, 0);
    memset(longest, 'x', IDENT_MAX);
    longest[IDENT_MAX] = '\0';
    gate_name(name, longest, longest);
    ck_assert_uint_eq(strlen(name), 2 * IDENT_MAX + 1);
    ck_assert_int_eq(gate_name_read(span_of(name), &container, &point), 0);
}
END_TEST

static const char *const no_names[] = {
    "", ":", "acme", ":version", "a:b:c", "ac me:p", "acme:p q"};

START_TEST(what_is_no_name_is_refused)
{
    struct span container, point;

    ck_assert_int_eq(gate_name_read(span_of(no_names[_i]), &container, &point),
                     ERR_SYNTAX);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("model.gate_state");
    TCase *t = tcase_create("all");

    tcase_add_loop_test(t, a_state_is_read, 0, ROWS(good));
    tcase_add_loop_test(t, anything_else_is_refused, 0, ROWS(bad));
    tcase_add_test(t, a_name_is_split_as_it_was_made);
    tcase_add_loop_test(t, what_is_no_name_is_refused, 0, ROWS(no_names));
    suite_add_tcase(s, t);
    return run_suite(s);
}

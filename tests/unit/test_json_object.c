/* An object's members: which are listed, compared and found. */
#include "base/json.h"

#include "support/main.h"
#include "support/table.h"

static struct json_member members[JSON_MEMBERS_MAX];
static struct json_flaw flaw;

static size_t read_good(const char *text)
{
    size_t count = 99;

    ck_assert_int_eq(json_object(span_of(text), members, &count, &flaw),
                     ERR_OK);
    return count;
}

static const struct json_member *find(const char *text, const char *name)
{
    return json_find(members, read_good(text), name);
}

START_TEST(members_are_listed_in_order_with_their_exact_bytes)
{
    size_t count = read_good(
        " {\"id\" : \"\\u0065vt\",\"n\":-1.0e2 ,\n\"x\":{\"id\": [1, 2] },"
        "\"t\":true,\"z\":null,\"l\":[{\"q\":1}]} ");

    ck_assert_uint_eq(count, 6);
    ck_assert(span_is(members[0].key, "id"));
    ck_assert(span_is(members[0].value.raw, "\"\\u0065vt\""));
    ck_assert_int_eq(members[0].value.kind, JSON_STRING);
    ck_assert(span_is(members[1].value.raw, "-1.0e2"));
    ck_assert_int_eq(members[1].value.kind, JSON_NUMBER);
    ck_assert(span_is(members[2].value.raw, "{\"id\": [1, 2] }"));
    ck_assert_int_eq(members[2].value.kind, JSON_OBJECT);
    ck_assert_int_eq(members[3].value.kind, JSON_BOOL);
    ck_assert_int_eq(members[4].value.kind, JSON_NULL);
    ck_assert(span_is(members[5].value.raw, "[{\"q\":1}]"));
    ck_assert_int_eq(members[5].value.kind, JSON_ARRAY);
}
END_TEST

START_TEST(an_empty_object_has_no_members)
{
    ck_assert_uint_eq(read_good("{}"), 0);
    ck_assert_ptr_null(json_find(members, 0, "a"));
}
END_TEST

static const struct {
    const char *text;
    size_t offset;
    size_t count; /* members in front of the flaw */
    const char *what;
} bad[] = {
    {"", 0, 0, "the text ends too early"},
    {" [1]", 1, 0, "expected an object"},
    {"\"{}\"", 0, 0, "expected an object"},
    {"null", 0, 0, "expected an object"},
    {" 1 ", 1, 0, "expected an object"},
    {"[{\"a\":1}]", 0, 0, "expected an object"},
    {"[1", 2, 0, "the text ends too early"},
    {"{\"a\":1,\"b\":}", 11, 1, "expected a value"},
    {"{\"a\":1,\"b\":{\"c\":1,\"d\":x}}", 22, 1, "expected a value"},
    {"{\"a\":1,\"b\":2,\"a\":3}", 13, 2, "duplicate key"},
    {"{\"a\":{\"b\":1,\"b\":2},\"a\":3}", 19, 1, "duplicate key"},
    {"{\"a\\u0000\":1}", 3, 0, "U+0000 in a string"},
    {"{\"a\":\"\\u0000\",\"\\ud800\":1}", 15, 1, "lone surrogate"},
    {"{\"a\":\"\\ud80\"}", 11, 0, "expected a hex digit"},
    {"{\"a\":[\"\\ud800\\x\"]}", 14, 0, "unknown escape"},
    {"{\"a\":\"\xed\xa0\x80\"}", 6, 0, "invalid UTF-8"},
    {"{\"a\":[{\"b\n\":1}]}", 9, 0, "control character in a string"},
    {"{\"a\":[01]}", 7, 0, "leading zero"},
    {"{\"a\":1} {}", 8, 1, "text behind the value"},
};

START_TEST(what_is_no_object_is_refused_at_its_byte)
{
    size_t count = 99;

    ck_assert_int_eq(json_object(span_of(bad[_i].text), members, &count, &flaw),
                     ERR_SYNTAX);
    ck_assert_str_eq(flaw.what, bad[_i].what);
    ck_assert_uint_eq(flaw.offset, bad[_i].offset);
    ck_assert_uint_eq(count, bad[_i].count);
}
END_TEST

static const char *const opaque[] = {
    "{\"b\":1,\"b\":2}",  "[{\"b\":{\"c\":1,\"\\u0063\":2}}]",
    "\"a\\u0000\"",       "\"\\ud800\"",
    "\"\\udc00\\ud800\"", "\"\\ud800\\n\"",
    "\"\\ud800\\u0041\"", "{\"\\u0000\":1,\"\\udfff\":[\"\\ud83d\"]}",
};

START_TEST(a_value_may_be_any_json)
{
    struct buf text = buf_make(1 << 10);
    struct json_value value;

    ck_assert_int_eq(buf_printf(&text, "{\"a\":%s,\"b\":1}", opaque[_i]), 0);
    ck_assert_uint_eq(read_good(text.at), 2);
    ck_assert(span_is(members[0].value.raw, opaque[_i]));
    ck_assert_int_eq(json_check(span_of(opaque[_i]), &value, &flaw),
                     ERR_SYNTAX);
    buf_clear(&text);
}
END_TEST

START_TEST(members_in_front_of_a_flaw_are_listed)
{
    size_t count;

    ck_assert_int_eq(
        json_object(span_of("{\"id\":\"e1\",\"x\":!}"), members, &count, &flaw),
        ERR_SYNTAX);
    ck_assert(span_is(json_find(members, count, "id")->value.raw, "\"e1\""));
}
END_TEST

START_TEST(a_member_is_found_by_its_name)
{
    ck_assert(span_is(find("{\"a\":1,\"ab\":2}", "ab")->value.raw, "2"));
    ck_assert_ptr_null(find("{\"a\":1,\"ab\":2}", "abc"));
    ck_assert_ptr_null(find("{\"a\":1,\"ab\":2}", "b"));
    ck_assert_ptr_null(find("{\"ID\":1}", "id"));
    ck_assert_ptr_null(find("{\"x\":{\"id\":1}}", "id"));
    ck_assert_ptr_null(find("{\"\":1}", "id"));
    ck_assert_ptr_null(find("{\"id\":1}", ""));
}
END_TEST

START_TEST(an_escaped_spelling_is_the_same_name)
{
    ck_assert(span_is(find("{\"\\u0069\\u0064\":7}", "id")->value.raw, "7"));
    ck_assert_ptr_null(find("{\"\\u0069\\u0065\":7}", "id"));
    ck_assert_ptr_null(find("{\"\\\\u0069d\":7}", "id"));
}
END_TEST

/* {"k0":0,"k1":1,...} of count members, then the text. */
static struct buf numbered(int count, const char *last)
{
    struct buf text = buf_make(1 << 20);

    for (int i = 0; i < count; i++)
        ck_assert_int_eq(
            buf_printf(&text, "%c\"k%d\":%d", i > 0 ? ',' : '{', i, i), 0);
    ck_assert_int_eq(buf_add_text(&text, last), ERR_OK);
    return text;
}

static enum err read_numbered(int count, const char *last, size_t *ret_count)
{
    struct buf text = numbered(count, last);
    enum err e = json_object(buf_span(&text), members, ret_count, &flaw);

    buf_clear(&text);
    return e;
}

START_TEST(as_many_members_as_the_bound_are_compared)
{
    size_t count;

    ck_assert_int_eq(read_numbered(64, "}", &count), ERR_OK);
    ck_assert_uint_eq(count, 64);
    ck_assert_int_eq(read_numbered(63, ",\"k0\":1}", &count), ERR_SYNTAX);
    ck_assert_str_eq(flaw.what, "duplicate key");
    ck_assert_int_eq(read_numbered(63, ",\"k62\":1}", &count), ERR_SYNTAX);
}
END_TEST

START_TEST(members_past_the_bound_are_counted_and_not_listed)
{
    struct buf text = numbered(300, ",\"last\":1}");
    size_t count;

    ck_assert_int_eq(json_object(buf_span(&text), members, &count, &flaw),
                     ERR_OK);
    ck_assert_uint_eq(count, 301);
    ck_assert(span_is(members[63].value.raw, "63"));
    ck_assert_ptr_nonnull(json_find(members, count, "k63"));
    ck_assert_ptr_null(json_find(members, count, "k64"));
    ck_assert_ptr_null(json_find(members, count, "last"));
    buf_clear(&text);
}
END_TEST

START_TEST(members_past_the_bound_are_validated)
{
    size_t count;

    ck_assert_int_eq(read_numbered(70, ",\"x\":01}", &count), ERR_SYNTAX);
    ck_assert_str_eq(flaw.what, "leading zero");
    ck_assert_uint_eq(count, 70);
    ck_assert_int_eq(read_numbered(70, ",\"\xff\":1}", &count), ERR_SYNTAX);
    ck_assert_str_eq(flaw.what, "invalid UTF-8");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("json_object");
    TCase *tests = tcase_create("json_object");

    suite_add_tcase(suite, tests);
    tcase_add_test(tests, members_are_listed_in_order_with_their_exact_bytes);
    tcase_add_test(tests, an_empty_object_has_no_members);
    tcase_add_loop_test(tests, what_is_no_object_is_refused_at_its_byte, 0,
                        ROWS(bad));
    tcase_add_loop_test(tests, a_value_may_be_any_json, 0, ROWS(opaque));
    tcase_add_test(tests, members_in_front_of_a_flaw_are_listed);
    tcase_add_test(tests, a_member_is_found_by_its_name);
    tcase_add_test(tests, an_escaped_spelling_is_the_same_name);
    tcase_add_test(tests, as_many_members_as_the_bound_are_compared);
    tcase_add_test(tests, members_past_the_bound_are_counted_and_not_listed);
    tcase_add_test(tests, members_past_the_bound_are_validated);
    return run_suite(suite);
}

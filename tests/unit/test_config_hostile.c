/* Files made to hurt: deep, wide, long, circular. Each is refused or read in
 * bounded time and memory; the limit is the test's own. */
#include "base/buf.h"
#include "service/config.h"
#include "service/config_yaml.h"
#include "support/main.h"
#include "support/table.h"
#include "support/temp.h"

#include <stdio.h>

/* Check notes every assertion, which takes longer than what is asserted here:
 * texts are made with one. */
static struct temp_path keep(struct buf *text, enum err e)
{
    struct temp_path dir = temp_dir();
    struct temp_path file;

    ck_assert_int_eq(e, ERR_OK);
    file = temp_write_bytes(&dir, "x.yaml", text->at, text->len);
    buf_clear(text);
    return file;
}

/* head, then `times` times the middle, then tail. */
static struct temp_path make(const char *head, const char *middle, size_t times,
                             const char *tail)
{
    struct buf text = buf_make(16 << 20);
    enum err e = buf_add_text(&text, head);

    for (size_t i = 0; !e && i < times; i++)
        e = buf_add_text(&text, middle);
    if (!e)
        e = buf_add_text(&text, tail);
    return keep(&text, e);
}

static void refused(const struct temp_path *file, const char *says)
{
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_int_eq(config_read(file->text, &c, &why), ERR_CONFIG);
    ck_assert_msg(strstr(why.text, says) != NULL, "%s", why.text);
    ck_assert_ptr_null(c);
}

static const struct hostile {
    const char *head, *middle;
    size_t times;
    const char *tail, *says;
} hostiles[] = {
    {"", "# 34567890\n", 1 << 20, "", "x.yaml: larger than 4 MiB"},
    {"", "[", 1 << 20, "", "1:17: nested too deeply"},
    {"a: ", "{a: ", 1 << 19, "", "nested too deeply"},
    {"", "- ", 1 << 20, "", "nested too deeply"},
    {"", "? ", 1 << 20, "", "nested too deeply"},
    {"a: [", "x,", 1 << 20, "]", "too many values"},
    {"a: [", ",", 1 << 20, "]", "not YAML"},
    {"a: \"", "x", 4000000, "", "not YAML"},
    {"a: &", "x", 4000000, "", "unknown key"},
    {"a: !", "x", 4000000, "", ""},
    {"", "x", 4000000, ": 1\n", "not YAML"},
    {"%", "x", 4000000, "\n", "not YAML"},
    {"", "%TAG ! x\n", 400000, "", "not YAML"},
    {"", "&a ", 1 << 20, "", "not YAML"},
    {"a: &a x\nb: [", "*a,", 150000, "]", "unknown key"},
    {"extensions:\n- &a {container: a, point: b, url: https://x}\n", "- *a\n",
     150000, "", "more than 20000 extensions"},
    {"network:\n  allow:\n", "  - 10.0.0.0/8\n", 65, "",
     "67:5: network.allow: more than 64 ranges"},
    {"points: {p: {retry: {schedule: [", "1s,", 33, "]}}}",
     "points.p.retry.schedule: more than 32 waits"},
    {"redis: {prefix: \"", "a", 100000, "\"}", "redis.prefix: longer than"},
    {"redis: {url: \"redis://", "a", 300, "\"}", "redis.url: the host"},
    {"ops: {listen: \"", "a", 200, "\"}", "ops.listen: expected host:port"},
    {"ca: {", "a", 100, "}", "1:1: ca: unknown key"},
};

START_TEST(a_hostile_file_is_refused)
{
    const struct hostile *h = &hostiles[_i];
    struct temp_path file = make(h->head, h->middle, h->times, h->tail);

    refused(&file, h->says);
}
END_TEST

static const struct numbered {
    const char *head, *before, *after; /* of a number that grows */
    int count;
    const char *says;
} numbereds[] = {
    {"points:\n", "  p", ": {}\n", 1001, "points: more than 1000 keys"},
    {"queues:\n", "  q", ": {}\n", 33, "queues: more than 32 queues"},
    {"", "k", ": 1\n", 90000, "more than 1000 keys"},
    {"a:\n", "- &a", " x\n", 90000, "102:3: too many anchors"},
};

static struct temp_path make_numbered(const struct numbered *n)
{
    struct buf text = buf_make(16 << 20);
    enum err e = buf_add_text(&text, n->head);

    for (int i = 0; !e && i < n->count; i++)
        e = buf_printf(&text, "%s%d%s", n->before, i, n->after);
    return keep(&text, e);
}

START_TEST(too_many_of_anything_is_refused)
{
    struct temp_path file = make_numbered(&numbereds[_i]);

    refused(&file, numbereds[_i].says);
}
END_TEST

START_TEST(ten_thousand_extensions_are_read)
{
    struct numbered list = {"extensions:\n", "- {container: c",
                            ", point: p, url: https://x}\n", 10000, ""};
    struct temp_path file = make_numbered(&list);
    struct config *c = NULL;
    struct why why = {""};

    ck_assert_msg(config_read(file.text, &c, &why) == ERR_OK, "%s", why.text);
    ck_assert_uint_eq(c->extension_count, 10000);
    ck_assert_str_eq(c->extensions[9999].key.container, "c9999");
    config_close(&c);
}
END_TEST

/* Every prefix of a real file is either right or refused: no crash, no read
 * past the end. */
START_TEST(a_file_cut_anywhere_does_no_harm)
{
    static const char text[] =
        "redis: {url: \"redis://h:1/2\", prefix: extq}\n"
        "points: {p: &p {timeout: 3s, retry: {schedule: [1s, 2s]}}, q: *p}\n"
        "extensions: [{container: a, point: b, url: 'https://x'}]\n";

    for (size_t len = 0; len < sizeof text; len++) {
        struct span cut = exact_copy((struct span){text, len});
        struct document *d = NULL;
        struct place at;
        struct why why = {""};
        enum err e = document_open(cut, &d, &at, &why);

        ck_assert(e == ERR_OK || (e == ERR_SYNTAX && at.line > 0));
        document_close(&d);
        exact_free(cut);
    }
}
END_TEST

START_TEST(what_cannot_be_read_is_no_configuration)
{
    struct temp_path dir = temp_dir();
    struct temp_path missing = temp_join(&dir, "missing.yaml");

    refused(&missing, "missing.yaml: No such file or directory");
    refused(&dir, "Is a directory");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.config_hostile");
    TCase *tests = tcase_create("config_hostile");

    suite_add_tcase(suite, tests);
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, a_hostile_file_is_refused, 0, ROWS(hostiles));
    tcase_add_loop_test(tests, too_many_of_anything_is_refused, 0,
                        ROWS(numbereds));
    tcase_add_test(tests, ten_thousand_extensions_are_read);
    tcase_add_test(tests, a_file_cut_anywhere_does_no_harm);
    tcase_add_test(tests, what_cannot_be_read_is_no_configuration);
    return run_suite(suite);
}

/* Retrying and dropping what is kept: src/lua/letters.lua by way of
 * stages/letters.h, against a real Redis. */
#include "link/library.h"
#include "stages/letters.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/table.h"
#include "support/texts.h"

#include <stdio.h>
#include <string.h>

static struct functions f;
static struct epoch mine;
static struct redis_sync *conn;
static struct letters_wanted all;

#define ask(...)   redis_server_ask(f.server, __VA_ARGS__, NULL)
#define count(...) redis_server_count(f.server, __VA_ARGS__, NULL)

static void open_all(void)
{
    struct why why;

    f = functions_open(NULL);
    mine = functions_join(&f, "60000");
    all = (struct letters_wanted){.ids = NULL};
    ck_assert_int_eq(
        redis_sync_open(redis_server_address(f.server), 20000, &conn, &why),
        ERR_OK);
}

static void close_all(void)
{
    redis_sync_close(&conn);
    functions_close(&f);
}

/* A dead letter that has this record. */
static void bury(const char *id, const char *class, const char *record)
{
    (void)ask("XADD", f.keys.dead, "*", "id", id, "container", "acme", "point",
              "on-lead", "class", class, "error", "late", "record", record);
}

static uint64_t act(struct letters_walk *w, enum letters_op op,
                    struct letters_batch *b)
{
    const struct letters_order order = {
        .keys = &f.keys,
        .op = op,
        .place = w->place,
        .gate = w->gate,
        .outcomes_max = 1000,
        .by = "ada",
        .suspect_claims = 4,
    };
    struct redis_words words;
    const struct reply *reply;
    uint64_t done = 0;

    if (letters_batch_count(b) == 0)
        return 0;
    letters_batch_words(b, &order, 0, letters_batch_count(b), &words);
    ck_assert_int_eq(redis_ask(conn, words.count, words.at, words.lens, &reply),
                     ERR_OK);
    ck_assert_msg(letters_done(reply, &done) == ERR_OK, "%.*s",
                  (int)reply_span(reply).len, reply_span(reply).at);
    letters_walk_took(w, done);
    return done;
}

/* Walks in pages of two, and acts on all that are wanted. */
static uint64_t act_on_all(enum letter_place place, enum letters_op op)
{
    struct letters_walk w = letters_walk_make(conn, &f.keys, place, &all);
    struct letters_batch *b = letters_batch_open();
    uint64_t done = 0;

    ck_assert_ptr_nonnull(b);
    while (!w.over) {
        ck_assert_int_eq(letters_walk_page(&w, 2), ERR_OK);
        letters_batch_reset(b);
        for (size_t i = 0; i < letters_walk_count(&w); i++) {
            struct letter l;

            ck_assert_int_eq(letters_walk_at(&w, i, &l), ERR_OK);
            if (letter_is_wanted(&l, &all))
                ck_assert_int_eq(letters_batch_add(b, &l), ERR_OK);
        }
        done += act(&w, op, b);
    }
    letters_walk_clear(&w);
    letters_batch_close(&b);
    return done;
}

/* A record as it died, and as it is retried. */
static const struct {
    const char *class, *died, *head, *tail;
} retries[] = {
    {"timeout", "7-1 2 8 257 5 9,timeout,0\n{}", "7-1 0 8 0 5 9,timeout,0;",
     ",retried,8\n{}"},
    {"rejected", "7-1 0 1 0 5 -\n{}", "7-1 0 1 0 5 ", ",retried,1\n{}"},
    {"worker_killer", "7-1 6 0 0 5 -\n{}", "7-1 4 0 0 5 ", ",retried,0\n{}"},
    {"malformed", "what is this", "what is this", "what is this"},
};

START_TEST(a_retried_letter_is_due_with_its_history_and_new_patience)
{
    const char *record;

    bury("a", retries[_i].class, retries[_i].died);
    ck_assert_uint_eq(act_on_all(LETTER_DEAD, LETTERS_RETRY), 1);
    ck_assert_int_eq(count("XLEN", f.keys.dead), 0);
    ck_assert_int_eq(count("ZCARD", f.keys.later), 1);
    record = ask("ZRANGE", f.keys.later, "0", "-1");
    ck_assert_int_eq(
        strncmp(record, retries[_i].head, strlen(retries[_i].head)), 0);
    has(record, retries[_i].tail);
}
END_TEST

START_TEST(a_full_history_makes_room_for_the_retry)
{
    char record[600] = "7-1 1 8 0 5 ";
    struct record r;

    while (strlen(record) < 500)
        (void)snprintf(record + strlen(record), 20, "%s1234567,timeout,0",
                       strlen(record) > 12 ? ";" : "");
    (void)snprintf(record + strlen(record), 20, "\n{}");
    bury("a", "timeout", record);
    ck_assert_uint_eq(act_on_all(LETTER_DEAD, LETTERS_RETRY), 1);
    ck_assert_int_eq(
        record_read(span_of(ask("ZRANGE", f.keys.later, "0", "-1")), &r),
        ERR_OK);
    ck_assert_uint_eq(record_start(&r).attempts, 8);
    ck_assert_int_gt(record_start(&r).first_ms, 5);
}
END_TEST

START_TEST(each_act_leaves_an_outcome)
{
    const char *out;

    bury("a", "timeout", "7-1 2 8 0 5 -\n{}");
    (void)act_on_all(LETTER_DEAD, LETTERS_RETRY);
    bury("b", "gone", "8-1 2 3 0 5 -\n{}");
    (void)act_on_all(LETTER_DEAD, LETTERS_DROP);
    out = ask("XRANGE", f.keys.outcomes, "-", "+");
    has(out, "id\na\ncontainer\nacme\npoint\non-lead\nattempt\n8\nverdict\n"
             "retry\nclass\ntimeout\nstatus\n0\nms\n0\nerror\nretried by an "
             "operator\nat\n");
    has(out, "id\nb\ncontainer\nacme\npoint\non-lead\nattempt\n3\nverdict\n"
             "dropped\nclass\ngone\n");
    has(out, "next_at\n\nworker\nada");
    ck_assert_int_eq(count("HGET", f.keys.meta, "dropped"), 1);
}
END_TEST

START_TEST(of_many_pages_each_letter_is_acted_on_once)
{
    const enum letter_place place = (enum letter_place)(_i / 2);
    const enum letters_op op = _i % 2 ? LETTERS_DROP : LETTERS_RETRY;
    char record[64];

    for (int n = 1; n <= 25; n++) {
        (void)snprintf(record, sizeof record, "%d-1 1 1 0 5 -\n{\"n\":%d}", n,
                       n);
        if (place == LETTER_DEAD)
            bury("x", "timeout", record);
        else if (place == LETTER_LATER)
            (void)ask("ZADD", f.keys.later, GATED_FAR, record);
    }
    if (place == LETTER_PARKED)
        gated_fill(&f, mine.text, "acme:on-lead", 1, 25);
    ck_assert_uint_eq(act_on_all(place, op), 25);
    if (op == LETTERS_RETRY)
        functions_census(&f, 1, 25);
    ck_assert_int_eq(count("ZCOUNT", f.keys.later, "-inf", "(" GATED_FAR),
                     op == LETTERS_RETRY ? 25 : 0);
    ck_assert_uint_eq(act_on_all(place, op), 0);
}
END_TEST

START_TEST(a_letter_that_is_not_there_any_more_is_left_alone)
{
    struct letters_walk w = letters_walk_make(conn, &f.keys, LETTER_DEAD, &all);
    struct letters_batch *b = letters_batch_open();
    struct letter l;

    bury("a", "timeout", "7-1 2 8 0 5 -\n{}");
    ck_assert_int_eq(letters_walk_page(&w, 2), ERR_OK);
    ck_assert_int_eq(letters_walk_at(&w, 0, &l), ERR_OK);
    ck_assert_int_eq(letters_batch_add(b, &l), ERR_OK);
    ck_assert_int_eq(letters_batch_add(b, &l), ERR_OK);
    ck_assert_uint_eq(act(&w, LETTERS_RETRY, b), 1);
    ck_assert_int_eq(count("ZCARD", f.keys.later), 1);
    ck_assert_int_eq(count("XLEN", f.keys.outcomes), 1);
    letters_walk_clear(&w);
    letters_batch_close(&b);
}
END_TEST

START_TEST(what_is_due_has_nothing_to_be_retried)
{
    (void)ask("ZADD", f.keys.later, "5", "7-1 1 1 0 5 -\n{}");
    ck_assert_uint_eq(act_on_all(LETTER_LATER, LETTERS_RETRY), 0);
    ck_assert_int_eq(count("ZSCORE", f.keys.later, "7-1 1 1 0 5 -\n{}"), 5);
    ck_assert_uint_eq(act_on_all(LETTER_LATER, LETTERS_DROP), 1);
}
END_TEST

START_TEST(a_gate_without_jobs_is_gone_unless_it_is_shut)
{
    int64_t before;

    gated_fill(&f, mine.text, "acme:a", 1, 3);
    gated_set(&f, "acme:b", "paused 7 0 0 - x");
    gated_fill(&f, mine.text, "acme:b", 4, 6);
    before = gated_version(&f);
    ck_assert_uint_eq(act_on_all(LETTER_PARKED, LETTERS_DROP), 6);
    ck_assert_str_eq(gated_state(&f, "acme:a"), "(nil)");
    ck_assert_str_eq(gated_state(&f, "acme:b"), "paused 7 0 0 - x");
    ck_assert_int_eq(gated_version(&f), before + 2);
}
END_TEST

START_TEST(a_key_of_a_wrong_type_is_an_error_before_anything_moves)
{
    struct letters_walk w = letters_walk_make(conn, &f.keys, LETTER_DEAD, &all);
    const struct letters_order order = {
        .keys = &f.keys, .gate = "", .outcomes_max = 9, .by = "ada"};
    struct letters_batch *b = letters_batch_open();
    struct redis_words words;
    const struct reply *reply;
    struct letter l;
    uint64_t done;

    bury("a", "timeout", "7-1 2 8 0 5 -\n{}");
    (void)ask("SET", f.keys.outcomes, "x");
    ck_assert_int_eq(letters_walk_page(&w, 2), ERR_OK);
    ck_assert_int_eq(letters_walk_at(&w, 0, &l), ERR_OK);
    ck_assert_int_eq(letters_batch_add(b, &l), ERR_OK);
    letters_batch_words(b, &order, 0, letters_batch_count(b), &words);
    ck_assert_int_eq(redis_ask(conn, words.count, words.at, words.lens, &reply),
                     ERR_OK);
    ck_assert_int_eq(letters_done(reply, &done), ERR_REPLY);
    ck_assert_int_eq(count("XLEN", f.keys.dead), 1);
    letters_walk_clear(&w);
    letters_batch_close(&b);
}
END_TEST

/* Of the letters a (acme, p, timeout) and b (beta, q, gone): which are
 * wanted. */
static const struct {
    struct letters_wanted wanted;
    const char *found;
} choices[] = {
    {{.ids = NULL}, "ab"},
    {{.container = "acme"}, "a"},
    {{.point = "q"}, "b"},
    {{.class = "gone"}, "b"},
    {{.ids = (const char *const[]){"x", "a"}, .id_count = 2}, "a"},
    {{.container = "acme", .class = "gone"}, ""},
    {{.from_ms = 3000}, "b"},
    {{.until_ms = 3000}, "a"},
    {{.from_ms = 2000, .until_ms = 2000}, "a"},
};

static void fill_choices(void)
{
    (void)ask("XADD", f.keys.dead, "2000-0", "id", "a", "container", "acme",
              "point", "p", "class", "timeout", "record", "1-1 1 1 0 5 -\n{}");
    (void)ask("XADD", f.keys.dead, "4000-0", "id", "b", "container", "beta",
              "point", "q", "class", "gone", "record", "2-1 1 1 0 5 -\n{}");
    (void)ask("ZADD", f.keys.later, "2000",
              "1-1 1 1 0 5 1,timeout,0\n{\"id\":\"a\",\"container\":\"acme\","
              "\"point\":\"p\",\"payload\":1}",
              "4000",
              "2-1 1 1 0 5 1,gone,0\n{\"id\":\"b\",\"container\":\"beta\","
              "\"point\":\"q\",\"payload\":1}");
    (void)ask("RPUSH", "extq:{q}:parked:acme:",
              "1-1 1 1 0 2000 1,timeout,0\n{\"id\":\"a\",\"container\":"
              "\"acme\",\"point\":\"p\",\"payload\":1}");
    (void)ask("RPUSH", "extq:{q}:parked:beta:q",
              "2-1 1 1 0 4000 1,gone,0\n{\"id\":\"b\",\"container\":\"beta\","
              "\"point\":\"q\",\"payload\":1}");
    gated_set(&f, "acme:", "full 7 0 0 - -");
    gated_set(&f, "beta:q", "full 7 0 0 - -");
}

START_TEST(letters_are_found_by_what_they_are)
{
    char found[8];

    fill_choices();
    for (int place = 0; place < LETTER_PLACES; place++) {
        struct letters_walk w = letters_walk_make(
            conn, &f.keys, (enum letter_place)place, &choices[_i].wanted);

        found[0] = '\0';
        while (!w.over) {
            ck_assert_int_eq(letters_walk_page(&w, 9), ERR_OK);
            for (size_t i = 0; i < letters_walk_count(&w); i++) {
                struct letter l;
                size_t len = strlen(found);

                ck_assert_int_eq(letters_walk_at(&w, i, &l), ERR_OK);
                if (letter_is_wanted(&l, &choices[_i].wanted))
                    (void)span_copy(l.id, found + len, sizeof found - len);
            }
        }
        if (strcmp(found, "ba") == 0)
            (void)snprintf(found, sizeof found, "ab");
        ck_assert_msg(strcmp(found, choices[_i].found) == 0, "%s: %s",
                      letter_place_text((enum letter_place)place), found);
        letters_walk_clear(&w);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("live.functions_letters");
    TCase *t = tcase_create("letters");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_loop_test(
        t, a_retried_letter_is_due_with_its_history_and_new_patience, 0,
        ROWS(retries));
    tcase_add_test(t, a_full_history_makes_room_for_the_retry);
    tcase_add_test(t, each_act_leaves_an_outcome);
    tcase_add_loop_test(t, of_many_pages_each_letter_is_acted_on_once, 0,
                        2 * LETTER_PLACES);
    tcase_add_test(t, a_letter_that_is_not_there_any_more_is_left_alone);
    tcase_add_test(t, what_is_due_has_nothing_to_be_retried);
    tcase_add_test(t, a_gate_without_jobs_is_gone_unless_it_is_shut);
    tcase_add_test(t, a_key_of_a_wrong_type_is_an_error_before_anything_moves);
    tcase_add_loop_test(t, letters_are_found_by_what_they_are, 0,
                        ROWS(choices));
    return run_suite(s);
}

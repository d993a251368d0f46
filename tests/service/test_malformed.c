/* What is no job ends in the dead list, with its bytes and with a reason that
 * names the place; its neighbours are delivered. */
#include "link/redis_sync.h"
#include "support/main.h"
#include "support/table.h"
#include "support/wait.h"
#include "support/world.h"

#include <stdio.h>

#define NAMES "\"container\":\"acme\",\"point\":\"on-new-lead\""

static const struct {
    struct span job;
    const char *reason; /* part of it */
    const char *id;     /* what was readable of it; NULL = nothing */
} cases[] = {
    {BYTES("hello"), "byte 0: ", NULL},
    {BYTES(""), "byte 0: ", NULL},
    {BYTES("{"), "byte 1: ", NULL},
    {BYTES("[1]"), "byte 0: ", NULL},
    {BYTES("\"text\""), "byte 0: ", NULL},
    {BYTES("{\"id\":\"a\"} x"), "byte 11: ", NULL},
    {BYTES("{\"id\":\"no-container\",\"point\":\"p\",\"payload\":1}"),
     "container: is missing", "no-container"},
    {BYTES("{\"id\":\"no-point\",\"container\":\"acme\",\"payload\":1}"),
     "point: is missing", "no-point"},
    {BYTES("{\"id\":\"no-payload\"," NAMES "}"), "payload", "no-payload"},
    {BYTES("{\"id\":\"two-bodies\"," NAMES ",\"payload\":1,\"body\":\"x\"}"),
     "exactly one of", "two-bodies"},
    {BYTES("{\"id\":\"a b\"," NAMES ",\"payload\":1}"), "id: ", NULL},
    {BYTES("{\"id\":7," NAMES ",\"payload\":1}"), "id: ", NULL},
    {BYTES("{\"id\":\"path\",\"container\":\"../x\",\"point\":\"p\","
           "\"payload\":1}"),
     "container: ", "path"},
    {BYTES("{\"id\":\"nul\"," NAMES ",\"payload\":\"\0\"}"), "byte 64: ", NULL},
    {BYTES("\0\0\0"), "byte 0: ", NULL},
    {BYTES("{\"id\":\"utf\"," NAMES ",\"payload\":\"\xff\xfe\"}"),
     "byte 64: ", NULL},
    {BYTES("{\"id\":\"due\"," NAMES ",\"payload\":1,\"not_before\":\"x\"}"),
     "not_before: ", "due"},
    {BYTES("{\"id\":\"b64\"," NAMES ",\"body_base64\":\"*\"}"),
     "body_base64: ", "b64"},
    {BYTES("{\"id\":\"twice\",\"id\":\"twice\"," NAMES ",\"payload\":1}"),
     "byte 14: ", NULL},
};

/* The bytes of the job that died last are `job`. */
static void expect_bytes(struct world *w, struct span job)
{
    struct redis_sync *link = NULL;
    const struct reply *reply, *fields;
    struct span record = {"", 0};

    ck_assert_int_eq(redis_sync_open(redis_server_address(w->redis),
                                     WORLD_LIMIT_MS, &link, NULL),
                     ERR_OK);
    ck_assert_int_eq(redis_ask_words(link, &reply, "XREVRANGE",
                                     "extq:{default}:dead", "+", "-", "COUNT",
                                     "1", NULL),
                     ERR_OK);
    fields = reply_at(reply_at(reply, 0), 1);
    for (size_t i = 0; i + 1 < reply_count(fields); i += 2)
        if (span_is(reply_span(reply_at(fields, i)), "record"))
            record = reply_span(reply_at(fields, i + 1));
    (void)span_cut(&record, '\n');
    ck_assert_uint_eq(record.len, job.len);
    ck_assert_int_eq(memcmp(record.at, job.at, job.len), 0);
    redis_sync_close(&link);
}

/* Pushes it and waits for its death; returns the number of its outcome. */
static size_t bury(struct world *w, struct span job)
{
    size_t dead = journal_count_with(w->journal, "verdict", "dead"), i;

    world_push_bytes(w, "default", job);
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "verdict", "dead") > dead),
               WORLD_LIMIT_MS, "the job to die");
    for (i = journal_count(w->journal, NULL); i-- > 0;)
        if (strcmp(journal_field(w->journal, NULL, i, "verdict"), "dead") == 0)
            break;
    ck_assert_str_eq(journal_field(w->journal, NULL, i, "class"), "malformed");
    expect_bytes(w, job);
    return i;
}

START_TEST(what_is_no_job_dies_with_its_bytes_and_the_place_of_the_flaw)
{
    struct world *w = world_open();

    world_start(w);
    for (int n = 0; n < ROWS(cases); n++) {
        size_t i = bury(w, cases[n].job);
        const char *reason = journal_field(w->journal, NULL, i, "error");
        const char *id = journal_field(w->journal, NULL, i, "id");

        ck_assert_msg(strstr(reason, cases[n].reason) != NULL, "case %d: %s", n,
                      reason);
        if (cases[n].id)
            ck_assert_str_eq(id, cases[n].id);
        else
            ck_assert_msg(*id, "case %d has no id", n);
    }
    ck_assert_uint_eq(peer_connections(w->peer), 0);
    world_close(&w);
}
END_TEST

START_TEST(the_neighbours_of_what_is_no_job_are_delivered)
{
    struct world *w = world_open();

    for (int n = 0; n < ROWS(cases); n++) {
        world_push_many(w, "job", (unsigned)n, 1);
        world_push_bytes(w, "default", cases[n].job);
    }
    /* All are claimed in the same batch. */
    world_start(w);
    world_expect_calls(w, "job", (unsigned)ROWS(cases), false);
    world_expect_delivered(w, "job", (unsigned)ROWS(cases));
    journal_wait_ends(w->journal, 2 * (size_t)ROWS(cases));
    ck_assert_int_eq(
        redis_server_count(w->redis, "XLEN", "extq:{default}:dead", NULL),
        ROWS(cases));
    world_close(&w);
}
END_TEST

static struct span filled(size_t len, char byte)
{
    char *at = malloc(len);

    ck_assert_ptr_nonnull(at);
    memset(at, byte, len);
    return (struct span){at, len};
}

static const struct {
    size_t len;
    char byte;
    const char *reason; /* begins with it */
} huge[] = {
    {5 << 20, 'x', "byte 0: "},
    {(16 << 20) + 1, ' ', "larger than 16777216 bytes"},
    {20 << 20, ' ', "larger than 16777216 bytes"},
    {1 << 20, '[', "byte "}, /* nested without end */
};

START_TEST(what_is_huge_dies_whole_and_harms_nobody)
{
    struct world *w = world_open();
    struct span job = filled(huge[_i].len, huge[_i].byte);
    const char *reason = huge[_i].reason, *error;

    world_start(w);
    error = journal_field(w->journal, NULL, bury(w, job), "error");
    ck_assert_msg(strncmp(error, reason, strlen(reason)) == 0, "%s", error);
    ck_assert_uint_lt(strlen(error), 600);
    world_push_many(w, "job", 0, 1);
    journal_expect(w->journal, "job-0", "delivered/ok/200");
    exact_free(job);
    world_close(&w);
}
END_TEST

/* Somebody wrote into keys that are extq's own. */
START_TEST(what_is_no_record_dies_with_its_bytes)
{
    static const char bytes[] = "not a record";
    struct world *w = world_open();

    (void)redis_server_ask(w->redis, "ZADD", "extq:{default}:later", "1", bytes,
                           NULL);
    world_start(w);
    wait_until((journal_read(w->journal),
                journal_count_with(w->journal, "verdict", "dead") == 1),
               WORLD_LIMIT_MS, "what is no record to die");
    ck_assert_str_eq(journal_field(w->journal, NULL, 0, "class"), "malformed");
    expect_bytes(w, span_of(bytes));
    world_close(&w);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.malformed");
    TCase *t = tcase_create("malformed");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_test(
        t, what_is_no_job_dies_with_its_bytes_and_the_place_of_the_flaw);
    tcase_add_test(t, the_neighbours_of_what_is_no_job_are_delivered);
    tcase_add_loop_test(t, what_is_huge_dies_whole_and_harms_nobody, 0,
                        ROWS(huge));
    tcase_add_test(t, what_is_no_record_dies_with_its_bytes);
    return run_suite(s);
}

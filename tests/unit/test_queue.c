/* One queue as the threads of a process share it. */
#include "service/queue.h"

#include "support/main.h"

static const struct queue_config config = {.name = "q", .weight = 1};
static struct queue q;
static unsigned lease;

static unsigned take_lease(const char *epoch)
{
    char copy[EPOCH_MAX];

    queue_set_lease(&q, epoch, 1000);
    lease = queue_read_lease(&q, copy);
    ck_assert_str_eq(copy, epoch);
    return lease;
}

static void open_all(void)
{
    queue_open(&q, "extq", &config);
    (void)take_lease("1-1");
}

static void close_all(void)
{
    queue_close(&q);
}

static uint64_t generation(void)
{
    return atomic_load(&q.generation);
}

/* Down as well: a Redis that failed over may have forgotten. */
START_TEST(a_generation_is_what_was_said_last)
{
    queue_set_generation(&q, lease, 2);
    ck_assert_uint_eq(generation(), 2);
    queue_set_generation(&q, lease, 1);
    ck_assert_uint_eq(generation(), 1);
}
END_TEST

START_TEST(a_new_lease_begins_with_generation_0)
{
    unsigned old = lease;

    queue_set_generation(&q, lease, 7);
    ck_assert_uint_ne(take_lease("2-2"), old);
    ck_assert_uint_eq(generation(), 0);
}
END_TEST

START_TEST(an_answer_of_the_lease_before_changes_no_generation)
{
    unsigned old = lease;

    (void)take_lease("2-2");
    queue_set_generation(&q, old, 7);
    ck_assert_uint_eq(generation(), 0);
    queue_set_generation(&q, lease, 1);
    ck_assert_uint_eq(generation(), 1);
}
END_TEST

START_TEST(the_earliest_retry_is_noted)
{
    ck_assert(queue_note_due(&q, 500));
    ck_assert(!queue_note_due(&q, 500));
    ck_assert(!queue_note_due(&q, 600));
    ck_assert(queue_note_due(&q, 400));
    ck_assert_int_eq(atomic_load(&q.due_ms), 400);
}
END_TEST

START_TEST(a_lease_runs_until_its_end)
{
    ck_assert(queue_lease_runs(&q, 999));
    ck_assert(!queue_lease_runs(&q, 1000));
    queue_renew_lease(&q, 2000);
    ck_assert(queue_lease_runs(&q, 1999));
    (void)take_lease("");
    queue_set_lease(&q, "", 0);
    ck_assert(!queue_lease_runs(&q, 0));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("service.queue");
    TCase *t = tcase_create("service.queue");

    tcase_add_checked_fixture(t, open_all, close_all);
    tcase_add_test(t, a_generation_is_what_was_said_last);
    tcase_add_test(t, a_new_lease_begins_with_generation_0);
    tcase_add_test(t, an_answer_of_the_lease_before_changes_no_generation);
    tcase_add_test(t, the_earliest_retry_is_noted);
    tcase_add_test(t, a_lease_runs_until_its_end);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

/* One queue as the threads of a process share it. */
#include "service/queue.h"

#include "support/main.h"

static const struct config config = {
    .prefix = "extq", .queues = {{.name = "q", .weight = 1}}, .queue_count = 1};
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
    queue_open(&q, &config, 0);
    (void)take_lease("1-1");
}

static void close_all(void)
{
    queue_close(&q);
}

START_TEST(each_lease_has_a_count_of_its_own)
{
    unsigned old = lease;

    ck_assert_uint_ne(take_lease("2-2"), old);
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
    tcase_add_test(t, each_lease_has_a_count_of_its_own);
    tcase_add_test(t, the_earliest_retry_is_noted);
    tcase_add_test(t, a_lease_runs_until_its_end);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}

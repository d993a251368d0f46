#include "cli/demo_events.h"

#include "cli/demo_cast.h"
#include "model/job.h"
#include "support/main.h"

#include <string.h>

static struct demo_events open_events(size_t count)
{
    struct demo_events e;

    ck_assert_int_eq(demo_events_open(count, &e), ERR_OK);
    ck_assert_uint_eq(e.count, count);
    ck_assert_uint_eq(e.pushed, 0);
    return e;
}

START_TEST(there_are_some_hundred_and_every_one_is_a_job)
{
    size_t count = demo_events_known();
    struct demo_events e = open_events(count);
    struct job job = job_make();
    struct why why = {""};

    ck_assert_uint_ge(count, 200);
    for (size_t i = 0; i < count; i++) {
        const struct demo_event *x = &e.all[i];
        struct span text = {x->job, x->job_len};

        ck_assert_msg(!job_read(&job, text, &why), "%s", why.text);
        ck_assert_str_eq(job.id, x->id);
        ck_assert_str_eq(job.container, demo_cast[x->role].container);
        ck_assert_str_eq(job.point, demo_cast[x->role].point);
    }
    job_clear(&job);
    demo_events_close(&e);
}
END_TEST

START_TEST(every_role_has_events_and_the_first_ones_show_them_all)
{
    struct demo_events e = open_events(DEMO_ROLES);
    bool seen[DEMO_ROLES] = {false};

    for (size_t i = 0; i < e.count; i++)
        seen[e.all[i].role] = true;
    for (size_t i = 0; i < DEMO_ROLES; i++)
        ck_assert_msg(seen[i], "no event of %s among the first",
                      demo_cast[i].container);
    demo_events_close(&e);
}
END_TEST

START_TEST(an_event_is_found_by_its_id)
{
    struct demo_events e = open_events(demo_events_known());

    for (size_t i = 0; i < e.count; i++)
        ck_assert_ptr_eq(demo_events_find(&e, span_of(e.all[i].id)), &e.all[i]);
    ck_assert_ptr_null(demo_events_find(&e, span_of("evt_unknown")));
    ck_assert_ptr_null(demo_events_find(&e, span_of("")));
    demo_events_close(&e);
}
END_TEST

START_TEST(more_events_than_known_come_again_under_new_ids)
{
    size_t known = demo_events_known();
    struct demo_events e = open_events(2 * known + 3);
    struct job job = job_make();

    for (size_t i = 0; i < e.count; i++) {
        const struct demo_event *x = &e.all[i];
        struct span text = {x->job, x->job_len};

        ck_assert_int_eq(job_read(&job, text, NULL), ERR_OK);
        ck_assert_str_eq(job.id, x->id);
        /* Two events of one id would be found as one. */
        ck_assert_ptr_eq(demo_events_find(&e, span_of(x->id)), x);
        ck_assert_int_eq(x->role, e.all[i % known].role);
    }
    job_clear(&job);
    demo_events_close(&e);
}
END_TEST

START_TEST(an_event_is_right_only_with_the_end_of_its_role)
{
    static const struct {
        enum demo_manner manner;
        const char *verdict;
        bool right;
    } rows[] = {
        {DEMO_WORKS, "delivered", true},  {DEMO_WORKS, "dead", false},
        {DEMO_WORKS, NULL, false},        {DEMO_FLAKY, "delivered", true},
        {DEMO_BROKEN, "dead", true},      {DEMO_BROKEN, "delivered", false},
        {DEMO_ABSENT, "skipped", true},   {DEMO_ABSENT, "delivered", false},
        {DEMO_LIMITED, "expired", false}, {DEMO_SLOW, "delivered", true},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct demo_event x = {.verdict = rows[i].verdict};

        while (demo_cast[x.role].manner != rows[i].manner)
            x.role++;
        ck_assert_msg(demo_event_is_right(&x) == rows[i].right, "row %zu", i);
    }
}
END_TEST

int main(void)
{
    return run_tests("unit.demo_events", 20,
                     there_are_some_hundred_and_every_one_is_a_job,
                     every_role_has_events_and_the_first_ones_show_them_all,
                     an_event_is_found_by_its_id,
                     more_events_than_known_come_again_under_new_ids,
                     an_event_is_right_only_with_the_end_of_its_role);
}

/* Who may be called now: limits, order, and who takes parked jobs up. */
#include "support/gates_bed.h"
#include "support/main.h"

#define FULL "full 1 0 0 - -"

static const char config[] = "workers: 2\n"
                             "in_flight: 8\n"
                             "points:\n"
                             "  two: {in_flight: 2}\n"
                             "  five: {in_flight: 5}\n"
                             "  slow: {rate: 10}\n";

START_TEST(a_container_has_a_quarter_of_the_slots)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[6] = {{0}};

    for (int n = 0; n < 4; n++)
        ck_assert(
            gates_bed_enter(&b, &pass[n], "acme", n % 2 ? "lead" : "sale"));
    ck_assert(!gates_bed_enter(&b, &pass[4], "acme", "lead"));
    /* At the container itself only while that is shut: there it would have to
     * be looked at again when its own extension is. */
    ck_assert_str_eq(gates_parked_at(&pass[4]), "acme:lead");
    ck_assert(gates_bed_enter(&b, &pass[5], "other", "lead"));
    for (int n = 0; n < 6; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(extensions_of_a_full_container_take_turns)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[6] = {{0}};
    struct gate_take take;
    struct gate_change change;

    for (int n = 0; n < 6; n++)
        ck_assert_int_eq(
            gates_bed_enter(&b, &pass[n], "acme", n % 2 ? "lead" : "sale"),
            n < 4);
    gates_bed_leave(&b, &pass[4]);
    gates_bed_leave(&b, &pass[5]);
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[0]);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:sale", &take), 1);
    gates_pass(b.gates, &take, NULL, &pass[0]);
    ck_assert(!gates_bed_took(&b, &take, FULL, 9, &change));
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[0]);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:lead", &take), 1);
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    for (int n = 1; n < 4; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_point_s_limit_is_each_extension_s_own)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[5] = {{0}};

    ck_assert(gates_bed_enter(&b, &pass[0], "acme", "two"));
    ck_assert(gates_bed_enter(&b, &pass[1], "acme", "two"));
    ck_assert(!gates_bed_enter(&b, &pass[2], "acme", "two"));
    ck_assert_str_eq(gates_parked_at(&pass[2]), "acme:two");
    ck_assert(gates_bed_enter(&b, &pass[3], "other", "two"));
    ck_assert(gates_bed_enter(&b, &pass[4], "acme", "lead"));
    for (int n = 0; n < 5; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(nobody_overtakes_those_who_wait)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[3] = {{0}}, late = {0};
    struct gate_take take;
    struct gate_change change;

    for (int n = 0; n < 3; n++)
        ck_assert_int_eq(gates_bed_enter(&b, &pass[n], "acme", "two"), n < 2);
    gates_bed_leave(&b, &pass[0]);
    gates_bed_leave(&b, &pass[1]);
    /* The one to be parked is on its way, then there, then taken. */
    ck_assert(!gates_bed_enter(&b, &late, "acme", "two"));
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[2]);
    gates_bed_leave(&b, &late);
    ck_assert(!gates_bed_enter(&b, &late, "acme", "two"));
    gates_bed_leave(&b, &late);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:two", &take), 2);
    ck_assert(!gates_bed_enter(&b, &late, "acme", "two"));
    gates_bed_leave(&b, &late);
    gates_pass(b.gates, &take, NULL, &pass[0]);
    gates_pass(b.gates, &take, NULL, &pass[1]);
    ck_assert(gates_bed_enter(&b, &pass[0], "acme", "two"));
    ck_assert(!gates_bed_took(&b, &take, FULL, 1, &change));
    ck_assert(!gates_bed_enter(&b, &late, "acme", "two"));
    gates_bed_leave(&b, &late);
    gates_bed_leave(&b, &pass[0]);
    gates_bed_leave(&b, &pass[1]);
    gates_bed_close(&b);
}
END_TEST

/* Fills acme's `two`, with a third job parked. */
static struct gates_bed with_one_parked(struct gate_pass pass[3])
{
    struct gates_bed b = gates_bed_open(config);

    for (int n = 0; n < 3; n++)
        ck_assert_int_eq(gates_bed_enter(&b, &pass[n], "acme", "two"), n < 2);
    gates_bed_leave(&b, &pass[2]);
    return b;
}

START_TEST(a_slot_that_frees_takes_up_what_waits_for_it)
{
    struct gate_pass pass[3] = {{0}};
    struct gates_bed b = with_one_parked(pass);
    struct gate_take take;
    struct gate_change change;

    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[1]);
    gates_bed_take(&b, 0, NULL, NULL);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:two", &take), 1);
    /* One asks at a time, and the slot is kept for the answer. */
    gates_bed_take(&b, 9, NULL, NULL);
    gates_pass(b.gates, &take, NULL, &pass[1]);
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    gates_bed_take(&b, 9, NULL, NULL);
    /* Nobody waits any more; the limit still holds. */
    ck_assert(!gates_bed_enter(&b, &pass[2], "acme", "two"));
    gates_bed_leave(&b, &pass[2]);
    gates_bed_leave(&b, &pass[0]);
    gates_bed_leave(&b, &pass[1]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(what_was_reserved_in_vain_is_free_again)
{
    struct gate_pass pass[3] = {{0}};
    struct gates_bed b = with_one_parked(pass);
    struct gate_take take;
    struct gate_change change;

    gates_bed_leave(&b, &pass[0]);
    gates_bed_leave(&b, &pass[1]);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:two", &take), 2);
    ck_assert(!gates_took(b.gates, &take, NULL, b.now_us, &change));
    /* No answer is no news: it is asked again, but not at once. */
    gates_bed_take(&b, 9, NULL, NULL);
    b.now_us += 60000;
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:two", &take), 2);
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    ck_assert(gates_bed_enter(&b, &pass[0], "acme", "two"));
    gates_bed_leave(&b, &pass[0]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(an_extension_s_jobs_wait_for_their_container_too)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[5] = {{0}};
    struct gate_take take;
    struct gate_change change;

    for (int n = 0; n < 4; n++)
        ck_assert(gates_bed_enter(&b, &pass[n], "acme", "lead"));
    gates_bed_tell(&b, 1, false, "acme:two " FULL "/3;acme:five " FULL "/3");
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[0]);
    /* News are put at the front of a queue's lines. */
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:two", &take), 1);
    gates_bed_leave(&b, &pass[1]);
    gates_pass(b.gates, &take, NULL, &pass[4]);
    ck_assert(!gates_bed_took(&b, &take, FULL, 2, &change));
    /* In turns. */
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:five", &take), 1);
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    for (int n = 2; n < 5; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_job_from_the_container_s_line_may_be_parked_at_its_extension)
{
    struct gate_pass pass[3] = {{0}};
    struct gates_bed b = with_one_parked(pass);
    struct gate_take take;
    struct gate_change change;

    gates_bed_tell(&b, 1, false, "acme: " FULL "/1;acme:two " FULL "/1");
    ck_assert_uint_eq(gates_bed_take(&b, 1, "acme:", &take), 1);
    gates_pass(b.gates, &take, NULL, &pass[2]);
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    ck_assert(!gates_bed_enter(&b, &pass[2], "acme", "two"));
    ck_assert_str_eq(gates_parked_at(&pass[2]), "acme:two");
    for (int n = 0; n < 3; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_share_of_a_limit_is_this_service_s)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[4] = {{0}};
    unsigned in = 0;

    gates_share(b.gates, 0, 2, 1, b.now_us);
    for (int n = 0; n < 4; n++)
        in += gates_bed_enter(&b, &pass[n], "acme", "two");
    ck_assert_uint_eq(in, 1);
    for (int n = 0; n < 4; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_share_grows_when_the_others_have_learned_of_it)
{
    struct gate_pass pass[5] = {{0}};
    struct gates_bed b = gates_bed_open(config);
    struct gate_take take;

    gates_share(b.gates, 0, 4, 1, b.now_us);
    b.now_us += 3000000;
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_tell(&b, 1, false, "acme:five " FULL "/9");
    ck_assert_uint_lt(gates_bed_take(&b, 9, "acme:five", &take), 3);
    gates_took(b.gates, &take, NULL, b.now_us, &(struct gate_change){0});
    gates_share(b.gates, 0, 2, 1, b.now_us);
    b.now_us += 1000000;
    ck_assert_uint_lt(gates_bed_take(&b, 9, "acme:five", &take), 3);
    gates_took(b.gates, &take, NULL, b.now_us, &(struct gate_change){0});
    b.now_us += 2000000;
    ck_assert_uint_ge(gates_bed_take(&b, 9, "acme:five", &take), 2);
    gates_bed_close(&b);
    (void)pass;
}
END_TEST

START_TEST(each_of_several_changes_counts_until_the_others_have_learned_of_it)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[10] = {{0}};
    unsigned in = 0;

    gates_share(b.gates, 0, 5, 1, b.now_us);
    b.now_us += 1000000;
    for (uint32_t services = 4; services > 1; services--)
        gates_share(b.gates, 0, services, 0, b.now_us);
    for (int n = 0; n < 5; n++)
        in += gates_bed_enter(&b, &pass[n], "acme", "five");
    ck_assert_uint_eq(in, 1);
    for (uint32_t n = 0; n < 20; n++)
        gates_share(b.gates, 0, 2 + n % 2, 0, b.now_us);
    for (int n = 5; n < 10; n++)
        in += gates_bed_enter(&b, &pass[n], "other", "five");
    ck_assert_uint_eq(in, 1);
    for (int n = 0; n < 10; n++)
        gates_bed_leave(&b, &pass[n]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(a_rate_parks_what_comes_too_soon)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass[2] = {{0}};
    struct gate_take take;
    struct gate_change change;

    ck_assert(gates_bed_enter(&b, &pass[0], "acme", "slow"));
    ck_assert(!gates_bed_enter(&b, &pass[1], "acme", "slow"));
    ck_assert_str_eq(gates_parked_at(&pass[1]), "acme:slow");
    gates_bed_leave(&b, &pass[0]);
    gates_bed_leave(&b, &pass[1]);
    gates_bed_take(&b, 9, NULL, NULL);
    ck_assert_int_eq(gates_next_us(b.gates, 0), b.now_us + 100000);
    b.now_us += 100000;
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:slow", &take), 1);
    gates_pass(b.gates, &take, NULL, &pass[0]);
    ck_assert(!gates_bed_took(&b, &take, FULL, 4, &change));
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[0]);
    gates_bed_close(&b);
}
END_TEST

START_TEST(memory_of_those_who_came_once_is_bounded)
{
    struct gates_bed b = gates_bed_open(config);
    struct gate_pass pass = {0}, kept = {0};
    char name[32];

    ck_assert(gates_bed_enter(&b, &kept, "kept", "lead"));
    for (int n = 0; n < 30000; n++) {
        (void)snprintf(name, sizeof name, "tenant-%d", n);
        ck_assert(gates_bed_enter(&b, &pass, name, "lead"));
        gates_bed_leave(&b, &pass);
    }
    ck_assert_uint_gt(gates_count(b.gates), 8000);
    ck_assert_uint_lt(gates_count(b.gates), 17000);
    gates_bed_leave(&b, &kept);
    gates_bed_close(&b);
}
END_TEST

int main(void)
{
    return run_tests(
        "service.gates", 10, a_container_has_a_quarter_of_the_slots,
        extensions_of_a_full_container_take_turns,
        a_point_s_limit_is_each_extension_s_own,
        nobody_overtakes_those_who_wait,
        a_slot_that_frees_takes_up_what_waits_for_it,
        what_was_reserved_in_vain_is_free_again,
        an_extension_s_jobs_wait_for_their_container_too,
        a_job_from_the_container_s_line_may_be_parked_at_its_extension,
        a_share_of_a_limit_is_this_service_s,
        a_share_grows_when_the_others_have_learned_of_it,
        each_of_several_changes_counts_until_the_others_have_learned_of_it,
        a_rate_parks_what_comes_too_soon,
        memory_of_those_who_came_once_is_bounded);
}

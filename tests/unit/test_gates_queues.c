/* Gates of several queues, and what a claim is told of one. */
#include "support/gates_bed.h"
#include "support/main.h"

#include <stdio.h>

static const char config[] = "workers: 2\n"
                             "in_flight: 8\n"
                             "points: {two: {in_flight: 2}}\n";

/* Of two services each has the one slot in one of two queues. */
static unsigned rank_with(uint32_t share)
{
    return gate_share(1, 2, 0, "acme:one") == share ? 0 : 1;
}

static void learn_all(struct gates_bed *b, unsigned queue, uint32_t share)
{
    b->queue = queue;
    gates_share(b->gates, queue, 2, rank_with(share), b->now_us);
    if (!gates_known(b->gates, queue))
        gates_bed_tell(b, 0, true, "");
    b->now_us += 3000000;
}

START_TEST(a_queue_without_a_share_is_not_in_another_one_s_way)
{
    struct gates_bed b = gates_bed_open("workers: 1\n"
                                        "in_flight: 8\n"
                                        "queues: {a: {}, b: {}}\n"
                                        "points: {one: {in_flight: 1}}\n");
    struct gate_pass pass[2] = {{0}, {.queue = 1}};
    struct gate_take take;
    struct gate_change change;

    learn_all(&b, 0, 0);
    learn_all(&b, 1, 1);
    for (int n = 0; n < 2; n++) {
        ck_assert(!gates_bed_enter(&b, &pass[n], "acme", "one"));
        gates_bed_leave(&b, &pass[n]);
    }
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:one", &take), 1);
    gates_pass(b.gates, &take, NULL, &pass[1]);
    (void)gates_bed_took(&b, &take, "full 1 0 0 - -", 1, &change);
    /* Both wait for the slot, the one that may not have it first. */
    b.queue = 0;
    gates_bed_take(&b, 9, NULL, NULL);
    b.queue = 1;
    gates_bed_take(&b, 9, NULL, NULL);
    gates_bed_leave(&b, &pass[1]);
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:one", &take), 1);
    (void)gates_bed_took(&b, &take, "", 0, &change);
    gates_bed_close(&b);
}
END_TEST

START_TEST(where_jobs_were_parked_just_now_is_told)
{
    struct gates_bed b = gates_bed_open(config);
    char busy[GATES_BUSY_MAX][GATE_NAME_SIZE];
    struct gate_pass pass[6] = {{0}};

    ck_assert_uint_eq(gates_busy(b.gates, 0, b.now_us, busy), 0);
    for (int n = 0; n < 6; n++)
        ck_assert_int_eq(
            gates_bed_enter(&b, &pass[n], n % 2 ? "a" : "b", "two"), n < 4);
    ck_assert_uint_eq(gates_busy(b.gates, 0, b.now_us, busy), 2);
    ck_assert_str_eq(busy[0], "a:two");
    ck_assert_str_eq(busy[1], "b:two");
    ck_assert_uint_eq(gates_busy(b.gates, 0, b.now_us + 1000000, busy), 2);
    ck_assert_uint_eq(gates_busy(b.gates, 0, b.now_us + 1000001, busy), 0);
    for (int n = 0; n < 6; n++)
        gates_bed_leave(&b, &pass[n]);
    /* What is forgotten is told no more. */
    gates_bed_tell(&b, 1, false, "b:two");
    ck_assert_uint_eq(gates_busy(b.gates, 0, b.now_us, busy), 1);
    ck_assert_str_eq(busy[0], "a:two");
    gates_bed_close(&b);
}
END_TEST

START_TEST(no_more_are_told_than_a_claim_names)
{
    struct gates_bed b = gates_bed_open(config);
    char busy[GATES_BUSY_MAX][GATE_NAME_SIZE];

    for (int n = 0; n < 20; n++) {
        struct gate_pass pass[3] = {{0}};
        char container[8];

        (void)snprintf(container, sizeof container, "c%d", n);
        for (int i = 0; i < 3; i++)
            (void)gates_bed_enter(&b, &pass[i], container, "two");
        for (int i = 0; i < 3; i++)
            gates_bed_leave(&b, &pass[i]);
    }
    ck_assert_uint_eq(gates_busy(b.gates, 0, b.now_us, busy), GATES_BUSY_MAX);
    ck_assert_str_eq(busy[0], "c19:two");
    ck_assert_str_eq(busy[7], "c12:two");
    gates_bed_close(&b);
}
END_TEST

int main(void)
{
    return run_tests("service.gates_queues", 10,
                     a_queue_without_a_share_is_not_in_another_one_s_way,
                     where_jobs_were_parked_just_now_is_told,
                     no_more_are_told_than_a_claim_names);
}

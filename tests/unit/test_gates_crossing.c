/* Answers and news that cross on their way: what is the later word holds,
 * whichever comes first. */
#include "support/gates_bed.h"
#include "support/main.h"

#define FULL "full 1 0 0 - -"

static const char config[] = "workers: 4\n"
                             "in_flight: 100\n";

/* A gate at whose circuit, which is over, nobody waits; two jobs get there
 * while the first word of that is on its way. */
static struct gates_bed at_its_end(struct gate_take *ret)
{
    struct gates_bed b = gates_bed_open(config);

    gates_bed_tell(&b, 1, false, "acme:lead circuit 1 1 0 - why/0");
    b.now_us += 1000;
    ck_assert_uint_eq(gates_bed_take(&b, 9, "acme:lead", ret), 1);
    return b;
}

/* The answer to that is that the time is over, and nobody waits. */
static struct gate_change opening(struct gates_bed *b, struct gate_take *take)
{
    const struct gate_report report = {
        .news = {.state = {.kind = GATE_CIRCUIT, .until_ms = 1}},
        .version = 1,
        .server_ms = 2,
        .now_us = b->now_us,
    };
    struct gate_change change;

    ck_assert(gates_took(b->gates, take, &report, b->now_us, &change));
    ck_assert(change.opens);
    return change;
}

/* They are taken up, after another look if need be; slowly at first. */
static void expect_them(struct gates_bed *b, int version)
{
    struct gate_take take;
    struct gate_change change;

    if (gates_has_news(b->gates, 0))
        gates_bed_tell(b, version, false, "acme:lead " FULL "/2");
    ck_assert_uint_eq(gates_bed_take(b, 2, "acme:lead", &take), 1);
    ck_assert(!gates_bed_took(b, &take, FULL, 1, &change));
    ck_assert(!gates_has_news(b->gates, 0));
    gates_bed_close(b);
}

START_TEST(an_old_answer_to_an_opening_undoes_no_news)
{
    struct gate_take take;
    struct gates_bed b = at_its_end(&take);
    struct gate_change change = opening(&b, &take);

    gates_bed_tell(&b, 3, false, "acme:lead " FULL "/2");
    b.version = 2;
    gates_bed_agree(&b, &change, "", 0);
    ck_assert(gates_has_news(b.gates, 0));
    expect_them(&b, 3);
}
END_TEST

START_TEST(an_old_answer_to_a_take_undoes_no_news)
{
    struct gate_take take;
    struct gates_bed b = at_its_end(&take);
    struct gate_change change;

    gates_bed_tell(&b, 3, false, "acme:lead " FULL "/2");
    b.version = 2;
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    ck_assert(gates_has_news(b.gates, 0));
    expect_them(&b, 3);
}
END_TEST

START_TEST(a_late_answer_is_believed)
{
    struct gate_take take;
    struct gates_bed b = at_its_end(&take);
    struct gate_change change = opening(&b, &take);

    gates_bed_tell(&b, 2, false, "acme:lead circuit 1 1 0 - why/0");
    b.version = 3;
    gates_bed_agree(&b, &change, FULL, 2);
    ck_assert(!gates_has_news(b.gates, 0));
    expect_them(&b, 3);
}
END_TEST

/* The question that is under way was put before the answer came. */
START_TEST(news_that_were_asked_for_before_are_asked_for_again)
{
    struct gate_take take;
    struct gates_bed b = at_its_end(&take);
    struct gate_change change;
    struct gate_told none = {.end = GATE_TOLD, .version = 4};
    int64_t since;

    gates_bed_tell(&b, 3, false, "acme:lead " FULL "/2");
    gates_see(b.gates, 0, 4);
    b.now_us += 20000;
    ck_assert(gates_ask(b.gates, 0, b.now_us, &since));
    ck_assert_int_eq(since, 3);
    b.version = 2;
    ck_assert(!gates_bed_took(&b, &take, "", 0, &change));
    gates_learn(b.gates, 0, &none, b.now_us);
    ck_assert(gates_has_news(b.gates, 0));
    expect_them(&b, 4);
}
END_TEST

int main(void)
{
    return run_tests("service.gates_crossing", 10,
                     an_old_answer_to_an_opening_undoes_no_news,
                     an_old_answer_to_a_take_undoes_no_news,
                     a_late_answer_is_believed,
                     news_that_were_asked_for_before_are_asked_for_again);
}

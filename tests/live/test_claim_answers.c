/* The claim stage and answers that do not fit, through the fault proxy: what
 * may have been carried out counts as unknown, and is recovered. */
#include "stages/claim.h"

#include "faults/proxy.h"
#include "support/gated.h"
#include "support/main.h"
#include "support/redis_link.h"

#include <stdio.h>

struct scene {
    struct functions f;
    struct proxy *proxy;
    struct redis_address address;
    struct redis_link l;
    struct holder holder;
    struct claim_call call;
    int calls;
    enum claim_end end;
    size_t count;
    bool more;
};

static void over(void *arg, const struct claimed *c)
{
    struct scene *s = arg;

    s->calls++;
    s->end = c->end;
    s->count = c->count;
    s->more = c->more;
}

static void open_scene(struct scene *s)
{
    struct epoch epoch;
    struct why why = {""};

    *s = (struct scene){.f = functions_open(NULL)};
    epoch = functions_join(&s->f, "600000");
    s->holder.keys = &s->f.keys;
    memcpy(s->holder.epoch, epoch.text, sizeof s->holder.epoch);
    (void)snprintf(s->holder.tag, sizeof s->holder.tag, "3");
    s->proxy = proxy_open(redis_server_socket(s->f.server));
    ck_assert_msg(!redis_address_read(proxy_url(s->proxy), &s->address, &why),
                  "%s", why.text);
    redis_link_open(&s->l, &s->address);
    redis_link_up(&s->l);
    s->call = (struct claim_call){s->l.redis, s, over};
}

static void close_scene(struct scene *s)
{
    redis_link_close(&s->l);
    proxy_close(&s->proxy);
    functions_close(&s->f);
}

static void answer(struct scene *s, const char *command, const char *text)
{
    const struct proxy_rule rule = {.command = command,
                                    .nth = 1,
                                    .when = PROXY_AFTER,
                                    .act = PROXY_REPLACE,
                                    .text = text};

    proxy_rule(s->proxy, &rule);
}

static enum claim_end claim_ten(struct scene *s)
{
    static const struct claim_share ten = {
        .count = 10, .due_count = 5, .alone_from = 5};
    int before = s->calls;

    link_until(&s->l, redis_is_up(s->l.redis), "the connection");
    ck_assert_int_eq(claim(&s->call, &s->holder, &ten), ERR_OK);
    link_until(&s->l, s->calls == before + 1, "the end of the claim");
    return s->end;
}

static enum claim_end recover(struct scene *s)
{
    int before = s->calls;

    link_until(&s->l, redis_is_up(s->l.redis), "the connection");
    ck_assert_int_eq(claim_recover(&s->call, &s->holder, NULL, 0), ERR_OK);
    link_until(&s->l, s->calls == before + 1, "the end of the recovery");
    return s->end;
}

static const struct {
    const char *text;
    enum claim_end end;
} answers[] = {
    {"$-1\r\n", CLAIM_UNKNOWN},
    {":1\r\n", CLAIM_UNKNOWN},
    {"+OK\r\n", CLAIM_UNKNOWN},
    {"*0\r\n", CLAIM_UNKNOWN},
    {"*3\r\n$1\r\n1\r\n:0\r\n$-1\r\n", CLAIM_UNKNOWN},
    {"*4\r\n$1\r\n1\r\n:0\r\n$-1\r\n*0\r\n", CLAIM_UNKNOWN},
    {"-ERR upstream failure\r\n", CLAIM_UNKNOWN},
    {"-IOERR timeout\r\n", CLAIM_UNKNOWN},
    {"-GENERATION this claim was given up\r\n", CLAIM_OLD},
    {"-LOADING Redis is loading\r\n", CLAIM_AGAIN},
    {"-PAUSED 7\r\n", CLAIM_AGAIN},
    {"-PAUSED\r\n", CLAIM_UNKNOWN},
    {"-LEASE this epoch owns nothing any more\r\n", CLAIM_LEASE},
};

START_TEST(a_claim_whose_answer_says_nothing_is_recovered)
{
    struct scene s;

    open_scene(&s);
    functions_push(&s.f, 1, 3);
    answer(&s, "claim", answers[_i].text);
    ck_assert_int_eq(claim_ten(&s), answers[_i].end);
    ck_assert_int_eq(functions_held(&s.f, s.holder.epoch), 3);
    ck_assert_int_eq(recover(&s), CLAIM_DONE);
    ck_assert_uint_eq(s.count, 1);
    ck_assert_int_eq(functions_held(&s.f, s.holder.epoch), 0);
    functions_census(&s.f, 1, 3);
    close_scene(&s);
}
END_TEST

static enum claim_end take_up(struct scene *s)
{
    static const struct claim_gate gate = {"acme:on-lead", 9};
    static const struct claim_parking what = {&gate, 1, 60000, 5};
    int before = s->calls;

    link_until(&s->l, redis_is_up(s->l.redis), "the connection");
    ck_assert_int_eq(claim_parked(&s->call, &s->holder, &what), ERR_OK);
    link_until(&s->l, s->calls == before + 1, "the end of the claim");
    return s->end;
}

START_TEST(parked_jobs_whose_answer_says_nothing_are_recovered)
{
    struct scene s;

    open_scene(&s);
    gated_fill(&s.f, s.holder.epoch, "acme:on-lead", 1, 3);
    answer(&s, "unpark", answers[_i].text);
    ck_assert_int_eq(take_up(&s), answers[_i].end);
    ck_assert_int_eq(functions_held(&s.f, s.holder.epoch), 3);
    ck_assert_int_eq(recover(&s), CLAIM_DONE);
    ck_assert_int_eq(functions_held(&s.f, s.holder.epoch), 0);
    functions_census(&s.f, 1, 3);
    close_scene(&s);
}
END_TEST

START_TEST(a_recovery_whose_answer_says_nothing_is_not_over)
{
    struct scene s;

    open_scene(&s);
    answer(&s, "recover", "+OK\r\n");
    ck_assert_int_eq(recover(&s), CLAIM_UNKNOWN);
    ck_assert_int_eq(recover(&s), CLAIM_DONE);
    ck_assert_uint_eq(s.count, 1);
    ck_assert(s.more);
    s.holder.generation = s.count;
    ck_assert_int_eq(recover(&s), CLAIM_DONE);
    ck_assert_uint_eq(s.count, 2);
    ck_assert(!s.more);
    close_scene(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("claim_answers");
    TCase *group = tcase_create("claim_answers");

    tcase_set_timeout(group, 30);
    tcase_add_loop_test(group, a_claim_whose_answer_says_nothing_is_recovered,
                        0, ROWS(answers));
    tcase_add_loop_test(group,
                        parked_jobs_whose_answer_says_nothing_are_recovered, 0,
                        ROWS(answers));
    tcase_add_test(group, a_recovery_whose_answer_says_nothing_is_not_over);
    suite_add_tcase(suite, group);
    return run_suite(suite);
}

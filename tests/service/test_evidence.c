/* What outcomes keep of an answer's head. */
#include "support/main.h"
#include "support/world.h"

#define PROXY                                                                  \
    "x-auth0-proxy-stats: {\"req_id\":\"1511.2\"}\r\n"                         \
    "x-wt-response-source: webtask\r\n"

static const char *headers_of(struct world *w, const char *id)
{
    return journal_field(w->journal, id, 0, "headers");
}

START_TEST(an_outcome_has_the_headers_that_support_asks_for)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead", .headers = PROXY);
    world_start(w);
    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0", "delivered/ok/200");
    ck_assert_str_eq(headers_of(w, "a-0"),
                     "x-auth0-proxy-stats={\"req_id\":\"1511.2\"}; "
                     "x-wt-response-source=webtask");
    peer_on(w->peer, .path = "/lead");
    world_push_many(w, "b", 0, 1);
    journal_expect(w->journal, "b-0", "delivered/ok/200");
    ck_assert_str_eq(headers_of(w, "b-0"), "");
    world_close(&w);
}
END_TEST

START_TEST(hostile_headers_are_harmless_in_an_outcome)
{
    struct world *w = world_open();

    peer_on(w->peer, .path = "/lead",
            .headers = "x-wt-a: \x1b[31m\xff\x01 tail\r\n");
    world_start(w);
    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0", "delivered/ok/200");
    ck_assert_str_eq(headers_of(w, "a-0"), "x-wt-a= [31m?  tail");
    world_close(&w);
}
END_TEST

START_TEST(who_wants_no_answers_in_redis_has_no_headers_either)
{
    struct world *w = world_open();

    world_configure(w, "outcomes: {body: 0}\n");
    peer_on(w->peer, .path = "/lead", .headers = PROXY, .body = "x");
    world_start(w);
    world_push_many(w, "a", 0, 1);
    journal_expect(w->journal, "a-0", "delivered/ok/200");
    ck_assert_str_eq(headers_of(w, "a-0"), "");
    ck_assert_str_eq(journal_field(w->journal, "a-0", 0, "body"), "");
    world_close(&w);
}
END_TEST

int main(void)
{
    return run_tests("service.evidence", 60,
                     an_outcome_has_the_headers_that_support_asks_for,
                     hostile_headers_are_harmless_in_an_outcome,
                     who_wants_no_answers_in_redis_has_no_headers_either);
}

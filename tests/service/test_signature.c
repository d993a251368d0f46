/* What receivers get is signed as standardwebhooks.com has it: verified by a
 * program that shares nothing with extq. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define HMAC_1 "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
#define HMAC_2 "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define ED_PRIVATE                                                             \
    "whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSK" \
    "Jp4AJ6p9lMicMFs6Kvg=="
#define ED_PUBLIC "whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4="

static struct world *w;

static void open_world(void)
{
    w = world_open();
    (void)temp_write(&w->dir, "keys/one", HMAC_1 "\n");
    (void)temp_write(&w->dir, "keys/two", HMAC_2 "\n");
    (void)temp_write(&w->dir, "keys/ed", ED_PRIVATE "\n");
}

static void close_world(void)
{
    world_close(&w);
}

static const char *header(const struct peer_request *r, const char *name)
{
    const char *value = request_header(r, name);

    ck_assert_msg(value != NULL, "no %s", name);
    return value;
}

/* Runs the verifier on the request: its exit status. */
static int verify(const struct peer_request *r, const char *key,
                  const char *second)
{
    const char *source = getenv("EXTQ_SOURCE");
    struct process *p;
    char script[512], now[32];
    int status;

    ck_assert_ptr_nonnull(source);
    (void)snprintf(script, sizeof script, "%s/tests/support/verify_webhook.py",
                   source);
    (void)snprintf(now, sizeof now, "%lld", (long long)time(NULL));
    p = process_start_with((const char *const[]){"python3", script,
                                                 header(r, "webhook-id"),
                                                 header(r, "webhook-timestamp"),
                                                 header(r, "webhook-signature"),
                                                 now, key, second, NULL},
                           NULL, r->body.at);
    status = process_wait(p, WORLD_LIMIT_MS);
    process_close(&p);
    return status;
}

static const struct peer_request *call(const char *path, size_t count)
{
    return ledger_wait(peer_ledger(w->peer), path, count, WORLD_LIMIT_MS);
}

START_TEST(every_key_signs_what_was_sent_newest_first)
{
    const struct peer_request *r;

    world_configure(w, "points: {default: {signing_keys: [keys/ed, "
                       "keys/one]}}\n");
    world_start(w);
    world_push(w, "{\"id\":\"evt:1\",\"container\":\"acme\",\"point\":"
                  "\"on-new-lead\",\"payload\":{\"name\" : \"Ad\u00e9l\"}}");
    r = call("/lead", 1);
    ck_assert_int_eq(verify(r, HMAC_1, ED_PUBLIC), 0);
    ck_assert_int_ne(verify(r, HMAC_2, ED_PUBLIC), 0);
    ck_assert_int_ne(verify(r, HMAC_1, NULL), 0);
    ck_assert(strncmp(header(r, "webhook-signature"), "v1a,", 4) == 0);
    ck_assert_str_eq(header(r, "webhook-id"), "evt:1");
    ck_assert_str_eq(header(r, "Authorization"), "Bearer s3cr3t");
    journal_expect(w->journal, "evt:1", "delivered/ok/200");
}
END_TEST

START_TEST(a_retry_is_signed_anew_under_the_same_id)
{
    const struct peer_request *first, *second;

    peer_on(w->peer, .path = "/lead", .fail_first = 1);
    world_configure(w, "points: {default: {signing_keys: [keys/one], "
                       "retry: {base: 1100ms, jitter: 0}}}\n");
    world_start(w);
    world_push_many(w, "job", 0, 1);
    second = call("/lead", 2);
    first = ledger_at(peer_ledger(w->peer), "/lead", 0);
    ck_assert_int_eq(verify(first, HMAC_1, NULL), 0);
    ck_assert_int_eq(verify(second, HMAC_1, NULL), 0);
    ck_assert_str_eq(header(first, "webhook-id"), header(second, "webhook-id"));
    ck_assert_int_gt(strtoll(header(second, "webhook-timestamp"), NULL, 10),
                     strtoll(header(first, "webhook-timestamp"), NULL, 10));
    ck_assert_str_ne(header(first, "webhook-signature"),
                     header(second, "webhook-signature"));
}
END_TEST

START_TEST(an_extension_has_its_own_keys_and_a_point_may_have_none)
{
    const struct peer_request *r;

    peer_on(w->peer, .path = "/*");
    world_configure(w,
                    "extensions:\n"
                    "  - {container: acme, point: own, url: \"%s\",\n"
                    "     signing_keys: [keys/two]}\n"
                    "  - {container: acme, point: plain, url: \"%s\"}\n"
                    "  - {container: acme, point: usual, url: \"%s\"}\n"
                    "points:\n"
                    "  default: {signing_keys: [keys/one]}\n"
                    "  plain: {signing_keys: []}\n",
                    peer_url(w->peer, "/own").text,
                    peer_url(w->peer, "/plain").text,
                    peer_url(w->peer, "/usual").text);
    world_start(w);
    world_push(w, "{\"container\":\"acme\",\"point\":\"own\",\"payload\":1}");
    world_push(w, "{\"container\":\"acme\",\"point\":\"plain\",\"payload\":2}");
    world_push(w, "{\"container\":\"acme\",\"point\":\"usual\",\"payload\":3}");
    ck_assert_int_eq(verify(call("/own", 1), HMAC_2, NULL), 0);
    ck_assert_int_eq(verify(call("/usual", 1), HMAC_1, NULL), 0);
    r = call("/plain", 1);
    ck_assert_ptr_null(request_header(r, "webhook-signature"));
    ck_assert_ptr_null(request_header(r, "webhook-timestamp"));
}
END_TEST

START_TEST(a_reload_changes_the_keys_and_a_wrong_one_changes_nothing)
{
    struct process *s;

    world_configure(w, "points: {default: {signing_keys: [keys/one]}}\n");
    s = world_start(w);
    world_push_many(w, "job", 0, 1);
    ck_assert_int_eq(verify(call("/lead", 1), HMAC_1, NULL), 0);
    (void)temp_write(&w->dir, "keys/one", "whsec_short\n");
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "reload refused"), WORLD_LIMIT_MS,
               "the refusal");
    ck_assert_ptr_null(strstr(process_err(s), "whsec_short"));
    world_push_many(w, "job", 1, 1);
    ck_assert_int_eq(verify(call("/lead", 2), HMAC_1, NULL), 0);
    (void)temp_write(&w->dir, "keys/one", HMAC_2 "\n");
    process_signal(s, SIGHUP);
    wait_until(strstr(process_err(s), "reloaded"), WORLD_LIMIT_MS,
               "the reload");
    /* Claims of the old pool end first. */
    for (unsigned n = 2;; n++) {
        world_push_many(w, "job", n, 1);
        if (verify(call("/lead", n + 1), HMAC_2, NULL) == 0)
            break;
        ck_assert_uint_lt(n, 50);
    }
}
END_TEST

int main(void)
{
    Suite *s = suite_create("service.signature");
    TCase *t = tcase_create("signature");

    suite_add_tcase(s, t);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_world, close_world);
    tcase_add_test(t, every_key_signs_what_was_sent_newest_first);
    tcase_add_test(t, a_retry_is_signed_anew_under_the_same_id);
    tcase_add_test(t, an_extension_has_its_own_keys_and_a_point_may_have_none);
    tcase_add_test(t,
                   a_reload_changes_the_keys_and_a_wrong_one_changes_nothing);
    return run_suite(s);
}

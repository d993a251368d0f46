#include "support/recording.h"

#include <stdio.h>

static const char *const words[] = {"--enable-debug-command", "yes", NULL};

static const struct job job = {
    .id = "evt_1", .container = "acme", .point = "on-lead"};

const struct outcome recording_delivered = {
    .verdict = VERDICT_DELIVERED, .class = CLASS_OK, .reason = "delivered"};
const struct outcome recording_retry = {.verdict = VERDICT_RETRY,
                                        .class = CLASS_TIMEOUT,
                                        .wait_ms = 70000,
                                        .reason = "no answer in time"};
const struct outcome recording_dead = {.verdict = VERDICT_DEAD,
                                       .class = CLASS_REJECTED,
                                       .reason = "the extension refused it"};

static void settled(void *owner, void *job_arg, enum settled how)
{
    struct recording *r = owner;
    struct fate *fate = job_arg;

    fate->settled++;
    fate->lost += how == SETTLED_LOST;
    r->settled++;
    if (r->on_settled)
        r->on_settled(r, fate);
}

static void lease_lost(void *owner, const char *epoch)
{
    struct recording *r = owner;

    (void)snprintf(r->lost_epoch, sizeof r->lost_epoch, "%s", epoch);
    r->leases_lost++;
}

static void refused(void *owner, const char *why)
{
    struct recording *r = owner;

    (void)snprintf(r->refusal, sizeof r->refusal, "%s", why);
    r->refusals++;
}

void recording_open(struct recording *r)
{
    struct recorder_options options = {
        .holder = &r->holder,
        .patience = &r->patience,
        .outcomes_max = 100000,
        .dead_max = 100000,
        .worker = "host-1/2",
        .body_keep = 16,
        .owner = r,
        .settled = settled,
        .lease_lost = lease_lost,
        .refused = refused,
    };

    memset(r, 0, sizeof *r);
    r->f = functions_open(words);
    r->mine = functions_join(&r->f, "600000");
    r->holder.keys = &r->f.keys;
    recording_hold_under(r, &r->mine);
    redis_link_open(&r->l, redis_server_address(r->f.server));
    redis_link_up(&r->l);
    options.redis = r->l.redis;
    ck_assert_int_eq(recorder_open(&options, &r->recorder), ERR_OK);
}

void recording_close(struct recording *r)
{
    redis_link_close(&r->l);
    recorder_close(&r->recorder);
    ck_assert_ptr_null(r->recorder);
    functions_close(&r->f);
}

void recording_hold_under(struct recording *r, const struct epoch *epoch)
{
    (void)snprintf(r->holder.epoch, sizeof r->holder.epoch, "%s", epoch->text);
}

void recording_claim(struct recording *r, int from, int to)
{
    functions_push(&r->f, from, to);
    functions_claim(&r->f, r->holder.epoch, "2000", "0");
}

void recording_add(struct recording *r, int n, struct record_entry e)
{
    struct field field = functions_field(&r->f, r->holder.epoch, n);
    char header[96];

    (void)snprintf(header, sizeof header, "%s 1 1 0 5 -\n",
                   strchr(field.text, ':') + 1);
    e.field = span_of(field.text);
    e.header = span_of(header);
    e.job = &job;
    e.arg = &r->fates[n];
    ck_assert_int_eq(record(r->recorder, &e), ERR_OK);
}

void recording_deliver(struct recording *r, int from, int to)
{
    for (int n = from; n <= to; n++)
        recording_add(r, n,
                      (struct record_entry){.outcome = &recording_delivered});
}

void recording_turn(struct recording *r)
{
    recorder_flush(r->recorder);
    (void)redis_link_step(&r->l);
}

void recording_each_once(struct recording *r, int from, int to, int lost)
{
    for (int n = from; n <= to; n++) {
        ck_assert_int_eq(r->fates[n].settled, 1);
        ck_assert_int_eq(r->fates[n].lost, lost);
    }
    ck_assert_uint_eq(recorder_pending(r->recorder), 0);
}

int64_t recording_outcomes(struct recording *r)
{
    return redis_server_count(r->f.server, "XLEN", r->f.keys.outcomes, NULL);
}

#include "support/dns_bed.h"

#include "support/table.h"

#include <arpa/inet.h>
#include <stdio.h>

struct dns_bed bed;

void dns_bed_open(void)
{
    memset(&bed, 0, sizeof bed);
    ck_assert_int_eq(uv_loop_init(&bed.loop), 0);
    ck_assert_int_eq(dns_global_open(), ERR_OK);
    bed.stub = dns_stub_open();
    bed.options.ttl_min_ms = 1;
    (void)snprintf(bed.options.servers, sizeof bed.options.servers, "%s",
                   dns_stub_server(bed.stub));
}

void dns_bed_start(void)
{
    ck_assert_int_eq(dns_open(&bed.loop, &bed.options, &bed.dns), ERR_OK);
}

void dns_bed_close(void)
{
    for (int i = 0; i < DNS_BED_ASKERS; i++) {
        dns_cancel(&bed.askers[i].waiter);
        dns_drop(&bed.askers[i].answer);
    }
    dns_close(&bed.dns);
    (void)uv_run(&bed.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&bed.loop), 0);
    dns_stub_close(&bed.stub);
    dns_global_close();
}

bool dns_bed_step(void)
{
    (void)uv_run(&bed.loop, UV_RUN_NOWAIT);
    return true;
}

static void keep(void *arg, struct dns_answer *answer)
{
    struct asker *a = arg;

    a->done++;
    a->answer = answer ? dns_hold(answer) : NULL;
}

void ask(struct asker *a, const char *name, const char *tenant,
         int64_t limit_ms)
{
    const struct dns_question question = {name, tenant, limit_ms};

    dns_drop(&a->answer);
    a->done = 0;
    a->waiter.arg = a;
    a->waiter.done = keep;
    ck_assert_int_eq(dns_ask(bed.dns, &question, &a->waiter), ERR_OK);
    ck_assert_uint_eq(a->done, 0);
}

const struct dns_answer *ask_one(const char *name)
{
    struct asker *a = &bed.askers[0];

    ask(a, name, NULL, DNS_BED_LIMIT_MS);
    until(a->done == 1, "an answer");
    ck_assert_ptr_nonnull(a->answer);
    return a->answer;
}

bool answer_has(const struct dns_answer *a, const char *text)
{
    char at[INET6_ADDRSTRLEN];

    for (size_t i = 0; i < a->count; i++) {
        if (a->at[i].any.sa_family == AF_INET)
            (void)inet_ntop(AF_INET, &a->at[i].v4.sin_addr, at, sizeof at);
        else
            (void)inet_ntop(AF_INET6, &a->at[i].v6.sin6_addr, at, sizeof at);
        if (strcmp(at, text) == 0)
            return true;
    }
    return false;
}

#include "service/flight_internal.h"

#include "base/clock.h"
#include "base/failpoint.h"
#include "base/rand.h"

static struct gates *gates_of(const struct flight *f)
{
    return f->intake->worker->shared->gates;
}

void flight_enter(struct flight *f)
{
    struct extension_key key = flight_key(f);

    if (failpoint("entering", f->job.id) ||
        gates_enter(gates_of(f), &f->pass, &key, clock_mono_us()))
        flight_put_back(f, FLIGHT_PAUSE_MS);
    else if (f->pass.parked)
        flight_park(f);
    else
        flight_resolve(f);
}

void flight_tell(struct flight *f, const struct outcome *outcome)
{
    struct gate_change changes[GATE_CHANGES_MAX];
    struct gate_verdict verdict = {
        .outcome = outcome,
        .mark = f->mark[0] ? f->mark : NULL,
        .dice = rand_u32(&f->intake->worker->dice),
    };
    unsigned count =
        gates_judge(gates_of(f), &f->pass, &verdict, clock_mono_us(), changes);

    for (unsigned n = 0; n < count; n++)
        intake_tell(f->intake, &changes[n]);
}

void flight_stay_gone(struct flight *f)
{
    static const struct outcome gone = {
        .verdict = VERDICT_RETRY,
        .class = CLASS_GONE,
        .stops = true,
        .reason = "discovery still names the URL that is gone",
    };

    flight_tell(f, &gone);
    if (gates_send_back(gates_of(f), &f->pass))
        flight_put_back(f, FLIGHT_PAUSE_MS);
    else
        flight_park(f);
}

void flight_leave(struct flight *f)
{
    struct gate_change change;

    if (gates_leave(gates_of(f), &f->pass, clock_mono_us(), &change))
        intake_tell(f->intake, &change);
}

#include "service/worker_internal.h"

#include "base/clock.h"

bool intake_is_paused(const struct intake *i)
{
    int64_t until_us =
        gates_paused_until_us(i->worker->shared->gates, intake_queue(i));

    return until_us != 0 && until_us > clock_mono_us();
}

bool intake_has_work(const struct intake *i)
{
    return atomic_load(&i->queue->waiting) && !intake_is_paused(i);
}

static void say(const struct intake *i, const struct gate_pause *pause)
{
    const char *queue = i->queue->config->name;

    if (!pause->paused)
        log_info("queue resumed", LOG_TEXT("queue", queue));
    else if (pause->until_ms > 0)
        log_warn("queue paused: nothing of it is claimed for a while",
                 LOG_TEXT("queue", queue), LOG_TEXT("why", pause->why),
                 LOG_NUMBER("until_ms", pause->until_ms));
    else
        log_warn("queue paused: nothing of it is claimed until it is resumed",
                 LOG_TEXT("queue", queue), LOG_TEXT("why", pause->why));
}

void intake_note_pause(struct intake *i)
{
    struct gate_pause pause;

    if (!gates_pause_changed(i->worker->shared->gates, intake_queue(i), &pause))
        return;
    say(i, &pause);
    if (pause.paused)
        return;
    atomic_store(&i->queue->waiting, true);
    shared_wake_worker(i->worker->shared);
}

static void end_over(void *arg, const struct gate_told *told)
{
    struct intake *i = arg;

    i->ending = false;
    if (told->end == GATE_TOLD)
        gates_see(i->worker->shared->gates, intake_queue(i), told->version);
}

/* Each service does, as soon as it knows: the first one is heard. */
void intake_end_pause(struct intake *i)
{
    int64_t until_ms;

    if (i->ending || !redis_is_up(i->redis) ||
        !gates_pause_over(i->worker->shared->gates, intake_queue(i),
                          clock_mono_us(), &until_ms))
        return;
    atomic_store(&i->queue->waiting, true);
    intake_prepare(i, &i->end_call);
    i->end_call.arg = i;
    i->end_call.done = end_over;
    i->ending =
        gate_end(&i->end_call, gate_of_queue, GATE_PAUSED, until_ms) == ERR_OK;
}

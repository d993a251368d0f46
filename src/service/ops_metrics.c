#include "service/ops_internal.h"

#include "base/clock.h"
#include "service/gates_figures.h"
#include "service/keeper.h"
#include "service/worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    char line[128], *second = NULL;

    if (!file)
        return 0;
    if (fgets(line, sizeof line, file))
        second = strchr(line, ' ');
    (void)fclose(file);
    return second ? strtoull(second, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE)
                  : 0;
}

static void write_process(struct ops_text *t, const struct ops *o)
{
    struct rusage usage;
    int64_t cpu_us;

    text_family(t, "build_info", "gauge", "Which extq this is.");
    text_count(t, 1, "version=\"%s\"", EXTQ_VERSION);
    text_family(t, "process_start_time_seconds", "gauge",
                "When the process began, unix time.");
    text_seconds(t, o->started_ms * 1000, "%s", "");
    (void)getrusage(RUSAGE_SELF, &usage);
    cpu_us = (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000000;
    cpu_us += usage.ru_utime.tv_usec + usage.ru_stime.tv_usec;
    text_family(t, "process_cpu_seconds_total", "counter",
                "Processor time used, user and system.");
    text_seconds(t, cpu_us, "%s", "");
    text_family(t, "process_resident_memory_bytes", "gauge",
                "Memory in use that is not swapped out.");
    text_count(t, resident_bytes(), "%s", "");
}

static void write_outcomes(struct ops_text *t, const struct ops_sums *sums)
{
    text_family(t, "outcomes_total", "counter",
                "Outcomes written: one for each attempt and each end without.");
    for (size_t n = 0; n < sums->count; n++)
        for (int v = 0; v < VERDICTS; v++)
            for (int c = 0; c < CLASSES; c++) {
                const struct point_sums *p = &sums->points[n];
                bool first = v == VERDICT_DELIVERED && c == CLASS_OK;

                /* Most of them never happen; this one is there from the start,
                 * so that its rate counts the first. */
                if (p->outcomes[v][c] > 0 || first)
                    text_count(t, p->outcomes[v][c],
                               "point=\"%s\",verdict=\"%s\",class=\"%s\"",
                               p->name, verdict_text((enum verdict)v),
                               class_text((enum class)c));
            }
}

static void write_times(struct ops_text *t, const struct ops_sums *sums)
{
    text_family(t, "call_seconds", "histogram",
                "How long calls took, from DNS to the last byte.");
    for (size_t n = 0; n < sums->count; n++)
        if (meter_count(&sums->points[n].calls) > 0)
            text_times(t, &sums->points[n].calls, "point",
                       sums->points[n].name);
    text_family(t, "queue_wait_seconds", "histogram",
                "From a job's claim to its call.");
    for (size_t n = 0; n < sums->count; n++)
        if (meter_count(&sums->points[n].waits) > 0)
            text_times(t, &sums->points[n].waits, "point",
                       sums->points[n].name);
}

static void write_resolves(struct ops_text *t, const struct ops_sums *sums)
{
    static const char *const sources[SOURCES] = {"local", "shared", "stale",
                                                 "discovery"};
    static const char *const results[FINDINGS] = {"found", "none", "failed"};

    text_family(t, "resolves_total", "counter",
                "Extensions looked for, by what knew: a cache, or discovery.");
    for (int s = 0; s < SOURCES; s++)
        for (int k = 0; k < FINDINGS; k++)
            text_count(t, sums->resolves[s][k], "source=\"%s\",result=\"%s\"",
                       sources[s], results[k]);
    text_family(t, "discovery_asks_total", "counter",
                "Questions to discovery; many jobs share one.");
    text_count(t, sums->asks, "%s", "");
}

static void write_connections(struct ops_text *t, const struct ops_sums *sums)
{
    text_family(t, "http_connections_reused_total", "counter",
                "Requests on a connection that was open.");
    text_count(t, sums->reused, "%s", "");
    text_family(t, "http_connections_opened_total", "counter",
                "Requests on a new connection.");
    text_count(t, sums->opened, "%s", "");
    text_family(t, "http_tls_handshakes_total", "counter",
                "TLS handshakes made.");
    text_count(t, sums->handshakes, "%s", "");
    text_family(t, "http2_requests_total", "counter",
                "Requests sent by HTTP/2; the others were by HTTP/1.1.");
    text_count(t, sums->http2, "%s", "");
    text_family(t, "redis_connects_total", "counter",
                "Connections to Redis; what is above one for each loop was "
                "made again.");
    text_count(t, sums->redis_ups, "%s", "");
}

static void write_spans(struct ops_text *t, const struct tracer_counts *spans)
{
    text_family(t, "trace_spans_total", "counter",
                "Spans of calls by what became of them: with the collector, "
                "refused by it, or dropped.");
    text_count(t, spans->exported, "result=\"exported\"");
    text_count(t, spans->rejected, "result=\"rejected\"");
    text_count(t, spans->dropped, "result=\"dropped\"");
}

static void write_loops(struct ops_text *t, struct ops *o)
{
    const struct shared *s = pool_shared(o->pools[0]);
    unsigned workers = atomic_load(&s->worker_count);
    unsigned busy = 0, pools = 0;

    text_family(t, "loop_lag_seconds", "gauge",
                "How late a loop gets to what is due.");
    for (unsigned w = 0; w < workers; w++)
        text_seconds(t, pulse_lag_us(worker_pulse(s->workers[w])),
                     "loop=\"worker-%u\"", w);
    text_seconds(t, pulse_lag_us(keeper_pulse(s->keeper)), "loop=\"keeper\"");
    for (; pools < OPS_POOLS_MAX && o->pools[pools]; pools++)
        busy += pool_busy(o->pools[pools]);
    text_family(t, "in_flight_jobs", "gauge", "Jobs claimed and not finished.");
    text_count(t, busy, "%s", "");
    text_family(t, "in_flight_limit_jobs", "gauge",
                "How many there may be, of all workers.");
    text_count(t, (uint64_t)workers * s->config->in_flight, "%s", "");
    text_family(t, "earlier_configurations", "gauge",
                "Those from before a reload whose jobs are not done yet.");
    text_count(t, pools - 1, "%s", "");
    text_family(t, "draining", "gauge", "1 once the service is to stop.");
    text_count(t, o->draining, "%s", "");
}

static void write_leases(struct ops_text *t, const struct shared *s)
{
    int64_t now_ms = clock_boot_ms();
    char epoch[EPOCH_MAX];

    text_family(t, "lease_held", "gauge",
                "1 while this service may take the queue's jobs.");
    for (size_t n = 0; n < s->config->queue_count; n++) {
        (void)queue_read_lease(&s->queues[n], epoch);
        text_count(t, epoch[0] && queue_lease_runs(&s->queues[n], now_ms),
                   "queue=\"%s\"", s->queues[n].config->name);
    }
    text_family(t, "lease_remaining_seconds", "gauge",
                "Until the lease ends, unless it is renewed.");
    for (size_t n = 0; n < s->config->queue_count; n++)
        text_seconds(t, (atomic_load(&s->queues[n].ends_ms) - now_ms) * 1000,
                     "queue=\"%s\"", s->queues[n].config->name);
}

static void write_gates(struct ops_text *t, const struct shared *s)
{
    text_family(t, "gates", "gauge",
                "Extensions and containers whose jobs wait, by why; full: at "
                "their limit.");
    for (size_t n = 0; n < s->config->queue_count; n++) {
        uint64_t kinds[GATE_KINDS];

        gates_kinds(s->gates, (unsigned)n, kinds);
        for (int k = GATE_NONE + 1; k < GATE_KINDS; k++)
            text_count(t, kinds[k], "queue=\"%s\",kind=\"%s\"",
                       s->queues[n].config->name,
                       gate_kind_text((enum gate_kind)k));
    }
}

static void write_turns(struct ops_text *t, const char *queue, const char *way,
                        const uint64_t turns[GATE_KINDS])
{
    for (int k = GATE_FULL + 1; k < GATE_PAUSED; k++)
        text_count(t, turns[k], "queue=\"%s\",kind=\"%s\",change=\"%s\"", queue,
                   gate_kind_text((enum gate_kind)k), way);
}

static void write_gate_changes(struct ops_text *t, const struct shared *s)
{
    text_family(t, "gate_changes_total", "counter",
                "Extensions and containers that calls of this service shut, or "
                "opened again.");
    for (size_t n = 0; n < s->config->queue_count; n++) {
        struct gate_turns turns = gates_turns(s->gates, (unsigned)n);
        const char *queue = s->queues[n].config->name;

        write_turns(t, queue, "shut", turns.shut);
        write_turns(t, queue, "opened", turns.opened);
    }
}

enum err ops_metrics(struct ops *o, struct buf *out)
{
    const struct shared *s = pool_shared(o->pools[0]);
    struct ops_text t = {.out = out};
    struct ops_sums sums = {.points = NULL};
    enum err e = ops_sums_merge(&sums, &o->past);

    for (unsigned n = 0; !e && n < OPS_POOLS_MAX && o->pools[n]; n++)
        e = ops_sums_collect(&sums, o->pools[n]);
    if (!e) {
        write_process(&t, o);
        write_outcomes(&t, &sums);
        write_times(&t, &sums);
        write_resolves(&t, &sums);
        write_connections(&t, &sums);
        write_spans(&t, &sums.spans);
        write_loops(&t, o);
        write_leases(&t, s);
        write_gates(&t, s);
        write_gate_changes(&t, s);
        ops_queues(&t, &o->look, s);
    }
    ops_sums_clear(&sums);
    return e ? e : t.err;
}

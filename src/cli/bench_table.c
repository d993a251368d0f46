#include "cli/bench_table.h"

#include "base/json.h"
#include "cli/bench_load.h"
#include "link/http.h"

#include <inttypes.h>
#include <stdio.h>

enum { NUMBER_MAX = 32, TARGET_MAX = 32 };

/* Three digits say all that a measurement knows. */
static const char *number(char dst[NUMBER_MAX], double n)
{
    int decimals = n >= 100 ? 0 : n >= 10 ? 1 : n >= 1 ? 2 : 3;

    (void)snprintf(dst, NUMBER_MAX, "%.*f", decimals, n);
    return dst;
}

static const char *target(char dst[TARGET_MAX], const struct figure *f)
{
    bool most = f->goal == GOAL_AT_MOST || f->goal == GOAL_RATIO_AT_MOST;
    bool ratio =
        f->goal == GOAL_RATIO_AT_MOST || f->goal == GOAL_RATIO_AT_LEAST;

    dst[0] = '\0';
    if (f->goal != GOAL_NONE)
        (void)snprintf(dst, TARGET_MAX, "%s %g%s", most ? "<=" : ">=", f->bound,
                       ratio ? " x" : "");
    return dst;
}

static void quote(const char *text)
{
    struct buf line = buf_make(4096);

    if (json_quote(&line, span_of(text)))
        printf("\"\"");
    else
        printf("%s", line.at);
    buf_clear(&line);
}

void table_head(const struct bench_place *p, bool json)
{
    if (json) {
        printf("{\"extq\":\"%s\",\"libcurl\":", EXTQ_VERSION);
        quote(http_version());
        printf(",\"redis\":\"%s\",\"machine\":", p->redis);
        quote(p->machine);
        printf(",\"payload_bytes\":%d,\"runs\":%" PRId64 "}\n",
               (int)LOAD_PAYLOAD, p->runs);
        (void)fflush(stdout);
        return;
    }
    printf("%s\nextq %s, %s\nRedis %s, AOF everysec, over TCP; payloads of %d "
           "bytes; %" PRId64 " runs.\n\"against\" is the bare loop in the same "
           "run, or what the figure's name says.\n\n",
           p->machine, EXTQ_VERSION, http_version(), p->redis,
           (int)LOAD_PAYLOAD, p->runs);
    printf("%-12s %-37s %8s %17s %8s %6s  %s\n", "row", "figure", "median",
           "min..max", "against", "ratio", "target");
    (void)fflush(stdout);
}

static void print_plain(const char *row, const struct figure *f)
{
    struct spread own = spread_of(f->values, f->runs);
    char text[4][NUMBER_MAX], range[2 * NUMBER_MAX + 2], goal[TARGET_MAX];
    bool compared = f->compared > 0;

    (void)snprintf(range, sizeof range, "%s..%s", number(text[0], own.min),
                   number(text[1], own.max));
    text[2][0] = text[3][0] = '\0';
    if (compared) {
        number(text[2], spread_of(f->against, f->compared).median);
        (void)snprintf(text[3], NUMBER_MAX, "%.2f",
                       spread_of(f->ratios, f->compared).median);
    }
    printf("%-12s %-37s %8s %17s %8s %6s  %s%s\n", row, f->name,
           number(text[0], own.median), range, text[2], text[3],
           target(goal, f),
           f->goal == GOAL_NONE ? ""
           : figure_is_met(f)   ? "  met"
                                : "  MISSED");
}

static void print_spread(const char *name, const double *values, size_t count)
{
    struct spread s = spread_of(values, count);

    printf(",\"%s\":{\"median\":%.6g,\"min\":%.6g,\"max\":%.6g}", name,
           s.median, s.min, s.max);
}

static void print_json(const char *row, const struct figure *f)
{
    char goal[TARGET_MAX];

    printf("{\"row\":\"%s\",\"figure\":\"%s\",\"runs\":%zu", row, f->name,
           f->runs);
    print_spread("value", f->values, f->runs);
    if (f->compared > 0) {
        print_spread("against", f->against, f->compared);
        print_spread("ratio", f->ratios, f->compared);
    }
    if (f->goal != GOAL_NONE)
        printf(",\"target\":\"%s\",\"met\":%s", target(goal, f),
               figure_is_met(f) ? "true" : "false");
    printf("}\n");
}

void table_row(const char *row, const struct figures *figures, bool json)
{
    for (size_t i = 0; i < figures->count; i++) {
        if (json)
            print_json(row, &figures->all[i]);
        else
            print_plain(i == 0 ? row : "", &figures->all[i]);
    }
    (void)fflush(stdout);
}

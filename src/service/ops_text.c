#include "service/ops_internal.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { LABELS_MAX = 512, SECONDS_MAX = 32 };

static void keep(struct ops_text *t, enum err e)
{
    if (!t->err)
        t->err = e;
}

static const char *prefix_of(const char *name)
{
    return strncmp(name, "process_", 8) == 0 ? "" : "extq_";
}

void text_family(struct ops_text *t, const char *name, const char *kind,
                 const char *help)
{
    const char *prefix = prefix_of(name);

    t->name = name;
    keep(t, buf_printf(t->out, "# HELP %s%s %s\n# TYPE %s%s %s\n", prefix, name,
                       help, prefix, name, kind));
}

/* Labels are names of the configuration and words of ours: nothing in them
 * needs a backslash. */
static void sample(struct ops_text *t, const char *suffix, const char *labels,
                   const char *value)
{
    bool bare = labels[0] == '\0';

    keep(t,
         buf_printf(t->out, "%s%s%s%s%s%s %s\n", prefix_of(t->name), t->name,
                    suffix, bare ? "" : "{", labels, bare ? "" : "}", value));
}

static void print_seconds(char dst[SECONDS_MAX], uint64_t us)
{
    (void)snprintf(dst, SECONDS_MAX, "%" PRIu64 ".%06" PRIu64, us / 1000000,
                   us % 1000000);
}

void text_count(struct ops_text *t, uint64_t value, const char *labels, ...)
{
    char number[SECONDS_MAX], all[LABELS_MAX];
    va_list args;

    va_start(args, labels);
    (void)vsnprintf(all, sizeof all, labels, args);
    va_end(args);
    (void)snprintf(number, sizeof number, "%" PRIu64, value);
    sample(t, "", all, number);
}

void text_seconds(struct ops_text *t, int64_t us, const char *labels, ...)
{
    char number[SECONDS_MAX], all[LABELS_MAX];
    va_list args;

    va_start(args, labels);
    (void)vsnprintf(all, sizeof all, labels, args);
    va_end(args);
    print_seconds(number, us > 0 ? (uint64_t)us : 0);
    sample(t, "", all, number);
}

void text_times(struct ops_text *t, const struct meter_sum *sum,
                const char *label, const char *value)
{
    char labels[LABELS_MAX], number[SECONDS_MAX], bound[SECONDS_MAX];
    uint64_t count = 0;

    for (unsigned n = 0; n < METER_BUCKETS; n++) {
        count += sum->buckets[n];
        (void)snprintf(bound, sizeof bound, "+Inf");
        if (n < METER_BOUNDS)
            (void)snprintf(bound, sizeof bound, "%g",
                           (double)meter_bounds_us[n] / 1e6);
        (void)snprintf(labels, sizeof labels, "%s=\"%s\",le=\"%s\"", label,
                       value, bound);
        (void)snprintf(number, sizeof number, "%" PRIu64, count);
        sample(t, "_bucket", labels, number);
    }
    (void)snprintf(labels, sizeof labels, "%s=\"%s\"", label, value);
    sample(t, "_count", labels, number);
    print_seconds(number, sum->sum_us);
    sample(t, "_sum", labels, number);
}

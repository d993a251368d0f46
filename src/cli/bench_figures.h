/* What was measured: one figure has a value for each run, and perhaps one to
 * compare it with from the same run. */
#ifndef EXTQ_CLI_BENCH_FIGURES_H
#define EXTQ_CLI_BENCH_FIGURES_H

#include <stdbool.h>
#include <stddef.h>

enum { BENCH_RUNS_MAX = 99, FIGURES_MAX = 32, FIGURE_NAME_MAX = 48 };

enum goal {
    GOAL_NONE,
    GOAL_AT_MOST,
    GOAL_AT_LEAST,
    GOAL_RATIO_AT_MOST, /* of the value to the one it is compared with */
    GOAL_RATIO_AT_LEAST,
};

/* One value of one run. */
struct measured {
    const char *name; /* with its unit: "jobs/s" */
    double value;
    double against; /* 0 = there is nothing to compare it with */
    enum goal goal;
    double bound;
};

struct figure {
    char name[FIGURE_NAME_MAX];
    enum goal goal;
    double bound;
    size_t runs, compared;
    double values[BENCH_RUNS_MAX];
    double against[BENCH_RUNS_MAX], ratios[BENCH_RUNS_MAX]; /* compared */
};

/* All figures of one row. */
struct figures {
    size_t count;
    struct figure all[FIGURES_MAX];
};

/* A value of one more run, for the figure of that name. */
void figures_add(struct figures *f, const struct measured *m);

struct spread {
    double median, min, max;
};

/* Of count > 0 values; of an even number, the mean of the two in the middle.
 */
struct spread spread_of(const double *values, size_t count);

/* True when the figure has a goal and meets it. */
bool figure_is_met(const struct figure *f);

#endif

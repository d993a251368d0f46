/* faults [SCENARIO...] [--size small|full|record] [--seed N] [--case TEXT]
 * [--keep] [--list] */
#include "support/main.h"
#include "faults/rig.h"
#include "faults/scenario.h"

#include "base/rand.h"

#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
    "usage: faults [SCENARIO...] [--size small|full|record] [--seed N]\n"
    "              [--case TEXT] [--keep] [--list]\n"
    "\n"
    "Runs the scenarios (all of them unless some are named), prints a line "
    "for\n"
    "each, and ends with 1 when a figure that must be zero is not. $EXTQ "
    "names\n"
    "the binary. Ledgers of what went wrong stay, with --keep all of them, in\n"
    "$EXTQ_FAULTS_LEDGERS or /tmp.\n";

static const struct {
    const char *name;
    const TTest *(*test)(void);
} scenarios[] = {
    {"kill", scenario_kill},
    {"redis_kill", scenario_redis_kill},
    {"zombie", scenario_zombie},
    {"drain", scenario_drain},
    {"crash_points", scenario_crash_points},
    {"reply_faults", scenario_reply_faults},
    {"power_cut", scenario_power_cut},
    {"redis_full", scenario_redis_full},
    {"redis_readonly", scenario_redis_readonly},
    {"redis_loading", scenario_redis_loading},
    {"redis_functions", scenario_redis_functions},
    {"redis_disk", scenario_redis_disk},
    {"failover", scenario_failover},
    {"network", scenario_network},
    {"packets", scenario_packets},
    {"killers", scenario_killers},
    {"clocks", scenario_clocks},
    {"versions", scenario_versions},
    {"failpoints", scenario_failpoints},
    {"durability", scenario_durability},
    {"allocations", scenario_allocations},
    {"many", scenario_many},
    {"sentinel", scenario_sentinel},
    {"sentinel_wait", scenario_sentinel_wait},
};

enum { COUNT = sizeof scenarios / sizeof *scenarios, LIMIT_S = 14400 };

static int refuse(void)
{
    (void)fputs(usage, stderr);
    return 64;
}

static int list(void)
{
    for (size_t i = 0; i < COUNT; i++)
        printf("%s\n", scenarios[i].name);
    return 0;
}

/* Adds the scenario of that name, or all; false when there is none. */
static bool add(TCase *group, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < COUNT; i++)
        if (!name || strcmp(name, scenarios[i].name) == 0) {
            tcase_add_test(group, scenarios[i].test());
            found = true;
        }
    return found;
}

static bool is_size(const char *text)
{
    return strcmp(text, "small") == 0 || strcmp(text, "full") == 0 ||
           strcmp(text, "record") == 0;
}

/* What scenarios read with rig_size and rig_seed. */
static bool read_options(int argc, char **argv, bool *ret_list)
{
    static const struct option options[] = {
        {"size", required_argument, NULL, 's'},
        {"seed", required_argument, NULL, 'n'},
        {"case", required_argument, NULL, 'c'},
        {"keep", no_argument, NULL, 'k'},
        {"list", no_argument, NULL, 'l'},
        {NULL, 0, NULL, 0},
    };
    uint64_t dice = rand_seed();
    char seed[32];
    int c;

    (void)snprintf(seed, sizeof seed, "%u", rand_u32(&dice));
    (void)setenv("EXTQ_FAULTS_SEED", seed, 0);
    while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (c == 's' && is_size(optarg))
            (void)setenv("EXTQ_FAULTS_SIZE", optarg, 1);
        else if (c == 'n')
            (void)setenv("EXTQ_FAULTS_SEED", optarg, 1);
        else if (c == 'c')
            (void)setenv("EXTQ_FAULTS_CASE", optarg, 1);
        else if (c == 'k')
            (void)setenv("EXTQ_FAULTS_KEEP", "1", 1);
        else if (c == 'l')
            *ret_list = true;
        else
            return false;
    }
    return true;
}

int main(int argc, char **argv)
{
    Suite *suite = suite_create("faults");
    TCase *group = tcase_create("faults");
    bool only_list = false;

    if (!read_options(argc, argv, &only_list))
        return refuse();
    if (only_list)
        return list();
    if (optind == argc)
        (void)add(group, NULL);
    for (int i = optind; i < argc; i++)
        if (!add(group, argv[i]))
            return refuse();
    (void)signal(SIGPIPE, SIG_IGN);
    tcase_set_timeout(group, LIMIT_S);
    suite_add_tcase(suite, group);
    rig_print_head();
    return run_suite(suite);
}

/* The gate against creeping costs: how many instructions the service spends on
 * a job from its claim to its outcome, libraries included and the kernel not.
 *
 * Two runs under callgrind that differ by a number of jobs; their difference
 * is what those cost. Fails when that is more than 5 % off what
 * instructions.txt records for this compiler and this libcurl; only told where
 * it records nothing; skipped without valgrind. */
#include "support/main.h"
#include "support/wait.h"
#include "support/world.h"

#include <curl/curl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FEW = 500, MANY = 2500, LIMIT_MS = 200000, SKIPPED = 77 };

enum { TOLERANCE = 5 }; /* percent */

struct cost {
    double all, own; /* instructions; own = outside of libraries */
};

/* Sums the costs of a callgrind file: of each function its own lines. The line
 * behind "calls=" repeats what the callee costs. */
static struct cost read_costs(const char *path)
{
    FILE *file = fopen(path, "re");
    struct cost sum = {0, 0};
    bool own = false, callee = false;
    char line[4096];

    ck_assert_msg(file != NULL, "callgrind wrote no %s", path);
    while (fgets(line, sizeof line, file)) {
        const char *cost = strchr(line, ' ');

        if (strncmp(line, "ob=", 3) == 0)
            own = strcmp(line + strlen(line) - 5, "extq\n") == 0;
        if (strncmp(line, "calls=", 6) == 0) {
            callee = true;
            continue;
        }
        if (cost && strspn(line, "0123456789") == (size_t)(cost - line) &&
            !callee) {
            sum.all += strtod(cost, NULL);
            sum.own += own ? strtod(cost, NULL) : 0;
        }
        callee = false;
    }
    (void)fclose(file);
    return sum;
}

static void push(struct world *w, unsigned jobs)
{
    char filling[480];

    memset(filling, 'x', sizeof filling - 1);
    filling[sizeof filling - 1] = '\0';
    for (unsigned n = 0; n < jobs; n++)
        world_push(w,
                   "{\"id\":\"job-%u\",\"container\":\"acme\","
                   "\"point\":\"on-new-lead\",\"payload\":{\"notes\":\"%s\"}}",
                   n, filling);
}

/* The jobs are there before the service is, which leaves when they are done:
 * so it claims in full batches each time. */
static struct cost run(unsigned jobs)
{
    struct world *w = world_open();
    struct temp_path out = temp_join(&w->dir, "callgrind");
    char option[sizeof out + 32];
    const char *argv[] = {"valgrind",
                          "--tool=callgrind",
                          "--compress-strings=no",
                          "--compress-pos=no",
                          option,
                          extq_path(),
                          "run",
                          "-c",
                          w->config.text,
                          NULL};
    struct process *service;
    struct cost cost;

    world_configure(w, "workers: 1\nin_flight: 64\n");
    (void)snprintf(option, sizeof option, "--callgrind-out-file=%s", out.text);
    push(w, jobs);
    service = process_start(argv, NULL);
    wait_until(redis_server_count(w->redis, "HGET", "extq:{default}:meta",
                                  "delivered", NULL) == (int64_t)jobs,
               LIMIT_MS, "the jobs to be delivered under valgrind");
    process_signal(service, SIGTERM);
    process_expect(service, 0, LIMIT_MS);
    cost = read_costs(out.text);
    process_close(&service);
    world_close(&w);
    return cost;
}

/* "gcc-12 libcurl-7.88.1": what the count depends on besides the code. */
static void name_place(char *dst, size_t size)
{
#ifdef __clang__
    const char *compiler = "clang";
    int version = __clang_major__;
#else
    const char *compiler = "gcc";
    int version = __GNUC__;
#endif
    (void)snprintf(dst, size, "%s-%d libcurl-%s", compiler, version,
                   curl_version_info(CURLVERSION_NOW)->version);
}

/* The recorded figure of this place; 0 = none. */
static double read_record(const char *place)
{
    char path[512], line[256];
    double found = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/tests/bench/instructions.txt",
                   getenv("EXTQ_SOURCE") ? getenv("EXTQ_SOURCE") : ".");
    file = fopen(path, "re");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    while (fgets(line, sizeof line, file))
        if (strncmp(line, place, strlen(place)) == 0)
            found = strtod(line + strlen(place), NULL);
    (void)fclose(file);
    return found;
}

START_TEST(a_job_costs_no_more_instructions_than_recorded)
{
    struct cost few = run(FEW), many = run(MANY);
    double all = (many.all - few.all) / (MANY - FEW);
    double own = (many.own - few.own) / (MANY - FEW);
    char place[128];
    double record;

    name_place(place, sizeof place);
    record = read_record(place);
    printf("%s %.0f instructions a job, %.0f of them outside of libraries; "
           "recorded: %.0f\n",
           place, all, own, record);
    (void)fflush(stdout);
    ck_assert_msg(record <= 0 || all <= record * (100 + TOLERANCE) / 100,
                  "%.0f instructions a job, recorded are %.0f", all, record);
    ck_assert_msg(record <= 0 || all >= record * (100 - TOLERANCE) / 100,
                  "%.0f instructions a job, recorded are %.0f: record it", all,
                  record);
}
END_TEST

static bool has_valgrind(void)
{
    char path[512];
    const char *rest = getenv("PATH");

    while (rest && *rest) {
        size_t len = strcspn(rest, ":");

        (void)snprintf(path, sizeof path, "%.*s/valgrind", (int)len, rest);
        if (access(path, X_OK) == 0)
            return true;
        rest += len + (rest[len] == ':');
    }
    return false;
}

int main(void)
{
    if (!has_valgrind()) {
        printf("valgrind is not installed\n");
        return SKIPPED;
    }
    return run_tests("bench.instructions", 500,
                     a_job_costs_no_more_instructions_than_recorded);
}

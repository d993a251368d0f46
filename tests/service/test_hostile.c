/* Tenants choose the URL and the answer: whatever they do, their attempts end
 * in time, by their class, and their neighbours notice nothing. */
#include "support/hostile_bed.h"
#include "support/main.h"
#include "support/wait.h"

#include <stdio.h>

/* Memory that a sanitizer keeps back says nothing about the service's. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

enum { TENANTS = 2, GOOD = 3, WARM = 200, GROWTH_KIB = 64 << 10 };

/* Idle connections to peers come and go; what leaks comes with every round. */
enum { FILES_SLACK = 64 };

static unsigned files_in_use(const struct hostile_bed *bed)
{
    unsigned files = hostile_bed_files(bed);
    unsigned good = peer_open_connections(bed->w->peer);

    return files > good ? files - good : 0;
}

/* Connections that their peer has left are closed when others are made. */
static bool come_back_to(struct hostile_bed *bed, unsigned files)
{
    hostile_bed_push_good(bed, 1);
    return files_in_use(bed) <= files;
}

START_TEST(all_end_in_time_by_their_class_and_no_neighbour_notices)
{
    struct hostile_bed *bed = hostile_bed_open(TENANTS);
    unsigned files;
    long before, peak;

    hostile_bed_push_good(bed, WARM);
    world_expect_delivered(bed->w, "good", WARM);
    before = hostile_bed_memory(bed, "VmRSS");
    hostile_bed_push(bed, GOOD);
    hostile_bed_wait(bed);
    files = files_in_use(bed);
    hostile_bed_push(bed, GOOD);
    hostile_bed_wait(bed);
    hostile_bed_insist(bed);
    hostile_bed_judge(bed);
    peak = hostile_bed_memory(bed, "VmHWM");
    (void)printf("%u behaviours, %u jobs, %u attempts, %u good jobs; worst "
                 "overrun %lld ms (%s); memory %ld + %ld KiB; files %u, %u\n",
                 bed->guest_count, bed->figures.jobs, bed->figures.attempts,
                 bed->good, (long long)bed->figures.worst_overrun_ms,
                 bed->figures.worst, before, peak - before, files,
                 files_in_use(bed));
    if (!SANITIZED)
        ck_assert_int_le(peak - before, GROWTH_KIB);
    wait_until(come_back_to(bed, files + FILES_SLACK), WORLD_LIMIT_MS,
               "files to be closed");
    hostile_bed_close(&bed);
}
END_TEST

int main(void)
{
    return run_tests("service.hostile", 240,
                     all_end_in_time_by_their_class_and_no_neighbour_notices);
}

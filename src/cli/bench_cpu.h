/* What processes have used, and what machine they are on. */
#ifndef EXTQ_CLI_BENCH_CPU_H
#define EXTQ_CLI_BENCH_CPU_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* CPU time of the process, user and system, all its threads, in microseconds:
 * by the scheduler's clock, which is finer than /proc's. 0 when it is gone. */
int64_t bench_cpu_us(pid_t pid);

/* Resident memory in KiB; 0 when it is gone. */
int64_t bench_rss_kib(pid_t pid);

/* Files it has open; 0 when it is gone. */
unsigned bench_files(pid_t pid);

/* "4 x Intel(R) Xeon(R) ..., 23 GiB, Linux 6.1.0, Debian GNU/Linux 12". */
void bench_machine(char *dst, size_t size);

#endif

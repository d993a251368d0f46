/* The loop of the bench's HTTP server; used by bench_sink.c alone. */
#ifndef EXTQ_CLI_BENCH_SINK_SERVE_H
#define EXTQ_CLI_BENCH_SINK_SERVE_H

#include "cli/bench_sink.h"

#include <stddef.h>

/* Serves what connects to the listening sockets, for ever. It understands
 * what libcurl sends: one request after the other, lengths known. */
_Noreturn void sink_serve(const int *listeners, size_t count,
                          struct sink_counters *counters);

#endif

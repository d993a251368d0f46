#include "support/hostile_rows.h"
#include "support/table.h"

#define EMPTY "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
#define DAY_S 86400
#define AFTER(ms_)                                                             \
    {                                                                          \
        .steps = { READ, WAIT(ms_), SAY(EMPTY) }                               \
    }
#define BUSY(text) "HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n" text "\r\n"

static const struct hostile_row times[] = {
    {.name = "answers 1 ms before the deadline",
     .script = AFTER(HOSTILE_SHORT_MS - 1),
     .point = POINT_SHORT,
     .classes = "ok timeout",
     .status = 200},
    {.name = "answers at the deadline",
     .script = AFTER(HOSTILE_SHORT_MS),
     .point = POINT_SHORT,
     .classes = "ok timeout",
     .status = 200},
    {.name = "answers 1 ms after the deadline",
     .script = AFTER(HOSTILE_SHORT_MS + 1),
     .point = POINT_SHORT,
     .classes = "ok timeout",
     .status = 200},
    {.name = "answers long after the deadline",
     .script = AFTER(2 * HOSTILE_SHORT_MS),
     .point = POINT_SHORT,
     .classes = "timeout"},
    {.name = "ends its head at the deadline",
     .script = {.steps = {READ, SAY("HTTP/1.1 200 OK\r\n"),
                          WAIT(HOSTILE_SHORT_MS), SAY("\r\n")}},
     .point = POINT_SHORT,
     .classes = "ok",
     .status = 200},
    {.name = "asks for a negative time (Retry-After)",
     .script = {.steps = {READ, SAY(BUSY("Retry-After: -5\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = 1},
    {.name = "asks for 1e30 seconds (Retry-After)",
     .script = {.steps = {READ, SAY(BUSY("Retry-After: 1e30\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = 1},
    {.name = "asks for more seconds than 64 bits hold (Retry-After)",
     .script = {.steps = {READ,
                          SAY(BUSY(
                              "Retry-After: 99999999999999999999999\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_min_s = DAY_S,
     .wait_max_s = DAY_S * 11 / 10},
    {.name = "asks for 2^63 seconds (Retry-After)",
     .script = {.steps = {READ,
                          SAY(BUSY("Retry-After: 9223372036854775808\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_min_s = DAY_S,
     .wait_max_s = DAY_S * 11 / 10},
    {.name = "asks for a time of the past (Retry-After)",
     .script = {.steps =
                    {READ,
                     SAY(BUSY(
                         "Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = 1},
    {.name = "asks for the year 9999 (Retry-After)",
     .script = {.steps =
                    {READ,
                     SAY(BUSY(
                         "Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_min_s = DAY_S,
     .wait_max_s = DAY_S * 11 / 10},
    {.name = "asks for a day that does not exist (Retry-After)",
     .script = {.steps =
                    {READ,
                     SAY(BUSY(
                         "Retry-After: Fri, 30 Feb 2999 23:59:59 GMT\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = 1},
    {.name = "asks for nan (Retry-After)",
     .script = {.steps = {READ, SAY(BUSY("Retry-After: nan\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = 1},
    {.name = "asks for nothing (Retry-After)",
     .script = {.steps = {READ, SAY(BUSY("Retry-After:\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = 1},
    {.name = "asks in 4,000 digits (Retry-After)",
     .script =
         {.steps =
              {READ,
               SAY("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nRetry-After: "),
               SAY_TIMES(4000, "9"), SAY("\r\n\r\n")}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = DAY_S * 11 / 10},
    {.name = "asks for two different times (Retry-After)",
     .script = {.steps =
                    {READ,
                     SAY(BUSY(
                         "Retry-After: 1\r\nRetry-After: 100000000\r\n"))}},
     .point = POINT_LATER,
     .classes = "platform_error",
     .status = 503,
     .wait_max_s = DAY_S * 11 / 10},
    {.name = "asks to slow down for no time at all (429)",
     .script = {.steps = {READ, SAY("HTTP/1.1 429 Slow\r\nRetry-After: 0\r\n"
                                    "Content-Length: 0\r\n\r\n")}},
     .point = POINT_LATER,
     .classes = "throttled",
     .status = 429,
     .wait_min_s = 5,
     .wait_max_s = 60},
};

const struct hostile_table hostile_times = {"times", times, ROWS(times)};

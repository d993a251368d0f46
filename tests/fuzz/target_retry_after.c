/* Retry-After in seconds and as a date. The first eight bytes are now. */
#include "fuzz/fuzz.h"
#include "model/http_date.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const int64_t day_ms = INT64_C(24) * 3600 * 1000;

static int64_t read_at(struct span value, int64_t now_ms)
{
    int64_t wait_ms = retry_after_ms(value, now_ms);

    check(wait_ms >= 0 && wait_ms <= 10 * day_ms);
    return wait_ms;
}

static size_t date_text(int form, const struct tm *tm, char *dst, size_t size)
{
    size_t len;

    if (form == 0)
        return strftime(dst, size, "%a, %d %b %Y %H:%M:%S GMT", tm);
    if (form == 1)
        return strftime(dst, size, "%a %b %e %H:%M:%S %Y", tm);
    /* The form with two digits of the year. */
    len = strftime(dst, size, "%A, %d-%b-", tm);
    (void)snprintf(dst + len, size - len, "%02d %02d:%02d:%02d GMT",
                   tm->tm_year % 100, tm->tm_hour, tm->tm_min, tm->tm_sec);
    return strlen(dst);
}

/* A date so far ahead, in one of the three forms, is read as it is. */
static void check_date(int64_t now_ms, uint64_t dice)
{
    int64_t ahead_s = (int64_t)(dice % (uint64_t)(10 * day_ms / 1000));
    int64_t wait_ms = ahead_s * 1000 - now_ms % 1000;
    time_t at = (time_t)(now_ms / 1000 + ahead_s);
    char text[64];
    struct tm tm;

    check(gmtime_r(&at, &tm));
    check(date_text((int)(dice % 3), &tm, text, sizeof text) > 0);
    check(read_at(span_of(text), now_ms) == (wait_ms > 0 ? wait_ms : 0));
}

static void check_seconds(int64_t now_ms, uint64_t dice)
{
    char text[32];

    (void)snprintf(text, sizeof text, " %u\t", (unsigned)(dice % 864001));
    check(read_at(span_of(text), now_ms) == (int64_t)(dice % 864001) * 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct span input = fuzz_span(bytes, len);
    uint64_t number = fuzz_number(&input);
    /* From 1970 to 2999. */
    int64_t now_ms = (int64_t)(number % UINT64_C(32472144000000));
    int64_t wait_ms = read_at(input, now_ms);

    /* A second later it is a second less, or nothing, or counted from now. */
    check(read_at(input, now_ms + 1000) <= wait_ms || wait_ms == 0);
    check_date(now_ms, number);
    check_seconds(now_ms, number);
    return 0;
}

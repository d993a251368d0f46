#include "model/http_date.h"

#include <string.h>
#include <time.h>

/* The longest form, "Wednesday, 06-Nov-94 08:49:37 GMT", and some. */
enum { DATE_MAX = 64 };

static const int64_t wait_max_ms = INT64_C(10) * 24 * 3600 * 1000;

static struct span trimmed(struct span s)
{
    while (s.len > 0 && (s.at[0] == ' ' || s.at[0] == '\t'))
        s = (struct span){s.at + 1, s.len - 1};
    while (s.len > 0 && (s.at[s.len - 1] == ' ' || s.at[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool all_digits(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.at[i] < '0' || s.at[i] > '9')
            return false;
    return s.len > 0;
}

/* A two-digit year is the one of these digits closest to now. */
static int near_year(int year, int64_t now_ms)
{
    time_t now = (time_t)(now_ms / 1000);
    struct tm tm;
    int this_year = gmtime_r(&now, &tm) ? tm.tm_year : 100;

    year = this_year - this_year % 100 + year % 100;
    if (year > this_year + 50)
        return year - 100;
    return year <= this_year - 50 ? year + 100 : year;
}

/* timegm would turn 30 February into March: such a date is refused. */
static bool to_ms(const struct tm *date, int64_t *ret)
{
    struct tm midnight = {.tm_year = date->tm_year,
                          .tm_mon = date->tm_mon,
                          .tm_mday = date->tm_mday};
    time_t days = timegm(&midnight);

    if (midnight.tm_mon != date->tm_mon || midnight.tm_mday != date->tm_mday)
        return false;
    *ret = 1000 * ((int64_t)days + date->tm_hour * 3600 + date->tm_min * 60 +
                   date->tm_sec);
    return true;
}

static bool read_date(struct span value, int64_t now_ms, int64_t *ret)
{
    /* The process keeps the C locale, so names are the English ones. */
    static const char *const forms[] = {
        "%a, %d %b %Y %H:%M:%S GMT",
        "%A, %d-%b-%y %H:%M:%S GMT",
        "%a %b %e %H:%M:%S %Y",
    };
    char text[DATE_MAX];

    if (!span_copy(value, text, sizeof(text)))
        return false;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        struct tm date = {0};
        const char *end = strptime(text, forms[i], &date);
        if (!end || end != text + value.len)
            continue;
        if (i == 1)
            date.tm_year = near_year(date.tm_year, now_ms);
        return to_ms(&date, ret);
    }
    return false;
}

int64_t retry_after_ms(struct span value, int64_t now_ms)
{
    struct span text = trimmed(value);
    int64_t at_ms;
    uint64_t seconds;

    if (all_digits(text)) {
        if (!span_number(text, &seconds) ||
            seconds > (uint64_t)(wait_max_ms / 1000))
            return wait_max_ms;
        return (int64_t)seconds * 1000;
    }
    if (!read_date(text, now_ms, &at_ms) || at_ms <= now_ms)
        return 0;
    if (at_ms - wait_max_ms >= now_ms)
        return wait_max_ms;
    return at_ms - now_ms;
}

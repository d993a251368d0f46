#include "service/config_units.h"

#include "service/config.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
    const char *name;
    uint64_t factor;
};

/* Largest first: the texts are written in the first that divides evenly. */
static const struct unit times[] = {
    {"d", 86400000}, {"h", 3600000}, {"m", 60000},
    {"s", 1000},     {"ms", 1},      {NULL, 0},
};
static const struct unit sizes[] = {
    {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}, {NULL, 0},
};

static enum err read_amount(struct span text, const struct unit *units,
                            uint64_t *ret)
{
    struct span digits = text;
    struct span suffix;
    uint64_t n;

    digits.len = 0;
    while (digits.len < text.len && text.at[digits.len] >= '0' &&
           text.at[digits.len] <= '9')
        digits.len++;
    suffix = (struct span){text.at + digits.len, text.len - digits.len};
    while (units->name && !span_is(suffix, units->name))
        units++;
    if (!units->name || !span_number(digits, &n) ||
        __builtin_mul_overflow(n, units->factor, ret) || *ret > INT64_MAX)
        return ERR_SYNTAX;
    return ERR_OK;
}

enum err config_duration(struct span text, int64_t *ret_ms)
{
    uint64_t ms = 0;

    if (!span_is(text, "0") && read_amount(text, times, &ms))
        return ERR_SYNTAX;
    *ret_ms = (int64_t)ms;
    return ERR_OK;
}

enum err config_size(struct span text, size_t *ret_bytes)
{
    uint64_t bytes;

    if (read_amount(text, sizes, &bytes) || bytes > SIZE_MAX)
        return ERR_SYNTAX;
    *ret_bytes = (size_t)bytes;
    return ERR_OK;
}

static void write_amount(uint64_t n, const struct unit *unit, char *dst)
{
    while (n % unit->factor != 0)
        unit++;
    if (n == 0)
        snprintf(dst, UNITS_TEXT_MAX, "0");
    else
        snprintf(dst, UNITS_TEXT_MAX, "%" PRIu64 "%s", n / unit->factor,
                 unit->name);
}

void config_duration_text(int64_t ms, char dst[UNITS_TEXT_MAX])
{
    write_amount((uint64_t)ms, times, dst);
}

void config_size_text(uint64_t bytes, char dst[UNITS_TEXT_MAX])
{
    write_amount(bytes, sizes, dst);
}

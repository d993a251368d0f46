#include "link/keys.h"

#include "base/check.h"

#include <stdarg.h>
#include <stdio.h>

static void write_key(char dst[KEY_MAX], const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static void write_key(char dst[KEY_MAX], const char *fmt, ...)
{
    va_list args;
    int len;

    va_start(args, fmt);
    len = vsnprintf(dst, KEY_MAX, fmt, args);
    va_end(args);
    /* A cut key would be another key; the idents' bounds rule it out. */
    check(len > 0 && len < KEY_MAX);
}

void keys_of_queue(struct queue_keys *ret, const char *prefix,
                   const char *queue)
{
    write_key(ret->jobs, "%s:{%s}:jobs", prefix, queue);
    write_key(ret->outcomes, "%s:{%s}:outcomes", prefix, queue);
    write_key(ret->later, "%s:{%s}:later", prefix, queue);
    write_key(ret->suspects, "%s:{%s}:suspects", prefix, queue);
    write_key(ret->alone, "%s:{%s}:alone", prefix, queue);
    write_key(ret->parked, "%s:{%s}:parked:", prefix, queue);
    write_key(ret->gates, "%s:{%s}:gates", prefix, queue);
    write_key(ret->changes, "%s:{%s}:changes", prefix, queue);
    write_key(ret->dead, "%s:{%s}:dead", prefix, queue);
    write_key(ret->leases, "%s:{%s}:leases", prefix, queue);
    write_key(ret->services, "%s:{%s}:services", prefix, queue);
    write_key(ret->meta, "%s:{%s}:meta", prefix, queue);
    write_key(ret->held, "%s:{%s}:held:", prefix, queue);
}

void keys_held(char dst[KEY_MAX], const struct queue_keys *keys,
               const char *epoch)
{
    write_key(dst, "%s%s", keys->held, epoch);
}

void keys_parked(char dst[KEY_MAX], const struct queue_keys *keys,
                 const char *gate)
{
    write_key(dst, "%s%s", keys->parked, gate);
}

void keys_of_extension(char ret_entry[KEY_MAX], char ret_ask[KEY_MAX],
                       const char *prefix, const char *container,
                       const char *point)
{
    write_key(ret_entry, "%s:ext:{%s}:%s", prefix, container, point);
    write_key(ret_ask, "%s:ext:{%s}:%s:ask", prefix, container, point);
}

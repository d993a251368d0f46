/* The configuration: any file is read or refused with one line for people; what
 * was read is within its bounds. */
#include "fuzz/fuzz.h"
#include "service/config.h"
#include "service/config_table.h"
#include "service/config_units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Made once: the bytes as a file. */
static const char *file_of(const uint8_t *bytes, size_t len)
{
    static char path[64];
    static int fd = -1;

    if (fd < 0) {
        clearenv();
        fd = memfd_create("config", MFD_CLOEXEC);
        check(fd >= 0);
        (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    }
    check(ftruncate(fd, 0) == 0);
    check(pwrite(fd, bytes, len, 0) == (ssize_t)len);
    return path;
}

/* What a number of the struct says, whatever its size. */
static int64_t value_of(const struct config *c, const struct config_key *key)
{
    const char *at = (const char *)c + key->offset;
    int64_t wide = 0;
    uint32_t narrow;

    if (key->size == sizeof wide) {
        memcpy(&wide, at, sizeof wide);
        return wide;
    }
    check(key->size == sizeof narrow);
    memcpy(&narrow, at, sizeof narrow);
    return narrow;
}

static void check_bounds(const struct config *c)
{
    size_t count;
    const struct config_key *keys = config_keys(&count);

    for (size_t i = 0; i < count; i++)
        if (keys[i].scope == SCOPE_SERVICE &&
            (keys[i].type == CONFIG_COUNT || keys[i].type == CONFIG_BYTES ||
             keys[i].type == CONFIG_DURATION))
            check(value_of(c, &keys[i]) >= keys[i].min &&
                  value_of(c, &keys[i]) <= keys[i].max);
    check(c->queue_count > 0 && c->queue_count <= QUEUES_MAX);
    check(c->workers > 0 && c->in_flight > 0);
    for (size_t i = 0; i < c->queue_count; i++)
        check(ident_is_queue(span_of(c->queues[i].name)) &&
              c->queues[i].weight > 0);
    for (size_t i = 0; i < c->extension_count; i++)
        check(ident_is_name(span_of(c->extensions[i].key.container)) &&
              ident_is_name(span_of(c->extensions[i].key.point)) &&
              c->extensions[i].url[0]);
    for (size_t i = 0; i < c->point_count; i++)
        check(c->points[i].policy.retry.attempts > 0 &&
              c->points[i].policy.total_ms > 0);
}

static void check_units(struct span input)
{
    char text[UNITS_TEXT_MAX];
    int64_t ms, ms_again;
    size_t size, size_again;

    if (config_duration(input, &ms) == ERR_OK) {
        config_duration_text(ms, text);
        check(ms >= 0 && !config_duration(span_of(text), &ms_again));
        check(ms == ms_again && strlen(text) <= input.len + 1);
    }
    if (config_size(input, &size) == ERR_OK) {
        config_size_text(size, text);
        check(!config_size(span_of(text), &size_again) && size == size_again);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
    struct config *config = NULL;
    struct why why = {""};
    enum err e = config_read(file_of(bytes, len), &config, &why);

    if (e == ERR_OK) {
        check_bounds(config);
    } else {
        check(e == ERR_CONFIG && !config && why.text[0]);
        check(fuzz_is_shown(why.text));
    }
    config_close(&config);
    check_units(fuzz_span(bytes, len));
    return 0;
}

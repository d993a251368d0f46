/* What libextq says about itself, and new ids. */
#include "extq.h"

#include <stdio.h>
#include <sys/random.h>

const char *extq_version(void)
{
    return EXTQ_VERSION;
}

const char *extq_status_text(enum extq_status status)
{
    static const char *const texts[] = {
        [EXTQ_OK] = "ok",
        [EXTQ_INVALID] = "invalid",
        [EXTQ_NO_MEMORY] = "out of memory",
        [EXTQ_FULL] = "full",
        [EXTQ_UNAVAILABLE] = "unavailable",
        [EXTQ_MAYBE] = "maybe",
        [EXTQ_DENIED] = "denied",
        [EXTQ_REFUSED] = "refused",
    };
    size_t i = (size_t)status;

    return i < sizeof texts / sizeof *texts ? texts[i] : "unknown";
}

enum extq_status extq_make_id(char ret_id[EXTQ_ID_SIZE])
{
    unsigned char bytes[16];

    if (!ret_id)
        return EXTQ_INVALID;
    ret_id[0] = '\0';
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return EXTQ_UNAVAILABLE;
    for (size_t i = 0; i < sizeof bytes; i++)
        (void)snprintf(ret_id + 2 * i, 3, "%02x", bytes[i]);
    return EXTQ_OK;
}

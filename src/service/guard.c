#include "service/guard.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

enum err guard_secrets(struct why *why)
{
    const struct rlimit none = {0, 0};

    /* The limit alone is not enough: where core_pattern is a pipe, the kernel
     * does not look at it. Libraries keep copies that nobody wipes (libcurl
     * its request buffers, hiredis its output), so that no dump may exist. */
    if (setrlimit(RLIMIT_CORE, &none) != 0 ||
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return why_set(why, ERR_IO, "core dumps cannot be switched off: %s",
                       strerrordesc_np(errno));
    /* libcurl would write there what decrypts all of its traffic. */
    if (unsetenv("SSLKEYLOGFILE") != 0)
        return why_set(why, ERR_IO, "SSLKEYLOGFILE cannot be unset");
    return ERR_OK;
}

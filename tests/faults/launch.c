#include "faults/launch.h"

#include <check.h>
#include <stdio.h>

enum { ENV_MAX = 8 };

unsigned launch(struct rig *r, const struct launch *l)
{
    const char *const argv[] = {l->binary ? l->binary : extq_path(), "run",
                                "-c", r->config.text, NULL};
    const char *env[ENV_MAX + 2] = {NULL};
    char setting[300];
    size_t count = 0;
    unsigned slot = rig_slot(r);

    for (; l->env && l->env[count]; count++) {
        ck_assert_uint_lt(count, ENV_MAX);
        env[count] = l->env[count];
    }
    if (l->url) {
        (void)snprintf(setting, sizeof setting, "EXTQ_REDIS_URL=%s", l->url);
        env[count] = setting;
    }
    r->services[slot] = process_start(argv, env);
    return slot;
}

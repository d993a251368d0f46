#include "cli/demo_cast.h"

/* One tenant, one lesson; the first has two extensions, so that discovery has
 * something to filter. */
const struct demo_role demo_cast[DEMO_ROLES] = {
    {"acme", "on-new-lead", "lead-scoring", DEMO_WORKS, false},
    {"acme", "on-deal-won", "slack-notifier", DEMO_NOTIFIES, false},
    {"brightline", "on-ticket-opened", "phone-lookup", DEMO_SLOW, true},
    {"cedarworks", "on-new-lead", "mailing-list", DEMO_FLAKY, false},
    {"dunmore", "on-deal-won", "invoicing", DEMO_BROKEN, false},
    {"elmcrest", "on-ticket-opened", "pager", DEMO_LIMITED, true},
    {"fjordtech", "on-new-lead", NULL, DEMO_ABSENT, false},
};

int demo_cast_find(struct span container, struct span point)
{
    for (int i = 0; i < DEMO_ROLES; i++)
        if (span_is(container, demo_cast[i].container) &&
            span_is(point, demo_cast[i].point))
            return i;
    return -1;
}

enum verdict demo_cast_end(enum demo_manner manner)
{
    switch (manner) {
    case DEMO_BROKEN:
        return VERDICT_DEAD;
    case DEMO_ABSENT:
        return VERDICT_SKIPPED;
    default:
        return VERDICT_DELIVERED;
    }
}

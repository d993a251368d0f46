#include "link/replication.h"

#include "link/info.h"

#include <stdio.h>

/* The value of one "name=value" among those of a replica's line. */
static struct span part(struct span line, const char *name)
{
    while (line.len > 0) {
        struct span value = span_cut(&line, ',');

        if (span_is(span_cut(&value, '='), name))
            return value;
    }
    return (struct span){"", 0};
}

static void add_replica(struct replication *r, struct span line)
{
    uint64_t silent_s = 0;

    r->replicas++;
    if (!span_is(part(line, "state"), "online"))
        return;
    r->online++;
    if (span_number(part(line, "lag"), &silent_s) && silent_s > r->silent_s)
        r->silent_s = silent_s;
}

static void read_replicas(struct replication *r, struct span info)
{
    for (unsigned n = 0;; n++) {
        struct span line;
        char name[24];

        (void)snprintf(name, sizeof name, "slave%u", n);
        line = info_field(info, name);
        if (line.len == 0)
            return;
        add_replica(r, line);
    }
}

struct replication replication_read(struct span info)
{
    struct span role = info_field(info, "role");
    struct span host = info_field(info, "master_host");
    struct span port = info_field(info, "master_port");
    struct span good = info_field(info, "min_slaves_good_slaves");
    struct replication r = {
        .known = role.len > 0,
        .replica = span_is(role, "slave"),
        .linked = span_is(info_field(info, "master_link_status"), "up"),
        .guarded = good.len > 0,
    };

    (void)span_number(good, &r.guardians);
    (void)snprintf(r.primary, sizeof r.primary, "%.*s:%.*s", (int)host.len,
                   host.at, (int)port.len, port.at);
    read_replicas(&r, info);
    return r;
}

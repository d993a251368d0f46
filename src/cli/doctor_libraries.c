/* Function libraries of other versions: nobody takes them away, for nobody
 * knows whether a service somewhere still needs them. */
#include "cli/doctor_checks.h"

#include "link/library.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };

/* The value that stands behind the name, in a list of both. */
static struct span value_of(const struct reply *fields, const char *name)
{
    for (size_t n = 0; n + 1 < reply_count(fields); n += 2)
        if (span_is(reply_span(reply_at(fields, n)), name))
            return reply_span(reply_at(fields, n + 1));
    return (struct span){NULL, 0};
}

/* What ours are called: "extq_" and a hash in hexadecimal. */
static bool is_ours(const char *name)
{
    const char *hash = name + strlen("extq_");

    return strncmp(name, "extq_", strlen("extq_")) == 0 && *hash &&
           hash[strspn(hash, "0123456789abcdef")] == '\0';
}

static void say_old(const struct doctor *d, const char *name)
{
    char command[NAME_MAX_BYTES + 64];

    (void)snprintf(command, sizeof command, "redis-cli FUNCTION DELETE %s",
                   name);
    doctor_say(d, HEALTH_FINE, "functions", command,
               "%s is of another version of extq: it may go when no service of "
               "that version is left (one that is left loads it again)",
               name);
}

/* Users who may not ask are told nothing: it harms nobody. */
void doctor_libraries(const struct doctor *d)
{
    const struct reply *reply = NULL;
    char name[NAME_MAX_BYTES];

    if (redis_ask_words(d->redis, &reply, "FUNCTION", "LIST", "LIBRARYNAME",
                        "extq_*", NULL))
        return;
    for (size_t n = 0; n < reply_count(reply); n++)
        if (span_copy(value_of(reply_at(reply, n), "library_name"), name,
                      sizeof name) &&
            is_ours(name) && strcmp(name, library_name) != 0)
            say_old(d, name);
}

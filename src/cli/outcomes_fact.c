#include "cli/outcomes_fact.h"

static int64_t number(const struct outcome_entry *entry, const char *name)
{
    uint64_t n = 0;

    (void)span_number(outcome_entry_field(entry, name), &n);
    return n > INT64_MAX ? 0 : (int64_t)n;
}

struct tally_fact outcome_fact(const struct outcome_entry *entry)
{
    int64_t ms = number(entry, "ms");
    bool called = ms > 0 || number(entry, "status") > 0;

    return (struct tally_fact){
        .container = outcome_entry_field(entry, "container"),
        .point = outcome_entry_field(entry, "point"),
        .class = outcome_entry_field(entry, "class"),
        .error = outcome_entry_field(entry, "error"),
        .at_ms = number(entry, "at"),
        .ms = called ? ms : -1,
    };
}

#include "cli/outcomes_summary.h"

#include "cli/command.h"
#include "cli/moment.h"
#include "cli/outcomes_fact.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/tally_write.h"

#include <inttypes.h>

struct summary {
    const struct outcome_filter *filter;
    struct tally tally;
    struct progress progress;
    uint64_t read;
    enum err err;
};

static bool count(void *arg, const struct outcome_entry *entry)
{
    struct summary *s = arg;

    s->read++;
    progress_show(&s->progress, s->read, s->read);
    if (outcome_entry_matches(entry, s->filter)) {
        const struct tally_fact fact = outcome_fact(entry);

        s->err = tally_add(&s->tally, &fact);
    }
    return !s->err;
}

static void say_sum(const struct outcomes_reader *r, const struct summary *s,
                    int64_t span_ms)
{
    char length[MOMENT_MAX];

    moment_length(span_ms, length);
    say(r->connection->command, "%" PRIu64 " outcomes in %s%s", s->tally.count,
        length, r->interrupted ? ", interrupted: this is not all" : "");
}

int outcomes_summary(struct outcomes_reader *r, const struct when *since,
                     bool json)
{
    struct summary s = {
        .filter = r->filter,
        .progress = progress_make("outcomes", 0),
    };
    struct tally_view view = {.json = json, .times = true};
    int code;

    r->show = count;
    r->arg = &s;
    code = outcomes_list(r, since, 0);
    progress_clear(&s.progress);
    view.span_ms = r->now_ms - when_ms(since, r->now_ms, -1);
    if (code == EXIT_OK && !s.err)
        s.err = tally_print(&s.tally, &view);
    if (s.err) {
        say(r->connection->command, "%s", err_text(s.err));
        code = EXIT_FAILED;
    } else if (code == EXIT_OK && !json) {
        say_sum(r, &s, view.span_ms);
    }
    tally_clear(&s.tally);
    return code;
}

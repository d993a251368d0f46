#include "cli/reconcile_push.h"

#include "cli/command.h"
#include "cli/enqueue_push.h"
#include "cli/say.h"

/* The entry of a job that is to be pushed, or NULL. Found by its id: the file
 * may have grown or changed since the first reading. */
static struct id_entry *wanted(const struct id_set *ids,
                               const struct ledger_line *line)
{
    struct id_entry *entry;

    if (line->job.len == 0)
        return NULL;
    entry = id_set_find(ids, line->id);
    return entry && entry->state == STATE_UNKNOWN && !entry->pushed ? entry
                                                                    : NULL;
}

static int push_line(struct scan *s, struct pusher *pusher,
                     const struct ledger_line *line)
{
    struct id_entry *entry = wanted(s->ids, line);
    uint64_t before = pusher->pushed;
    int code;

    if (!entry)
        return EXIT_OK;
    entry->pushed = true;
    code = pusher_add(pusher, line->job, entry->id);
    if (code == EXIT_OK && pusher->count >= pace_step(&s->pace, PUSH_JOBS_MAX))
        code = pusher_flush(pusher);
    if (pusher->pushed > before)
        pace_wait(&s->pace, pusher->pushed - before);
    return code;
}

static int push_lines(struct scan *s, struct pusher *pusher,
                      struct ledger_file *file)
{
    struct ledger_line line;
    int code = EXIT_OK;
    enum err e = ledger_file_rewind(file);

    while (!e && code == EXIT_OK) {
        e = ledger_file_next(file, &line);
        if (!e)
            code = push_line(s, pusher, &line);
    }
    progress_clear(&file->progress);
    if (e && e != ERR_ABSENT)
        code = EXIT_FAILED;
    return code == EXIT_OK ? pusher_flush(pusher) : code;
}

int reconcile_push(struct scan *s, const char *queue, struct ledger_file *file,
                   uint64_t *ret_pushed)
{
    struct pusher *pusher = pusher_open(s->connection, queue, false);
    int code;

    *ret_pushed = 0;
    if (!pusher) {
        say(s->connection->command, "%s", err_text(ERR_MEMORY));
        return EXIT_FAILED;
    }
    code = push_lines(s, pusher, file);
    *ret_pushed = pusher->pushed;
    pusher_close(&pusher);
    return code;
}

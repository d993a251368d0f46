#include "cli/enqueue.h"

#include "cli/command.h"
#include "cli/lines.h"
#include "cli/say.h"

#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { COMPLAINTS_MAX = 20 };

static void complain(struct enqueue_work *w, uint64_t line, const char *text)
{
    progress_clear(&w->progress);
    if (w->refused++ < COMPLAINTS_MAX)
        say(enqueue_command, "line %" PRIu64 ": %s", line, text);
    else if (w->refused == COMPLAINTS_MAX + 1)
        say(enqueue_command, "more bad lines are only counted");
}

static bool is_blank(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!memchr(" \t\r", s.at[i], 3))
            return false;
    }
    return true;
}

static int add_line(struct enqueue_work *w, const struct lines *lines,
                    struct span line, struct job_ids *ids)
{
    struct why why = {""};
    int code = EXIT_OK;
    enum err e;

    if (is_blank(line))
        return EXIT_OK;
    e = enqueue_add(w, line, ids, &code, &why);
    if (e == ERR_SYNTAX || e == ERR_LIMIT)
        complain(w, lines->number, why.text);
    else if (e)
        return enqueue_failed(e, why.text);
    /* A producer that writes now and then waits for its ids. */
    if (code == EXIT_OK && !lines_ready(lines))
        code = pusher_flush(w->pusher);
    progress_show(&w->progress, lines->bytes, w->pusher->pushed);
    return code;
}

static uint64_t input_bytes(void)
{
    struct stat st;

    if (fstat(STDIN_FILENO, &st) != 0 || !S_ISREG(st.st_mode))
        return 0;
    return (uint64_t)st.st_size;
}

/* What came before it is good: push it. */
static int input_failed(struct enqueue_work *w, enum err e)
{
    say(enqueue_command, "reading stdin: %s", err_text(e));
    (void)pusher_flush(w->pusher);
    return EXIT_FAILED;
}

int enqueue_lines(struct enqueue_work *w)
{
    struct lines lines = lines_make(STDIN_FILENO, JOB_BYTES_MAX);
    struct job_ids ids;
    struct span line;
    int code = EXIT_OK;

    (void)job_ids_make(&ids, NULL, true);
    w->progress = progress_make("jobs", input_bytes());
    while (code == EXIT_OK) {
        enum err e = lines_next(&lines, &line);

        if (e == ERR_ABSENT)
            break;
        if (e == ERR_LIMIT)
            complain(w, lines.number, "the line is too long");
        else if (e)
            code = input_failed(w, e);
        else
            code = add_line(w, &lines, line, &ids);
    }
    lines_clear(&lines);
    return code;
}

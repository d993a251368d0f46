/* extq top: queues, rates, what fails and who works on it, live. */
#include "cli/command.h"
#include "cli/connect.h"
#include "cli/queues.h"
#include "cli/say.h"
#include "cli/top_page.h"
#include "cli/top_screen.h"

#include <stdio.h>

static const char command[] = "top";

enum { PAGE_MAX = 16 << 20, REFRESH_MS = 1000 };

struct request {
    struct common_options common;
    const char *queue;
};

static const char examples[] = "  extq top\n"
                               "  extq top --queue bulk\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct option_spec specs[] = {
        {"queue", 0, OPTION_QUEUE, "NAME", "only this queue", &q->queue, 0,
         NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        .command = command,
        .arguments = "",
        .sentence =
            "Shows queues, rates and times of calls of the last minute, "
            "what fails and who works on it; once a second, until q",
        .examples = examples,
        .specs = specs,
        .common = &q->common,
    };
    int operand;

    return options_read(&options, argc, argv, &operand, ret);
}

/* What is shown, and why it is old ("" = it is not). */
struct view {
    struct connection *connection;
    struct top_figures figures;
    struct top_screen screen;
    struct buf page;
    struct why away;
    const struct reply *refusal; /* of ERR_REPLY */
};

/* While Redis is away figures stay as they were. */
static enum err look(struct view *v, bool *ret_ended)
{
    struct connection *c = v->connection;
    enum err e;

    v->away.text[0] = '\0';
    if (!c->redis && connect_again(c, &v->away) != ERR_OK)
        return ERR_OK;
    e = top_figures_read(&v->figures, ret_ended, &v->refusal);
    if (e == ERR_REDIS) {
        (void)snprintf(v->away.text, sizeof v->away.text, "%s",
                       redis_sync_error(c->redis));
        redis_sync_close(&c->redis);
    } else if (e == ERR_REPLY && reply_fault(v->refusal) == FAULT_AWAY) {
        reply_explain(v->refusal, v->away.text, sizeof v->away.text);
    } else if (e) {
        return e;
    }
    return ERR_OK;
}

static enum err draw(struct view *v)
{
    enum err e;

    buf_reset(&v->page);
    e = top_page(&v->figures, v->away.text, &v->page);
    if (!e && !top_screen_draw(buf_span(&v->page)))
        e = ERR_IO;
    return e;
}

/* Looks, draws and waits until somebody ends it. */
static enum err watch(struct view *v)
{
    enum top_event event = TOP_TIME;
    bool ended = false;
    enum err e = ERR_OK;

    while (!e && !ended && event != TOP_QUIT) {
        if (event == TOP_TIME)
            e = look(v, &ended);
        if (!e)
            e = draw(v);
        if (!e)
            event = top_screen_wait(&v->screen, REFRESH_MS);
    }
    return e;
}

static int work(struct connection *c, const char *queue)
{
    struct view v = {.connection = c, .page = buf_make(PAGE_MAX)};
    enum err e = top_figures_open(c, queue, &v.figures);

    if (!e)
        e = top_screen_open(&v.screen);
    if (!e) {
        e = watch(&v);
        top_screen_close(&v.screen);
    }
    top_figures_close(&v.figures);
    buf_clear(&v.page);
    if (e == ERR_REPLY)
        return connect_refused(command, v.refusal);
    if (e)
        say(command, "%s", err_text(e));
    return e ? EXIT_FAILED : EXIT_OK;
}

int command_top(int argc, char **argv)
{
    struct request request = {0};
    struct connection connection;
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    if (!top_screen_possible()) {
        say(command, "needs a terminal; 'extq stats' shows the figures once");
        return EXIT_FAILED;
    }
    code = queues_open(command, &request.common, request.queue, &connection);
    if (code == EXIT_OK)
        code = work(&connection, request.queue);
    connect_close(&connection);
    return code;
}

#include "cli/enqueue_push.h"

#include "cli/command.h"
#include "cli/say.h"
#include "model/job.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pusher *pusher_open(struct connection *connection, const char *queue,
                           bool print_ids)
{
    struct pusher *p = calloc(1, sizeof *p);

    if (!p)
        return NULL;
    p->connection = connection;
    p->print_ids = print_ids;
    p->bytes = buf_make(PUSH_BYTES_MAX + JOB_BYTES_MAX + 1024);
    keys_of_queue(&p->keys, connection->config->prefix, queue);
    return p;
}

static enum err send_batch(struct pusher *p, const struct reply **ret)
{
    const char *argv[PUSH_JOBS_MAX + 2] = {"LPUSH", p->keys.jobs};
    size_t lens[PUSH_JOBS_MAX + 2] = {5, strlen(p->keys.jobs)};
    size_t start = 0;

    for (size_t i = 0; i < p->count; i++) {
        argv[i + 2] = p->bytes.at + start;
        lens[i + 2] = p->ends[i] - start;
        start = p->ends[i];
    }
    return redis_ask(p->connection->redis, (int)p->count + 2, argv, lens, ret);
}

static void print_ids(const struct pusher *p)
{
    if (!p->print_ids)
        return;
    for (size_t i = 0; i < p->count; i++)
        puts(p->ids[i]);
    /* A closed pipe ends the printing, never the pushing. */
    (void)fflush(stdout);
}

static int push_failed(const struct pusher *p, enum err e,
                       const struct reply *reply)
{
    const char *command = p->connection->command;
    int code = e ? connect_broken(p->connection) : EXIT_FAILED;

    if (e) {
        say(command,
            "%" PRIu64 " jobs are in the queue; whether the next %zu are, is "
            "not known (first id %s)",
            p->pushed, p->count, p->ids[0]);
        return code;
    }
    if (reply_fault(reply) == FAULT_MEMORY)
        say(command, "Redis is at its memory limit (maxmemory) and takes no "
                     "new jobs; services still work the queue off, so try "
                     "again later");
    else
        code = connect_refused(command, reply);
    say(command,
        "%" PRIu64 " jobs are in the queue; id %s and what follows "
        "is not",
        p->pushed, p->ids[0]);
    return code;
}

int pusher_flush(struct pusher *p)
{
    const struct reply *reply = NULL;
    enum err e;

    if (p->count == 0)
        return EXIT_OK;
    e = send_batch(p, &reply);
    if (e || reply_kind(reply) != REPLY_NUMBER)
        return push_failed(p, e, reply);
    p->pushed += p->count;
    print_ids(p);
    p->count = 0;
    buf_reset(&p->bytes);
    return EXIT_OK;
}

int pusher_add(struct pusher *p, struct span job, const char *id)
{
    bool full =
        p->count == PUSH_JOBS_MAX || p->bytes.len + job.len > PUSH_BYTES_MAX;
    int code = full ? pusher_flush(p) : EXIT_OK;
    enum err e;

    if (code != EXIT_OK)
        return code;
    e = buf_add(&p->bytes, job.at, job.len);
    if (e) {
        say(p->connection->command, "%s", err_text(e));
        return EXIT_FAILED;
    }
    (void)snprintf(p->ids[p->count], sizeof p->ids[0], "%s", id);
    p->ends[p->count++] = p->bytes.len;
    return EXIT_OK;
}

void pusher_close(struct pusher **p)
{
    if (!*p)
        return;
    buf_clear(&(*p)->bytes);
    free(*p);
    *p = NULL;
}

/* extq dead (later, parked) retry and drop. Each step is atomic in Redis, and
 * repeating one does nothing: killed anywhere, the command can be run again. */
#include "cli/call.h"
#include "cli/command.h"
#include "cli/ending.h"
#include "cli/letters.h"
#include "cli/pace.h"
#include "cli/progress.h"
#include "cli/say.h"
#include "cli/tally_write.h"

#include <inttypes.h>
#include <stdio.h>

/* Letters in one call: Redis serves nobody else meanwhile. */
enum { STEP_MAX = 64 };

struct act {
    struct letters_work *work;
    struct letters_walk walk;
    struct letters_batch *batch; /* of the page at hand */
    struct tally tally;          /* of a dry run */
    struct pace pace;
    struct progress progress;
    uint64_t looked_at, chosen, done;
    bool interrupted;
};

static enum err count_all(struct letters_work *k, uint64_t *ret)
{
    const struct {
        const char *verb, *key;
    } counts[LETTER_PLACES] = {
        [LETTER_DEAD] = {"XLEN", k->keys.dead},
        [LETTER_LATER] = {"ZCARD", k->keys.later},
    };
    enum letter_place place = k->request->place;
    enum err e;

    *ret = 0;
    if (!counts[place].verb)
        return ERR_OK;
    e = redis_ask_words(k->connection->redis, &k->reply, counts[place].verb,
                        counts[place].key, NULL);
    if (!e && reply_kind(k->reply) == REPLY_ERROR)
        return ERR_REPLY;
    *ret = e ? 0 : (uint64_t)reply_number(k->reply);
    return e;
}

static enum err choose(struct act *a, const struct letter *l)
{
    const struct tally_fact fact = {
        .container = l->container,
        .point = l->point,
        .class = l->class,
        .error = l->error,
        .at_ms = l->at_ms,
        .ms = -1,
    };

    a->chosen++;
    return a->work->request->dry_run ? tally_add(&a->tally, &fact)
                                     : letters_batch_add(a->batch, l);
}

static enum err choose_page(struct act *a)
{
    size_t count = letters_walk_count(&a->walk);
    enum err e = ERR_OK;

    letters_batch_reset(a->batch);
    for (size_t i = 0; !e && i < count; i++) {
        struct letter l;

        e = letters_walk_at(&a->walk, i, &l);
        if (!e && letter_is_wanted(&l, &a->work->wanted))
            e = choose(a, &l);
    }
    a->looked_at += count;
    return e;
}

/* One call of the function. */
static enum err act_on(struct act *a, size_t first, size_t count)
{
    struct letters_work *k = a->work;
    const struct letters_request *q = k->request;
    const struct config *config = k->connection->config;
    char by[300];
    const struct letters_order order = {
        .keys = &k->keys,
        .op = q->verb == VERB_RETRY ? LETTERS_RETRY : LETTERS_DROP,
        .place = q->place,
        .gate = a->walk.gate,
        .outcomes_max = config->outcomes_max,
        .by = by,
        .suspect_claims = config->max_claims > 1 ? config->max_claims - 1 : 1,
    };
    struct redis_words words;
    uint64_t done = 0;
    enum err e;

    call_operator(by, sizeof by);
    letters_batch_words(a->batch, &order, first, count, &words);
    e = call_function(k->connection, &words, &k->reply);
    if (!e)
        e = letters_done(k->reply, &done);
    letters_walk_took(&a->walk, done);
    a->done += done;
    return e;
}

/* What was chosen, in steps of the pace. */
static enum err act_on_page(struct act *a)
{
    size_t count = letters_batch_count(a->batch), at = 0;
    enum err e = ERR_OK;

    while (!e && at < count && !a->interrupted) {
        size_t most = count - at < STEP_MAX ? count - at : STEP_MAX;
        size_t step = (size_t)pace_step(&a->pace, most);

        e = act_on(a, at, step);
        at += step;
        progress_show(&a->progress, a->looked_at, a->done);
        pace_wait(&a->pace, step);
        a->interrupted = ending_came(0);
    }
    return e;
}

static enum err walk(struct act *a)
{
    enum err e = ERR_OK;

    while (!e && !a->walk.over && !a->interrupted) {
        e = letters_walk_page(&a->walk, PAGING_MAX);
        a->work->reply = a->walk.reply;
        if (!e)
            e = choose_page(a);
        if (!e)
            e = act_on_page(a);
        progress_show(&a->progress, a->looked_at, a->chosen);
        a->interrupted = a->interrupted || ending_came(0);
    }
    progress_clear(&a->progress);
    return e;
}

static void say_interrupted(const struct act *a)
{
    const struct letters_work *k = a->work;

    if (k->request->dry_run)
        say(k->request->command, "interrupted: this is not all");
    else if (k->request->place == LETTER_DEAD)
        say(k->request->command,
            "interrupted, nothing is half done: run it again, with --until "
            "%" PRId64 " to leave alone what died since",
            k->wanted.until_ms);
    else
        say(k->request->command,
            "interrupted, nothing is half done: run it again");
}

static void print_json(const struct act *a)
{
    const struct letters_request *q = a->work->request;

    printf("{\"queue\":\"%s\",\"state\":\"%s\",\"verb\":\"%s\",\"chosen\":"
           "%" PRIu64 ",\"done\":%" PRIu64 ",\"interrupted\":%s}\n",
           a->work->queue, q->command, q->verb == VERB_RETRY ? "retry" : "drop",
           a->chosen, a->done, a->interrupted ? "true" : "false");
}

static enum err report(struct act *a, int *ret_exit)
{
    const struct letters_request *q = a->work->request;
    const char *past = q->verb == VERB_RETRY ? "retried" : "dropped";
    bool none = q->wanted.id_count > 0 && a->chosen == 0;
    enum err e = ERR_OK;

    *ret_exit = a->interrupted || none ? EXIT_FAILED : EXIT_OK;
    if (q->dry_run)
        e = tally_print(&a->tally, &(struct tally_view){.json = q->json});
    if (!q->dry_run && q->json)
        print_json(a);
    else if (!q->json)
        printf("queue %s: %" PRIu64 " %s %s%s\n", a->work->queue,
               q->dry_run ? a->chosen : a->done,
               letters_noun(q->place, q->dry_run ? a->chosen : a->done),
               q->dry_run ? "would be " : "", past);
    if (!q->dry_run && a->done < a->chosen && !a->interrupted)
        say(q->command, "%" PRIu64 " more %s not there any more, or due",
            a->chosen - a->done, a->chosen - a->done == 1 ? "was" : "were");
    if (a->interrupted)
        say_interrupted(a);
    return e;
}

enum err letters_act(struct letters_work *k, int *ret_exit)
{
    struct letters_wanted *w = &k->wanted;
    struct act a = {
        .work = k,
        .pace = {.per_s = k->request->rate},
        .batch = letters_batch_open(),
    };
    uint64_t total = 0;
    enum err e = a.batch ? count_all(k, &total) : ERR_MEMORY;

    /* What dies again meanwhile is not retried again. */
    if (k->request->place == LETTER_DEAD &&
        (w->until_ms == 0 || w->until_ms > k->now_ms))
        w->until_ms = k->now_ms;
    a.walk = letters_walk_of(k);
    a.progress = progress_make(
        k->request->verb == VERB_RETRY ? "retried" : "dropped", total);
    if (!e)
        e = walk(&a);
    if (!e)
        e = report(&a, ret_exit);
    else if (a.done > 0)
        say(k->request->command, "%" PRIu64 " were %s before this", a.done,
            k->request->verb == VERB_RETRY ? "retried" : "dropped");
    tally_clear(&a.tally);
    letters_walk_clear(&a.walk);
    letters_batch_close(&a.batch);
    return e;
}

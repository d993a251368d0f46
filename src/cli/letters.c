#include "cli/letters.h"

#include "base/ident.h"
#include "cli/command.h"
#include "cli/ending.h"
#include "cli/queues.h"
#include "cli/suggest.h"
#include "model/outcome.h"

#include <string.h>

enum { NUMBER_MAX = 100000000, IDS_MAX = 10000 };

static const char *const verbs[VERBS] = {
    [VERB_LIST] = "list",
    [VERB_SHOW] = "show",
    [VERB_RETRY] = "retry",
    [VERB_DROP] = "drop",
};

static const struct {
    const char *sentence, *examples;
} words[LETTER_PLACES] = {
    [LETTER_DEAD] =
        {"Lists, shows, retries or drops the jobs that were given up on. A "
         "retried job keeps\nits id, its attempts and its history; its point's "
         "policy counts anew from there",
         "  extq dead                                     the newest 20\n"
         "  extq dead show evt_9f2c                       one, with its "
         "history\n"
         "  extq dead retry --class timeout --dry-run     how many that would "
         "be\n"
         "  extq dead retry --class timeout --rate 50/s   not all at once\n"
         "  extq dead drop --container acme --until 7d    older than a week\n"},
    [LETTER_LATER] =
        {"Lists, shows, retries or drops the jobs that wait for a time: "
         "retries, and what\nis scheduled. To retry one is to have it due now",
         "  extq later                                    what is due next\n"
         "  extq later retry --class unreachable          it is there again\n"
         "  extq later drop evt_9f2c                      it is not wanted "
         "any more\n"},
    [LETTER_PARKED] =
        {"Shows whose jobs wait at which gate, why, and what ends it; with a "
         "verb, lists,\nshows, retries or drops these jobs. A retried job goes "
         "to its gate again, behind\nthe others: 'extq resume' opens the gate",
         "  extq parked                     every gate that is shut or has "
         "jobs\n"
         "  extq parked --container acme    one tenant's\n"
         "  extq parked --json | jq -r 'select(.kind == \"circuit\") | "
         ".container'\n"
         "  extq parked list --container acme\n"
         "  extq parked drop --container acme --point on-new-lead --dry-run\n"},
};

static int read_verb(struct letters_request *q, const char *word)
{
    const char *nearest = NULL;
    size_t distance = 0;

    for (int i = 0; i < VERBS; i++) {
        q->verb = (enum letters_verb)i;
        if (strcmp(word, verbs[i]) == 0)
            return EXIT_OK;
        suggest(word, verbs[i], &nearest, &distance);
    }
    if (nearest)
        return options_wrong(q->command, "'%s' is no verb; did you mean %s?",
                             word, nearest);
    return options_wrong(q->command,
                         "'%s' is no verb (did you mean extq %s show %s?)",
                         word, q->command, word);
}

static int read_operands(struct letters_request *q, int count, char **words_at)
{
    int code = count > 0 ? read_verb(q, words_at[0]) : EXIT_OK;

    q->verb_given = count > 0;
    for (int i = 1; code == EXIT_OK && i < count; i++) {
        if (!ident_is_id(span_of(words_at[i])))
            code = options_wrong(q->command, "'%s' is no id of a job",
                                 words_at[i]);
    }
    if (count > 1) {
        q->wanted.ids = (const char *const *)&words_at[1];
        q->wanted.id_count = (size_t)count - 1;
    }
    return code;
}

static bool is_choosy(const struct letters_request *q)
{
    const struct letters_wanted *w = &q->wanted;

    return w->id_count > 0 || w->container || w->point || w->class ||
           q->since.given || q->until.given;
}

/* What is for one verb is not to be taken for granted with another. */
static int check_verb(const struct letters_request *q)
{
    bool acts = q->verb == VERB_RETRY || q->verb == VERB_DROP;

    if (q->place == LETTER_PARKED && !q->verb_given &&
        (q->last > 0 || q->wanted.class || q->since.given || q->until.given))
        return options_wrong(q->command, "that is for a verb: extq parked list "
                                         "...");
    if (q->payload && q->verb != VERB_SHOW)
        return options_wrong(q->command, "--payload is for show");
    if (q->last > 0 && q->verb != VERB_LIST)
        return options_wrong(q->command, "--last is for list");
    if (!acts && (q->rate > 0 || q->all || q->dry_run))
        return options_wrong(q->command, "--%s is for retry and drop",
                             q->all       ? "all"
                             : q->dry_run ? "dry-run"
                                          : "rate");
    if (q->verb == VERB_SHOW && q->wanted.id_count == 0)
        return options_wrong(q->command, "show which one? Name its id");
    if (acts && !is_choosy(q) && !q->all)
        return options_wrong(q->command,
                             "%s which ones? Name ids, --container, --point, "
                             "--class, --since or --until; or --all",
                             verbs[q->verb]);
    if (q->all && is_choosy(q))
        return options_wrong(q->command,
                             "--all is all of them: without other choices");
    return EXIT_OK;
}

static bool read_request(struct letters_request *q, int argc, char **argv,
                         int *ret)
{
    struct letters_wanted *w = &q->wanted;
    const char *classes[CLASSES + 1] = {NULL};
    const struct option_spec specs[] = {
        {"container", 0, OPTION_NAME, "NAME", "only of this container",
         &w->container, 0, NULL},
        {"point", 0, OPTION_NAME, "NAME", "only of this extensibility point",
         &w->point, 0, NULL},
        {"class", 0, OPTION_CHOICE, "WORD",
         "only those whose last failure was:", &w->class, 0, classes},
        {"since", 0, OPTION_TIME, "TIME",
         "died (parked: claimed first) not earlier than: unix ms, or so long "
         "ago: 10m; later: due not earlier than in 10m",
         &q->since, 0, NULL},
        {"until", 0, OPTION_TIME, "TIME", "the same: not later than", &q->until,
         0, NULL},
        {"last", 'n', OPTION_NUMBER, "N", "list at most N (default 20)",
         &q->last, NUMBER_MAX, NULL},
        {"all", 0, OPTION_FLAG, NULL, "retry or drop all of them", &q->all, 0,
         NULL},
        {"dry-run", 0, OPTION_FLAG, NULL,
         "count what retry or drop would act on, and do nothing", &q->dry_run,
         0, NULL},
        {"rate", 0, OPTION_RATE, "N/s",
         "retry or drop at most N a second (default: no limit)", &q->rate,
         NUMBER_MAX, NULL},
        {"payload", 0, OPTION_FLAG, NULL, "show the job's bytes as well",
         &q->payload, 0, NULL},
        {"queue", 0, OPTION_QUEUE, "NAME",
         "default: the first one of the configuration", &q->queue, 0, NULL},
        {"json", 0, OPTION_FLAG, NULL, "JSON Lines", &q->json, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        q->command,
        "[list|show|retry|drop] [ID...]",
        words[q->place].sentence,
        words[q->place].examples,
        specs,
        0,
        1 + IDS_MAX,
        &q->common,
    };
    int operand;

    for (int i = 0; i < CLASSES; i++)
        classes[i] = class_text((enum class)i);
    if (!options_read(&options, argc, argv, &operand, ret))
        return false;
    *ret = read_operands(q, argc - operand, argv + operand);
    if (*ret == EXIT_OK)
        *ret = check_verb(q);
    return *ret == EXIT_OK;
}

/* By the server's clock. A moment to come is what later jobs are chosen by. */
static int64_t moment(const struct letters_work *k, const struct when *w)
{
    int direction = k->request->place == LETTER_LATER ? 1 : -1;

    return w->given ? when_ms(w, k->now_ms, direction) : 0;
}

static enum err work(struct letters_work *k, int *ret_exit)
{
    const struct letters_request *q = k->request;
    enum err e = connect_now(k->connection, &k->now_ms, &k->reply);

    if (e)
        return e;
    keys_of_queue(&k->keys, k->connection->config->prefix, k->queue);
    k->wanted = q->wanted;
    k->wanted.from_ms = moment(k, &q->since);
    k->wanted.until_ms = moment(k, &q->until);
    ending_take_over();
    return q->verb == VERB_LIST || q->verb == VERB_SHOW
               ? letters_list(k, ret_exit)
               : letters_act(k, ret_exit);
}

static int run(const struct letters_request *q)
{
    struct connection connection;
    struct letters_work k = {.request = q, .connection = &connection};
    int code = queues_open(q->command, &q->common, q->queue, &connection);
    enum err e;

    if (code == EXIT_OK) {
        k.queue = connect_queue(connection.config, q->queue);
        e = work(&k, &code);
        if (e)
            code = connect_failed(&connection, e, k.reply);
    }
    connect_close(&connection);
    return code;
}

static int command(enum letter_place place, int argc, char **argv)
{
    struct letters_request request = {.place = place,
                                      .command = letter_place_text(place)};
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    if (place == LETTER_PARKED && !request.verb_given)
        return parked_gates(&request);
    return run(&request);
}

int command_dead(int argc, char **argv)
{
    return command(LETTER_DEAD, argc, argv);
}

int command_later(int argc, char **argv)
{
    return command(LETTER_LATER, argc, argv);
}

int command_parked(int argc, char **argv)
{
    return command(LETTER_PARKED, argc, argv);
}

struct letters_walk letters_walk_of(const struct letters_work *k)
{
    return letters_walk_make(k->connection->redis, &k->keys, k->request->place,
                             &k->wanted);
}

const char *letters_noun(enum letter_place place, uint64_t count)
{
    static const char *const nouns[LETTER_PLACES][2] = {
        [LETTER_DEAD] = {"dead letters", "dead letter"},
        [LETTER_LATER] = {"later jobs", "later job"},
        [LETTER_PARKED] = {"parked jobs", "parked job"},
    };

    return nouns[place][count == 1];
}

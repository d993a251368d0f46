#include "support/hostile_bed.h"

#include "base/buf.h"
#include "base/utf8.h"
#include "support/wait.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIMIT_MS = 120000,
    SLACK_MS = 10000,
    LONG_MS = 60000,
    TEXT_MAX = 1 << 20
};

/* Fields that texts of an answer end up in. */
static const char *const texts[] = {
    "id", "container", "point", "class", "verdict", "error", "body", "worker",
};

/* One outcome entry, and what is wrong with it. */
struct entry {
    const struct hostile_bed *bed;
    const struct hostile_row *row;
    size_t at; /* in the journal */
    struct buf *flaws;
};

static const char *field(const struct entry *e, const char *name)
{
    return journal_field(e->bed->w->journal, NULL, e->at, name);
}

static int64_t number(const struct entry *e, const char *name)
{
    return strtoll(field(e, name), NULL, 10);
}

static void flaw(const struct entry *e, const char *what)
{
    ck_assert_int_eq(
        buf_printf(e->flaws,
                   "the peer %s: %s: %s/%s/%s, %s ms, error \"%s\", body "
                   "\"%.60s\"\n",
                   e->row->name, what, field(e, "verdict"), field(e, "class"),
                   field(e, "status"), field(e, "ms"), field(e, "error"),
                   field(e, "body")),
        ERR_OK);
}

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);
    const char *at = words;

    while (len > 0 && (at = strstr(at, word))) {
        if ((at == words || at[-1] == ' ') && (at[len] == ' ' || !at[len]))
            return true;
        at += len;
    }
    return false;
}

/* Ends without an answer. */
static bool has_no_status(const char *class)
{
    return has_word("timeout reset unreachable blocked_address", class);
}

static bool is_short(const struct hostile_row *row)
{
    return row->point == POINT_SHORT || row->point == POINT_LARGE;
}

/* The service waits a few seconds for a name server, whatever the point. */
static bool is_late_name(const struct entry *e)
{
    return hostile_row_is_named(e->row) &&
           strcmp(field(e, "class"), "unreachable") == 0 &&
           strstr(field(e, "error"), "the name server does not answer");
}

static void judge_class(const struct entry *e)
{
    const char *class = field(e, "class");
    int64_t status = number(e, "status");

    /* A busy machine may be slower than a deadline this short. */
    if (is_short(e->row) && number(e, "ms") >= HOSTILE_SHORT_MS &&
        has_word("timeout unreachable", class))
        return;
    if (is_late_name(e))
        return;
    if (!has_word(e->row->classes, class))
        flaw(e, "another class than it should");
    else if (has_no_status(class) ? status != 0
             : strcmp(class, "invalid_response") == 0
                 ? status != 0 && status != e->row->status
                 : status != e->row->status)
        flaw(e, "another status than it should");
    if (e->row->body && !has_no_status(class) &&
        strncmp(field(e, "body"), e->row->body, strlen(e->row->body)) != 0)
        flaw(e, "another body than it should");
}

static void judge_times(struct hostile_bed *bed, const struct entry *e)
{
    bool quick = is_short(e->row);
    int64_t over = number(e, "ms") - (quick ? HOSTILE_SHORT_MS : LONG_MS);
    int64_t wait_ms = number(e, "next_at") - number(e, "at");

    if (quick && over > bed->figures.worst_overrun_ms) {
        bed->figures.worst_overrun_ms = over;
        bed->figures.worst = e->row->name;
    }
    if (over > SLACK_MS)
        flaw(e, "it took longer than its deadline");
    if (e->row->point == POINT_LATER &&
        strcmp(field(e, "verdict"), "retry") == 0 &&
        (wait_ms < e->row->wait_min_s * 1000 ||
         wait_ms > e->row->wait_max_s * 1000 + LONG_MS))
        flaw(e, "another wait than it should");
}

static void judge_texts(const struct entry *e)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const char *text = field(e, texts[i]);
        size_t left = strlen(text), len;

        for (; left > 0; text += len, left -= len) {
            len = utf8_len(text, left);
            if (len == 0 || utf8_is_control(utf8_point(text, len))) {
                flaw(e, "bytes in the stream that do not belong there");
                break;
            }
        }
        if (strstr(field(e, texts[i]), "s3cr3t"))
            flaw(e, "the secret in the stream");
    }
}

long hostile_bed_good(const char *id)
{
    return strncmp(id, "good-", 5) == 0 ? strtol(id + 5, NULL, 10) : -1;
}

/* NULL for the entry of a good job, or of none: a gate's. */
static struct hostile_guest *guest_of(struct hostile_bed *bed, size_t at)
{
    const char *id = journal_field(bed->w->journal, NULL, at, "id");
    unsigned long n;

    if (hostile_bed_good(id) >= 0 || id[0] == '\0')
        return NULL;
    ck_assert_msg(strncmp(id, "bad-", 4) == 0, "%s", id);
    n = strtoul(id + 4, NULL, 10);
    ck_assert_uint_lt(n, bed->guest_count);
    return &bed->guests[n];
}

static void count_entry(struct hostile_bed *bed, size_t at)
{
    struct hostile_guest *g = guest_of(bed, at);
    const char *verdict = journal_field(bed->w->journal, NULL, at, "verdict");

    if (!g)
        return;
    g->entries++;
    g->shown |= has_word(g->row->classes,
                         journal_field(bed->w->journal, NULL, at, "class"));
    if (strcmp(verdict, "retry") == 0)
        g->pauses++;
    else
        g->ends++;
}

/* All have an end; where one was told to wait for days, the others of its
 * extension may wait at its gate. */
static bool is_over(const struct hostile_guest *g)
{
    if (g->row->point == POINT_LATER)
        return g->entries > 0 && hostile_connections(g->port) <= g->entries;
    return g->ends >= g->jobs;
}

static void count_entries(struct hostile_bed *bed)
{
    size_t count = journal_read(bed->w->journal);

    while (bed->counted < count)
        count_entry(bed, bed->counted++);
}

static bool all_over(struct hostile_bed *bed)
{
    count_entries(bed);
    for (unsigned n = 0; n < bed->guest_count; n++)
        if (!is_over(&bed->guests[n]))
            return false;
    return true;
}

static void tell_missing(const struct hostile_bed *bed)
{
    for (unsigned n = 0; n < bed->guest_count; n++)
        if (!is_over(&bed->guests[n]))
            (void)fprintf(stderr, "the peer %s: %u jobs, %u ends, %u retries\n",
                          bed->guests[n].row->name, bed->guests[n].jobs,
                          bed->guests[n].ends, bed->guests[n].pauses);
}

void hostile_bed_wait(struct hostile_bed *bed)
{
    struct waiter w = waiter_start(LIMIT_MS);

    while (!all_over(bed)) {
        if (process_ended(bed->service))
            process_expect(bed->service, 0, LIMIT_MS);
        if (!waiter_pause(&w)) {
            tell_missing(bed);
            ck_abort_msg("not all attempts ended: %s",
                         process_last_words(bed->service));
        }
    }
}

/* Those that were told to wait go on: of each connection that was made by now
 * the outcome is awaited. */
static void await_outcomes(struct hostile_bed *bed)
{
    struct waiter w = waiter_start(LIMIT_MS);
    unsigned told = 0;

    for (unsigned n = 0; n < bed->guest_count; n++)
        bed->guests[n].connections = hostile_connections(bed->guests[n].port);
    while (told < bed->guest_count) {
        count_entries(bed);
        while (told < bed->guest_count &&
               bed->guests[told].connections <= bed->guests[told].entries)
            told++;
        if (!waiter_pause(&w))
            return;
    }
}

/* One connection for each attempt, and no second end. */
static void judge_guest(const struct hostile_guest *g, struct buf *flaws)
{
    if (g->connections <= g->entries &&
        (g->shown || !hostile_row_is_named(g->row)) &&
        (g->row->point == POINT_LATER || g->ends == g->jobs))
        return;
    ck_assert_int_eq(
        buf_printf(flaws,
                   "the peer %s: %u jobs, %u ends, %u attempts, %u "
                   "connections%s\n",
                   g->row->name, g->jobs, g->ends, g->entries, g->connections,
                   g->shown ? "" : ", never its class"),
        ERR_OK);
}

void hostile_bed_judge(struct hostile_bed *bed)
{
    struct buf flaws = buf_make(TEXT_MAX);
    struct entry e = {.bed = bed, .flaws = &flaws};

    await_outcomes(bed);
    bed->figures.jobs = bed->figures.attempts = 0;
    for (e.at = 0; e.at < journal_count(bed->w->journal, NULL); e.at++) {
        const struct hostile_guest *g = guest_of(bed, e.at);

        if (!g)
            continue;
        e.row = g->row;
        bed->figures.attempts++;
        judge_class(&e);
        judge_times(bed, &e);
        judge_texts(&e);
    }
    for (unsigned n = 0; n < bed->guest_count; n++) {
        bed->figures.jobs += bed->guests[n].jobs;
        judge_guest(&bed->guests[n], &flaws);
    }
    if (flaws.len > 0) /* more than a message of Check's may hold */
        (void)fputs(flaws.at, stderr);
    ck_assert_msg(flaws.len == 0, "%.900s", flaws.at);
    ck_assert_uint_eq(hostile_canary(bed->peers), 0);
    world_expect_calls(bed->w, "good", bed->good, false);
    world_expect_delivered(bed->w, "good", bed->good);
}

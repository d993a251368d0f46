#include "property/model_internal.h"

#include "base/check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rows *tables(struct model *m, size_t i)
{
    struct rows *const all[] = {
        &m->jobs,      &m->later,
        &m->suspects,  &m->dead,
        &m->outcomes,  &m->leases,
        &m->services,  &m->meta,
        &m->gates,     &m->changes,
        &m->parked[0], &m->parked[1],
        &m->parked[2], &m->parked[QUEUE_GATE],
    };

    return i < sizeof all / sizeof *all ? all[i] : NULL;
}

void model_free(struct model *m)
{
    for (size_t i = 0; tables(m, i); i++)
        rows_free(tables(m, i));
    for (size_t i = 0; i < EPOCHS; i++)
        rows_free(&m->held[i].jobs);
    *m = (struct model){0};
}

void model_copy(struct model *to, const struct model *from)
{
    struct model source = *from;

    for (size_t i = 0; tables(to, i); i++)
        rows_copy(tables(to, i), tables(&source, i));
    for (size_t i = 0; i < EPOCHS; i++) {
        memcpy(to->held[i].epoch, from->held[i].epoch, EPOCH_TEXT);
        rows_copy(&to->held[i].jobs, &from->held[i].jobs);
    }
    memcpy(to->alone, from->alone, EPOCH_TEXT);
    to->now_us = from->now_us;
}

int64_t model_now(const struct model *m)
{
    return m->now_us / 1000;
}

/* Of those that are there, or one that is free: an epoch without jobs needs
 * none. */
struct rows *model_held(struct model *m, const char *epoch)
{
    struct held *spare = NULL;

    for (size_t i = 0; i < EPOCHS; i++) {
        if (strcmp(m->held[i].epoch, epoch) == 0)
            return &m->held[i].jobs;
        if (m->held[i].jobs.count == 0)
            spare = &m->held[i];
    }
    check(spare);
    (void)snprintf(spare->epoch, EPOCH_TEXT, "%s", epoch);
    return &spare->jobs;
}

int64_t model_owns(const struct model *m, const char *epoch)
{
    int64_t ends = rows_score(&m->leases, epoch);

    return ends > 0 ? ends : 0;
}

static const char *generation_field(const struct actor *a, char dst[ROW_KEY])
{
    (void)snprintf(dst, ROW_KEY, "%s:%s:recovered", a->epoch, a->tag);
    return dst;
}

static const char *generation(struct model *m, const struct actor *a)
{
    char field[ROW_KEY];
    const char *found = rows_get(&m->services, generation_field(a, field));

    return found ? found : "0";
}

bool model_may_claim(struct model *m, const struct actor *a)
{
    return model_owns(m, a->epoch) &&
           strcmp(generation(m, a), a->generation) == 0;
}

/* What is kept of the looks at those who wait. */
struct looks {
    char text[ROW_TEXT];
    size_t len;
    int64_t first_ms, last_ms, last_count;
};

/* Where the clock went back by a second or more, leases go with it. */
static void follow_clock(struct model *m)
{
    const char *last = rows_get(&m->meta, "clock");
    int64_t now = model_now(m);
    int64_t back = (last ? strtoll(last, NULL, 10) : now) - now;
    char text[24];

    (void)snprintf(text, sizeof text, "%" PRId64, now);
    rows_set(&m->meta, "clock", text);
    if (back < 1000)
        return;
    for (size_t i = 0; i < m->leases.count; i++)
        if (m->leases.at[i].score > 0)
            m->leases.at[i].score -= back;
    m->alone[0] = '\0';
    if (back >= 60000)
        (void)rows_increase(&m->meta, "behind", back);
}

/* What else was put off goes with it at the next tick, if that is a minute. */
static void shift(struct model *m)
{
    const char *text = rows_get(&m->meta, "behind");
    int64_t behind = text ? strtoll(text, NULL, 10) : 0;

    if (!text)
        return;
    (void)rows_unset(&m->meta, "behind");
    for (size_t i = 0; i < m->later.count; i++)
        m->later.at[i].score -= behind;
    model_shift_gates(m, behind);
}

void model_join(struct model *m, char ret[EPOCH_TEXT])
{
    follow_clock(m);
    (void)snprintf(ret, EPOCH_TEXT, "%" PRId64 "-%" PRId64,
                   rows_increase(&m->meta, "epoch", 1), m->now_us);
    rows_rank(&m->leases, ret, model_now(m) + LEASE_MS);
    rows_set(&m->services, ret, "{}");
}

/* Goes on with the look, if it tells something still; returns what is behind.
 */
static const char *keep_look(const char *look, int64_t taken, int64_t waiting,
                             int64_t now, struct looks *l)
{
    int64_t count, ms;
    int len = 0;

    check(sscanf(look, "%" SCNd64 " %" SCNd64 " %n", &count, &ms, &len) == 2);
    if (count > taken && count <= taken + waiting && ms <= now) {
        l->len += (size_t)snprintf(l->text + l->len, ROW_TEXT - l->len, "%.*s",
                                   len, look);
        l->first_ms = l->first_ms ? l->first_ms : ms;
        l->last_ms = ms;
        l->last_count = count;
    }
    return look + len;
}

/* Since when jobs wait that nobody claimed yet, as far as it was looked at. */
static void note_waiting(struct model *m)
{
    int64_t now = model_now(m), waiting = (int64_t)m->jobs.count, gap;
    const char *seen = rows_get(&m->meta, "seen");
    const char *seq = rows_get(&m->meta, "seq");
    int64_t taken = seq ? strtoll(seq, NULL, 10) : 0;
    struct looks l = {.len = 0};

    if (waiting == 0) {
        if (seen)
            (void)rows_unset(&m->meta, "seen");
        return;
    }
    while (seen && *seen)
        seen = keep_look(seen, taken, waiting, now, &l);
    gap = l.first_ms ? (now - l.first_ms + 7) / 8 : 0;
    if (taken + waiting > l.last_count &&
        now - l.last_ms >= (gap > 900 ? gap : 900))
        check(snprintf(l.text + l.len, ROW_TEXT - l.len,
                       "%" PRId64 " %" PRId64 " ", taken + waiting,
                       now) < (int)(ROW_TEXT - l.len));
    rows_set(&m->meta, "seen", l.text);
}

void model_tick(struct model *m, const char *epoch, bool sweep, bool alone)
{
    int64_t now = model_now(m);
    bool lives = model_owns(m, epoch) - now > LEASE_MS / 4;

    if (!model_owns(m, epoch))
        return;
    follow_clock(m);
    shift(m);
    note_waiting(m);
    rows_rank(&m->leases, epoch, now + LEASE_MS);
    if (alone && m->suspects.count > 0 && !m->alone[0] && !model_is_paused(m))
        (void)snprintf(m->alone, EPOCH_TEXT, "%s", epoch);
    for (size_t i = 0; sweep && lives && i < m->leases.count; i++)
        if (m->leases.at[i].score <= now && m->leases.at[i].score > 0) {
            rows_rank(&m->leases, m->leases.at[i].text, 0);
            i = 0;
        }
}

int64_t model_number_in(const char *record, unsigned nth)
{
    for (; nth > 0; nth--)
        record = strchr(record, ' ') + 1;
    return strtoll(record, NULL, 10);
}

void model_with_claims(char dst[ROW_TEXT], const char *record, int64_t claims)
{
    const char *seq_end = strchr(record, ' ');

    check(snprintf(dst, ROW_TEXT, "%.*s %" PRId64 "%s", (int)(seq_end - record),
                   record, claims, strchr(seq_end + 1, ' ')) < ROW_TEXT);
}

/* Only what is held for the first time has no '+' in its field,
 * "tag:number-ms-n", and no line of its own. */
void model_held_record(char dst[ROW_TEXT], const struct row *held)
{
    const char *seq = strchr(held->key, ':') + 1;

    if (strchr(seq, '+'))
        (void)snprintf(dst, ROW_TEXT, "%s", held->text);
    else
        check(snprintf(dst, ROW_TEXT, "%s 1 0 0 %" PRId64 " -\n%s", seq,
                       (int64_t)strtoll(strchr(seq, '-') + 1, NULL, 10),
                       held->text) < ROW_TEXT);
}

/* Due by its age, and not later than now. */
static void give_back(struct model *m, const char *record)
{
    int64_t first = model_number_in(record, 4);

    rows_rank(&m->later, record, first < model_now(m) ? first : model_now(m));
}

static void forget_service(struct model *m, const char *epoch)
{
    size_t len = strlen(epoch);

    for (size_t i = m->services.count; i-- > 0;) {
        const char *key = m->services.at[i].key;

        if (strncmp(key, epoch, len) == 0 &&
            (key[len] == '\0' || key[len] == ':'))
            (void)rows_take(&m->services, i);
    }
}

void model_release(struct model *m, const char *epoch, bool mine)
{
    struct rows *held = model_held(m, epoch);

    if (!mine && model_owns(m, epoch))
        return;
    while (held->count > 0) {
        struct row job = rows_take(held, 0);
        char record[ROW_TEXT];

        model_held_record(record, &job);
        give_back(m, record);
    }
    rows_unrank(&m->leases, epoch);
    forget_service(m, epoch);
}

static bool is_known(const char *field, const char *const *known, size_t count)
{
    while (count > 0)
        if (strcmp(field, known[--count]) == 0)
            return true;
    return false;
}

void model_recover(struct model *m, const struct actor *a,
                   const char *const *known, size_t count)
{
    struct rows *held = model_held(m, a->epoch);
    size_t len = strlen(a->tag);
    char field[ROW_KEY];

    if (!model_may_claim(m, a))
        return;
    for (size_t i = held->count; i-- > 0;) {
        const char *key = held->at[i].key;
        char record[ROW_TEXT], uncounted[ROW_TEXT];

        if (is_known(key, known, count) || strncmp(key, a->tag, len) != 0 ||
            key[len] != ':')
            continue;
        model_held_record(record, &held->at[i]);
        model_with_claims(uncounted, record, model_number_in(record, 1) - 1);
        (void)rows_take(held, i);
        give_back(m, uncounted);
    }
    (void)rows_increase(&m->services, generation_field(a, field), 1);
}

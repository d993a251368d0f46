#include "cli/doctor_findings.h"

#include "base/json.h"
#include "cli/term.h"

#include <stdio.h>

enum { LINE_MAX_BYTES = 64 << 10 };

static const char *const healths[] = {
    [HEALTH_FINE] = "fine",
    [HEALTH_WARN] = "warning",
    [HEALTH_WRONG] = "wrong",
};

static enum err add_member(struct buf *out, const char *before,
                           const char *text)
{
    enum err e = buf_add_text(out, before);

    return e ? e : json_quote(out, span_of(text));
}

static enum err write_json(struct buf *out, enum health health,
                           const char *what, const char *said, const char *mend)
{
    enum err e = add_member(out, "{\"check\":", what);

    if (!e)
        e = add_member(out, ",\"health\":", healths[health]);
    if (!e)
        e = add_member(out, ",\"said\":", said);
    if (!e)
        e = add_member(out, ",\"mend\":", mend);
    return e ? e : buf_add_text(out, "}");
}

static enum err write_text(const struct findings *f, struct buf *out,
                           enum health health, const char *what,
                           const char *said)
{
    static const enum term_style styles[] = {TERM_GOOD, TERM_WARN, TERM_BAD};

    return buf_printf(out, "%s%-8s%s %-14s %s",
                      term_style(styles[health], f->colour), healths[health],
                      term_style(TERM_PLAIN, f->colour), what, said);
}

void findings_add(void *arg, enum health health, const char *what,
                  const char *said, const char *mend)
{
    struct findings *f = arg;
    struct buf raw = buf_make(LINE_MAX_BYTES), clean = raw;
    enum err e;

    if (health > f->worst)
        f->worst = health;
    if (f->json) {
        e = write_json(&raw, health, what, said, mend);
        if (!e)
            e = term_clean(&clean, buf_span(&raw));
    } else {
        e = term_clean(&raw, span_of(said));
        if (!e)
            e = write_text(f, &clean, health, what, raw.at ? raw.at : "");
    }
    if (!e)
        (void)puts(clean.at);
    if (!e && !f->json && mend[0])
        printf("%23s mend: %s\n", "", mend);
    (void)fflush(stdout);
    buf_clear(&raw);
    buf_clear(&clean);
}

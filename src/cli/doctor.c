/* extq doctor: what is wrong, and the command that mends it. */
#include "base/json.h"
#include "cli/command.h"
#include "cli/doctor_checks.h"
#include "cli/options.h"
#include "cli/term.h"
#include "service/guard.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { SAID_MAX = 700, LINE_MAX_BYTES = 64 << 10, REPLY_LEAST_MS = 1000 };

static const char command[] = "doctor";

struct request {
    struct common_options common;
    bool json;
};

/* What is printed, and how bad it was. */
struct report {
    bool json, colour;
    enum health worst;
    int code;
};

static const char examples[] =
    "  extq doctor\n"
    "  extq doctor -c /etc/extq/extq.yaml || journalctl -u extq -n 50\n"
    "  extq doctor --json | jq -r 'select(.health != \"fine\") | .mend'\n";

static bool read_request(struct request *q, int argc, char **argv, int *ret)
{
    const struct option_spec specs[] = {
        {"json", 0, OPTION_FLAG, NULL, "JSON Lines, one for each check",
         &q->json, 0, NULL},
        {NULL, 0, OPTION_FLAG, NULL, NULL, NULL, 0, NULL},
    };
    const struct options options = {
        command,
        "",
        "Looks at everything that a service needs: configuration and files, "
        "Redis, its\nsettings, clock and permissions, names, certificates, "
        "limits and discovery.\nSays what is wrong and the command that mends "
        "it. Exit code 1 when something is\nwrong; warnings alone are 0",
        examples,
        specs,
        0,
        0,
        &q->common,
    };
    int operand;

    return options_read(&options, argc, argv, &operand, ret);
}

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

static enum err write_text(const struct report *r, struct buf *out,
                           enum health health, const char *what,
                           const char *said)
{
    static const enum term_style styles[] = {TERM_GOOD, TERM_WARN, TERM_BAD};

    return buf_printf(out, "%s%-8s%s %-14s %s",
                      term_style(styles[health], r->colour), healths[health],
                      term_style(TERM_PLAIN, r->colour), what, said);
}

static void found(void *arg, enum health health, const char *what,
                  const char *said, const char *mend)
{
    struct report *r = arg;
    struct buf raw = buf_make(LINE_MAX_BYTES), clean = raw;
    enum err e;

    if (health > r->worst)
        r->worst = health;
    if (r->json) {
        e = write_json(&raw, health, what, said, mend);
        if (!e)
            e = term_clean(&clean, buf_span(&raw));
    } else {
        e = term_clean(&raw, span_of(said));
        if (!e)
            e = write_text(r, &clean, health, what, raw.at ? raw.at : "");
    }
    if (!e)
        (void)puts(clean.at);
    if (!e && !r->json && mend[0])
        printf("%23s mend: %s\n", "", mend);
    (void)fflush(stdout);
    buf_clear(&raw);
    buf_clear(&clean);
}

void doctor_say(const struct doctor *d, enum health health, const char *what,
                const char *mend, const char *fmt, ...)
{
    char said[SAID_MAX];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(said, sizeof said, fmt, args);
    va_end(args);
    d->found(d->arg, health, what, said, mend);
}

static enum err read_config(struct doctor *d, const struct request *q)
{
    struct why why = {""};
    enum err e = ERR_OK;

    if (q->common.redis_url && setenv("EXTQ_REDIS_URL", q->common.redis_url, 1))
        e = ERR_MEMORY;
    if (!e)
        e = config_read(config_find(q->common.config_file), &d->config, &why);
    if (e)
        doctor_say(d, HEALTH_WRONG, "configuration", "extq check", "%s",
                   why.text[0] ? why.text : err_text(e));
    else
        doctor_say(d, HEALTH_FINE, "configuration", "", "%s",
                   d->config->path[0] ? d->config->path
                                      : "(no file: defaults)");
    return e;
}

static enum err open_redis(struct doctor *d)
{
    const struct config *c = d->config;
    int64_t reply_ms =
        c->redis_reply_ms > REPLY_LEAST_MS ? c->redis_reply_ms : REPLY_LEAST_MS;
    struct why why = {""};
    enum err e = redis_sync_open(&c->redis, reply_ms, &d->redis, &why);

    if (e && c->embedded)
        doctor_say(d, HEALTH_WRONG, "redis", "extq run",
                   "%s (the embedded Redis runs while the service does)",
                   why.text);
    else if (e)
        doctor_say(d, HEALTH_WRONG, "redis", "systemctl start redis-server",
                   "%s", why.text);
    return e;
}

/* Everything, as far as it can be looked at. */
static void examine(struct doctor *d, struct report *r, const struct request *q)
{
    if (read_config(d, q)) {
        r->code = EXIT_BAD_CONFIG;
        return;
    }
    doctor_host(d);
    if (open_redis(d))
        r->code = EXIT_NO_REDIS;
    else
        doctor_redis(d);
    doctor_discovery(d);
}

int command_doctor(int argc, char **argv)
{
    struct request request = {0};
    struct report report = {.code = EXIT_OK};
    struct doctor doctor = {.found = found, .arg = &report};
    struct why why = {""};
    int code;

    if (!read_request(&request, argc, argv, &code))
        return code;
    report.json = request.json;
    report.colour = term_colour(STDOUT_FILENO);
    if (guard_secrets(&why))
        doctor_say(&doctor, HEALTH_WARN, "secrets", "", "%s", why.text);
    examine(&doctor, &report, &request);
    redis_sync_close(&doctor.redis);
    config_close(&doctor.config);
    if (report.code == EXIT_OK && report.worst == HEALTH_WRONG)
        return EXIT_FAILED;
    return report.code;
}

#include "cli/doctor_checks.h"

#include "link/discovery.h"
#include "link/http.h"

#include <stdio.h>
#include <string.h>
#include <uv.h>

/* A service's loop in small: one question. */
struct inquirer {
    const struct doctor *doctor;
    uv_loop_t loop;
    uv_prepare_t turn;
    struct http *http;
    struct discovery *discovery;
};

static void on_turn(uv_prepare_t *turn)
{
    struct inquirer *q = turn->data;

    http_flush(q->http);
}

static void on_finding(void *arg, const struct finding *finding)
{
    struct inquirer *q = arg;

    if (finding->kind == FINDING_FAILED)
        doctor_say(q->doctor, HEALTH_WRONG, "discovery",
                   "discovery.url and discovery.token_file; then extq resolve "
                   "CONTAINER POINT --no-cache",
                   "%s", finding->why.text);
    else
        doctor_say(q->doctor, HEALTH_FINE, "discovery", "",
                   "%s answers: no extension for a container that nobody has",
                   finding->source ? finding->source : "it");
    uv_stop(&q->loop);
}

static void run(struct inquirer *q)
{
    const struct config *c = q->doctor->config;
    struct extension_key key = {"extq-doctor", "extq-doctor"};
    enum err e = http_open(&q->loop, &c->http, &q->http);

    if (!e)
        e = discovery_open(&c->discovery, q->http, &q->discovery);
    if (e) {
        doctor_say(q->doctor, HEALTH_WRONG, "discovery", "", "%s", err_text(e));
    } else {
        q->turn.data = q;
        (void)uv_prepare_init(&q->loop, &q->turn);
        (void)uv_prepare_start(&q->turn, on_turn);
        discovery_ask(q->discovery, &key, on_finding, q);
        (void)uv_run(&q->loop, UV_RUN_DEFAULT);
        uv_close((uv_handle_t *)&q->turn, NULL);
    }
    if (q->discovery)
        discovery_close(&q->discovery);
    if (q->http)
        http_close(&q->http);
    (void)uv_run(&q->loop, UV_RUN_DEFAULT);
}

void doctor_discovery(const struct doctor *d)
{
    struct inquirer q = {.doctor = d};

    if (d->config->discovery.backend == DISCOVER_CONFIG) {
        doctor_say(d, HEALTH_FINE, "discovery", "",
                   "%zu extensions are listed in the configuration",
                   d->config->extension_count);
        return;
    }
    http_global_open();
    if (uv_loop_init(&q.loop) == 0) {
        run(&q);
        (void)uv_loop_close(&q.loop);
    }
    http_global_close();
}

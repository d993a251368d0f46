#include "link/discovery_backend.h"

#include <cjson/cJSON.h>

static void read_members(const struct discovery_options *options,
                         const cJSON *answer, struct finding *ret)
{
    const char *url, *secret = NULL;
    const cJSON *at = pointer_find(answer, options->url_pointer);

    if (answer_text(at, &url) || !url) {
        finding_fail(ret, "the answer has no text at %s", options->url_pointer);
        return;
    }
    at = options->secret_pointer[0] == '\0'
             ? NULL
             : pointer_find(answer, options->secret_pointer);
    if (answer_text(at, &secret)) {
        finding_fail(ret, "what the answer has at %s is not a text",
                     options->secret_pointer);
        return;
    }
    finding_make(ret, url, secret, false);
}

void registry_read(const struct discovery_options *options, struct span body,
                   struct finding *ret)
{
    struct why why = {""};
    cJSON *answer = answer_open(body, &why);

    if (!answer) {
        finding_fail(ret, "%s", why.text);
        return;
    }
    read_members(options, answer, ret);
    answer_close(&answer);
}

static void start(struct question *q)
{
    struct buf url = buf_make(URL_MAX);
    enum err e = uri_fill(&url, q->options->url, &q->key);

    if (e)
        question_fail(q, "the URL template of discovery is %s", err_text(e));
    else
        question_get(q, url.at ? url.at : "");
    buf_clear(&url);
}

static void nothing(struct question *q)
{
    struct finding finding = {.kind = FINDING_NONE};

    question_end(q, &finding);
}

static void read_answer(struct question *q, struct span body)
{
    struct finding finding;

    registry_read(q->options, body, &finding);
    question_end(q, &finding);
}

const struct backend backend_http = {"http", start, nothing, read_answer};

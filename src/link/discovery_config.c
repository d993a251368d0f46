#include "link/discovery_backend.h"

#include "base/file.h"

#include <string.h>

static bool is_for(const struct listed_extension *x,
                   const struct extension_key *key)
{
    return strcmp(x->key.container, key->container) == 0 &&
           strcmp(x->key.point, key->point) == 0;
}

static void make(const struct listed_extension *x, struct finding *ret)
{
    struct buf secret = buf_make(SECRET_MAX);
    struct why why = {""};

    if (x->secret_file[0] == '\0')
        finding_make(ret, x->url, NULL, false);
    else if (file_read_secret(x->secret_file, &secret, &why))
        finding_fail(ret, "%s", why.text);
    else
        finding_make(ret, x->url, secret.at, false);
    buf_wipe(&secret);
}

static void start(struct question *q)
{
    const struct discovery_options *options = q->options;
    const struct listed_extension *match = NULL;
    struct finding finding = {.kind = FINDING_NONE};
    size_t matches = 0;

    for (size_t i = 0; i < options->listed_count; i++) {
        if (!is_for(&options->listed[i], &q->key))
            continue;
        match = &options->listed[i];
        matches++;
    }
    if (matches > 1)
        finding_fail(&finding, "inconsistent configuration: %zu extensions",
                     matches);
    else if (match)
        make(match, &finding);
    question_end(q, &finding);
}

const struct backend backend_config = {.source = "config", .start = start};

#include "model/gate_state.h"

const char gate_of_queue[] = ":";

const char *gate_kind_text(enum gate_kind kind)
{
    static const char *const words[GATE_KINDS] = {
        [GATE_NONE] = "",     [GATE_FULL] = "full", [GATE_CIRCUIT] = "circuit",
        [GATE_WAIT] = "wait", [GATE_GONE] = "gone", [GATE_PAUSED] = "paused",
    };

    return words[kind];
}

void gate_name(char ret[GATE_NAME_SIZE], const char *container,
               const char *point)
{
    (void)span_join(ret, GATE_NAME_SIZE,
                    (const char *const[]){container, ":", point, NULL});
}

enum err gate_name_read(struct span name, struct span *ret_container,
                        struct span *ret_point)
{
    struct span point = name, container = span_cut(&point, ':');

    /* One byte for the colon: "acme" alone is no gate. */
    if (!ident_is_name(container) || name.len == container.len ||
        (point.len > 0 && !ident_is_name(point)))
        return ERR_SYNTAX;
    *ret_container = container;
    *ret_point = point;
    return ERR_OK;
}

static bool read_kind(struct span word, enum gate_kind *ret)
{
    for (enum gate_kind k = GATE_FULL; k < GATE_KINDS; k++)
        if (span_is(word, gate_kind_text(k))) {
            *ret = k;
            return true;
        }
    return false;
}

static bool read_ms(struct span word, int64_t *ret)
{
    uint64_t n;

    if (!span_number(word, &n) || n > INT64_MAX)
        return false;
    *ret = (int64_t)n;
    return true;
}

enum err gate_state_read(struct span text, struct gate_state *ret)
{
    struct gate_state s = {.mark = span_of("-"), .why = span_of("")};
    uint64_t step;

    if (text.len == 0) {
        *ret = s;
        return ERR_OK;
    }
    if (!read_kind(span_cut(&text, ' '), &s.kind) ||
        !read_ms(span_cut(&text, ' '), &s.since_ms) ||
        !read_ms(span_cut(&text, ' '), &s.until_ms) ||
        !span_number(span_cut(&text, ' '), &step) || step > UINT32_MAX)
        return ERR_SYNTAX;
    s.step = (uint32_t)step;
    s.mark = span_cut(&text, ' ');
    s.why = text;
    if (s.mark.len == 0)
        return ERR_SYNTAX;
    *ret = s;
    return ERR_OK;
}

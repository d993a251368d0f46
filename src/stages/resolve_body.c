#include "stages/resolve_body.h"

enum { BODY_MAX = 64 << 10, BODY_USUAL = 8 << 10, PLACE_MAX = 1024 };

static bool is_sealed(const struct body_place *place)
{
    return place->seal && place->seal->count > 0;
}

/* Room from the start: a buffer that moves leaves copies of the secret. */
static enum err reserve(struct buf *b)
{
    static const char room[BODY_USUAL];
    enum err e = buf_add(b, room, sizeof room);

    buf_reset(b);
    return e;
}

/* No part can hold a line's end, so that no two places have one text. */
static enum err place_write(const struct body_place *place, struct buf *out)
{
    return buf_printf(out, "%s\n%s\n%s\n%.*s", place->prefix,
                      place->key->container, place->key->point,
                      (int)place->stamp.len, place->stamp.at);
}

static struct span name_of(const struct extension *x)
{
    return span_of(x ? x->url : "");
}

static enum err seal(const struct body_place *place, const struct extension *x,
                     struct span plain, struct buf *out)
{
    struct buf where = buf_make(PLACE_MAX);
    struct seal_label label = {.name = name_of(x)};
    enum err e = place_write(place, &where);

    label.place = buf_span(&where);
    if (!e)
        e = seal_write(place->seal, &label, plain, out);
    buf_clear(&where);
    return e;
}

enum err body_write(const struct body_place *place, const struct extension *x,
                    struct buf *out)
{
    struct buf plain = buf_make(BODY_MAX);
    enum err e = reserve(&plain);

    if (!e)
        e = extension_write(x, &plain);
    if (!e && is_sealed(place))
        e = seal(place, x, buf_span(&plain), out);
    else if (!e)
        e = buf_add(out, plain.at, plain.len);
    buf_wipe(&plain);
    return e;
}

static enum err open_sealed(const struct body_place *place, struct span body,
                            struct extension **ret)
{
    struct buf where = buf_make(PLACE_MAX), plain = buf_make(BODY_MAX);
    enum err e = place_write(place, &where);

    if (!e)
        e = seal_read(place->seal, buf_span(&where), body, &plain);
    if (!e)
        e = extension_read(buf_span(&plain), ret);
    buf_clear(&where);
    buf_wipe(&plain);
    if (!e && !seal_has_name(place->seal, body, name_of(*ret))) {
        extension_drop(ret);
        e = ERR_SYNTAX;
    }
    return e;
}

enum err body_read(const struct body_place *place, struct span body,
                   struct extension **ret)
{
    enum err e = is_sealed(place) ? open_sealed(place, body, ret)
                                  : extension_read(body, ret);

    return e == ERR_LIMIT ? ERR_SYNTAX : e;
}

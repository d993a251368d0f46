#include "link/redis_slot.h"

#include <string.h>

/* CRC-16/XMODEM. */
static unsigned crc16(struct span text)
{
    unsigned crc = 0;

    for (size_t i = 0; i < text.len; i++) {
        crc ^= (unsigned)(unsigned char)text.at[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc;
}

/* What stands in the first braces, unless that is nothing. */
static bool find_tag(struct span key, struct span *ret)
{
    struct span rest = key;

    (void)span_cut(&rest, '{');
    if (rest.len == 0 || !memchr(rest.at, '}', rest.len))
        return false;
    *ret = span_cut(&rest, '}');
    return ret->len > 0;
}

unsigned redis_slot(struct span key)
{
    struct span tag;

    return crc16(find_tag(key, &tag) ? tag : key) % REDIS_SLOTS;
}

bool redis_slot_of(int argc, const char *const *argv, const size_t *lens,
                   unsigned *ret)
{
    struct span word, tag;

    /* The text of a library is no key. */
    if (argc > 0 && strncmp(argv[0], "FUNCTION", 8) == 0)
        return false;
    for (int i = 1; i < argc; i++) {
        word = lens ? (struct span){argv[i], lens[i]} : span_of(argv[i]);
        if (find_tag(word, &tag)) {
            *ret = redis_slot(word);
            return true;
        }
    }
    return false;
}

bool redis_range_has(struct redis_range range, unsigned slot)
{
    return range.first <= slot && slot <= range.last;
}

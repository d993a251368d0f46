#include "link/info.h"

#include <string.h>

struct span info_field(struct span info, const char *name)
{
    size_t len = strlen(name);

    while (info.len > 0) {
        struct span line = span_cut(&info, '\n');

        if (line.len <= len || line.at[len] != ':' ||
            memcmp(line.at, name, len) != 0)
            continue;
        line = (struct span){line.at + len + 1, line.len - len - 1};
        return span_cut(&line, '\r');
    }
    return (struct span){"", 0};
}

#include "service/ops_address.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

enum { HOST_MAX = 256 };

static const char *split(const char *listen, char host[HOST_MAX])
{
    const char *colon = strrchr(listen, ':');
    size_t len = colon ? (size_t)(colon - listen) : 0;

    if (len > 1 && listen[0] == '[') {
        listen++;
        len -= 2;
    }
    (void)snprintf(host, HOST_MAX, "%.*s", (int)len, listen);
    return colon ? colon + 1 : "";
}

enum err ops_address_find(const char *listen, struct addrinfo **ret,
                          struct why *why)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV};
    char host[HOST_MAX];
    const char *port = split(listen, host);
    int failed = getaddrinfo(host, port, &hints, ret);

    if (!failed)
        return ERR_OK;
    return why_set(why, ERR_CONFIG,
                   "ops.listen: %s: %s: name an address of this host", host,
                   gai_strerror(failed));
}

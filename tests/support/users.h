/* A Redis with the users of deploy/redis/users.acl, whose passwords are their
 * names, and a default user that may do everything, for the test itself. */
#ifndef EXTQ_SUPPORT_USERS_H
#define EXTQ_SUPPORT_USERS_H

#include "link/redis_sync.h"
#include "support/redis_server.h"
#include "support/temp.h"

enum {
    ROLES = 5,
    ROLE_PRODUCER = 0,
    ROLE_SERVICE,
    ROLE_OPERATOR,
    ROLE_READER,
    ROLE_ADMIN,
};

struct users {
    struct temp_path dir, file; /* the ACL file that the server has */
    struct redis_server *server;
    int port; /* of the server, on 127.0.0.1 */
};

/* Their names. */
extern const char *const users_roles[ROLES];

struct users users_open(void);
void users_close(struct users *u);

/* The file as it is shipped; the caller frees it. */
char *users_shipped(void);

/* NULL, and *why says so, when that is refused. */
struct redis_sync *users_connect(const struct users *u, const char *role,
                                 const char *password, struct why *why);

#endif

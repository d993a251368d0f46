#include "support/wire_reply.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdint.h>
#include <string.h>

const struct reply *wire_reply(const char *wire)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    ck_assert_ptr_nonnull(reader);
    ck_assert_int_eq(redisReaderFeed(reader, wire, strlen(wire)), REDIS_OK);
    ck_assert_int_eq(redisReaderGetReply(reader, &reply), REDIS_OK);
    ck_assert_ptr_nonnull(reply);
    redisReaderFree(reader);
    return reply;
}

void wire_reply_drop(const struct reply *reply)
{
    freeReplyObject((void *)(uintptr_t)reply);
}

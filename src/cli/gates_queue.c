#include "cli/gates_queue.h"

#include "link/keys.h"

enum err gates_queue_pause(struct connection *c, const char *queue,
                           struct gate_row *ret, const struct reply **ret_reply)
{
    struct queue_keys keys;
    enum err e;

    *ret = (struct gate_row){.queue = queue};
    (void)span_copy(span_of(gate_of_queue), ret->name, sizeof ret->name);
    keys_of_queue(&keys, c->config->prefix, queue);
    e = redis_ask_words(c->redis, ret_reply, "HGET", keys.gates, gate_of_queue,
                        NULL);
    if (e || reply_kind(*ret_reply) == REPLY_ERROR)
        return e ? e : ERR_REPLY;
    if (reply_kind(*ret_reply) != REPLY_NIL)
        gate_row_read(ret, reply_span(*ret_reply));
    return ERR_OK;
}

/* The least that Redis has to do for a job that may not be lost: claim it and
 * remember it, then forget it and write a short outcome; in batches, by
 * functions, over one connection.
 *
 *     bare_redis PORT JOBS
 *
 * Works off the bench's queue, notes in extq:{default}:bare how many jobs it
 * had, and ends. */
#include "bare.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 64, NUMBER_MAX = 24 };

static const char library[] =
    "#!lua name=bare\n"
    "redis.register_function('bare_claim', function(keys, args)\n"
    "  local jobs = redis.call('RPOP', keys[1], args[1]) or {}\n"
    "  if #jobs == 0 then return jobs end\n"
    "  local seq = redis.call('INCRBY', keys[3], #jobs) - #jobs\n"
    "  local set = {}\n"
    "  for i, job in ipairs(jobs) do\n"
    "    set[#set + 1] = seq + i\n"
    "    set[#set + 1] = job\n"
    "  end\n"
    "  redis.call('HSET', keys[2], unpack(set))\n"
    "  return set\n"
    "end)\n"
    "redis.register_function('bare_finish', function(keys, args)\n"
    "  redis.call('HDEL', keys[1], unpack(args))\n"
    "  for _, seq in ipairs(args) do\n"
    "    redis.call('XADD', keys[2], 'MAXLEN', '~', 100000, '*', 'id', seq,\n"
    "      'status', 200, 'us', 1000)\n"
    "  end\n"
    "end)\n";

static const char jobs_key[] = "extq:{default}:jobs";
static const char held_key[] = "extq:{default}:bare-held";
static const char count_key[] = "extq:{default}:bare";
static const char outcomes_key[] = "extq:{default}:outcomes";

/* Claims a batch and copies the numbers of its jobs. */
static size_t claim(struct redis_sync *r, char numbers[BATCH][NUMBER_MAX])
{
    const struct reply *reply = NULL;
    char count[NUMBER_MAX];
    enum err e;

    (void)snprintf(count, sizeof count, "%d", (int)BATCH);
    e = redis_ask_words(r, &reply, "FCALL", "bare_claim", "3", jobs_key,
                        held_key, count_key, count, NULL);
    reply = bare_checked(e, reply);
    for (size_t i = 0; 2 * i < reply_count(reply); i++)
        (void)snprintf(numbers[i], NUMBER_MAX, "%lld",
                       (long long)reply_number(reply_at(reply, 2 * i)));
    return reply_count(reply) / 2;
}

static void finish(struct redis_sync *r, char numbers[BATCH][NUMBER_MAX],
                   size_t count)
{
    const char *argv[BATCH + 5] = {"FCALL", "bare_finish", "2", held_key,
                                   outcomes_key};
    const struct reply *reply = NULL;
    size_t lens[BATCH + 5];
    enum err e;

    for (size_t i = 0; i < count; i++)
        argv[i + 5] = numbers[i];
    for (size_t i = 0; i < count + 5; i++)
        lens[i] = span_of(argv[i]).len;
    e = redis_ask(r, (int)count + 5, argv, lens, &reply);
    (void)bare_checked(e, reply);
}

int main(int argc, char **argv)
{
    const struct reply *reply = NULL;
    char numbers[BATCH][NUMBER_MAX];
    struct redis_sync *r;
    size_t count, left;
    enum err e;

    if (argc != 3)
        bare_give_up("needs PORT JOBS");
    (void)signal(SIGPIPE, SIG_IGN);
    r = bare_open(argv[1]);
    e = redis_ask_words(r, &reply, "FUNCTION", "LOAD", "REPLACE", library,
                        NULL);
    (void)bare_checked(e, reply);
    for (left = strtoul(argv[2], NULL, 10); left > 0; left -= count) {
        count = claim(r, numbers);
        if (count == 0)
            bare_give_up("the queue holds less");
        finish(r, numbers, count);
    }
    redis_sync_close(&r);
    return 0;
}

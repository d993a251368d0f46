#include "faults/answers.h"

/* Not carried out: Redis, or a proxy in front of it, says why. */
#define REFUSED(name_, text_)                                                  \
    {                                                                          \
        .name = (name_), .when = PROXY_BEFORE, .act = PROXY_REPLACE,           \
        .text = "-" text_ "\r\n"                                               \
    }

/* Carried out, and answered with this. */
#define ANSWERED(name_, text_)                                                 \
    {                                                                          \
        .name = (name_), .when = PROXY_AFTER, .act = PROXY_REPLACE,            \
        .text = (text_)                                                        \
    }

#define LOST(name_, when_, act_, ms_)                                          \
    {                                                                          \
        .name = (name_), .when = (when_), .act = (act_), .ms = (ms_)           \
    }

const struct wrong_answer wrong_answers[] = {
    REFUSED("LOADING", "LOADING Redis is loading the dataset in memory"),
    REFUSED("READONLY",
            "READONLY You can't write against a read only replica."),
    REFUSED("ERR READONLY", "ERR READONLY You can't write against a replica"),
    REFUSED("UNBLOCKED", "UNBLOCKED force unblock from blocking operation, "
                         "instance state changed (master -> replica?)"),
    REFUSED("MASTERDOWN", "MASTERDOWN Link with MASTER is down and "
                          "replica-serve-stale-data is set to 'no'."),
    REFUSED("MISCONF", "MISCONF Redis is configured to save RDB snapshots, "
                       "but it's currently unable to persist to disk."),
    REFUSED("OOM", "OOM command not allowed when used memory > 'maxmemory'."),
    REFUSED("NOSCRIPT", "NOSCRIPT No matching script. Please use EVAL."),
    REFUSED("no function", "ERR Function not found"),
    REFUSED("BUSY", "BUSY Redis is busy running a script. You can only call "
                    "FUNCTION KILL or SHUTDOWN NOSAVE."),
    REFUSED("NOREPLICAS", "NOREPLICAS Not enough good replicas to write."),
    REFUSED("CLUSTERDOWN", "CLUSTERDOWN Hash slot not served"),
    REFUSED("MOVED", "MOVED 3999 127.0.0.1:6381"),
    REFUSED("ASK", "ASK 3999 127.0.0.1:6381"),
    REFUSED("TRYAGAIN", "TRYAGAIN Multiple keys request during rehashing of "
                        "slot"),
    REFUSED("CROSSSLOT",
            "CROSSSLOT Keys in request don't hash to the same slot"),
    REFUSED("NOAUTH", "NOAUTH Authentication required."),
    REFUSED("WRONGPASS",
            "WRONGPASS invalid username-password pair or user is disabled."),
    REFUSED("NOPERM", "NOPERM this user has no permissions to run the 'fcall' "
                      "command"),
    REFUSED("DENIED", "DENIED Redis is running in protected mode"),
    REFUSED("EXECABORT",
            "EXECABORT Transaction discarded because of previous errors."),
    REFUSED("WRONGTYPE", "WRONGTYPE Operation against a key holding the wrong "
                         "kind of value"),
    REFUSED("BUSYGROUP", "BUSYGROUP Consumer Group name already exists"),
    REFUSED("max clients", "ERR max number of clients reached"),
    REFUSED("IOERR", "IOERR error or timeout reading to target instance"),
    REFUSED("ERR", "ERR something that nobody has thought of"),
    ANSWERED("ERR after", "-ERR upstream failure\r\n"),
    ANSWERED("IOERR after", "-IOERR error or timeout\r\n"),
    ANSWERED("nil", "$-1\r\n"),
    ANSWERED("nil list", "*-1\r\n"),
    ANSWERED("number", ":1\r\n"),
    ANSWERED("status", "+OK\r\n"),
    ANSWERED("empty list", "*0\r\n"),
    ANSWERED("empty text", "$0\r\n\r\n"),
    ANSWERED("deep", "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"
                     "*1\r\n*1\r\n*1\r\n:1\r\n"),
    ANSWERED("huge", "$1000000000\r\nx"),
    ANSWERED("huge list", "*100000000\r\n"),
    ANSWERED("garbage", "?what\r\n"),
    LOST("swallowed", PROXY_AFTER, PROXY_SWALLOW, 0),
    LOST("a bit late", PROXY_AFTER, PROXY_DELAY, 300),
    LOST("too late", PROXY_AFTER, PROXY_DELAY, 1500),
    LOST("truncated", PROXY_AFTER, PROXY_TRUNCATE, 0),
    LOST("dripping", PROXY_AFTER, PROXY_DRIP, 1),
    LOST("reset before", PROXY_BEFORE, PROXY_RESET, 0),
    LOST("reset after", PROXY_AFTER, PROXY_RESET, 0),
    LOST("half open before", PROXY_BEFORE, PROXY_HALF_OPEN, 0),
    LOST("half open after", PROXY_AFTER, PROXY_HALF_OPEN, 0),
    LOST("cut up", PROXY_BEFORE, PROXY_CUT_UP, 0),
};

const size_t wrong_answer_count = sizeof wrong_answers / sizeof *wrong_answers;

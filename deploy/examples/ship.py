#!/usr/bin/env python3
"""Ships outcomes to a log store: ship.py NAME > /var/log/extq.jsonl. Needs
python3-redis; the Redis user extq-reader is enough.

A member of the group "logs" of the outcome stream, as many as you like, each
under a name of its own that stays the same. JSON Lines on stdout, for Vector,
Fluent Bit, promtail or a pipe. An entry is acknowledged once it is written:
each arrives at least once, whoever is killed in between; drop doubles by
`stream_id`. What the stream's bound trimmed before it was read is lost, and
said on stderr: read on, or raise `outcomes.max`."""

import json
import os
import sys
import time

import redis

URL = os.environ.get("REDIS_URL", "redis://127.0.0.1:6379")
STREAM = os.environ.get("STREAM", "extq:{default}:outcomes")
GROUP = "logs"
COUNT, BLOCK_MS, ABANDONED_MS = 500, 5000, 60000


def join(client):
    """From the stream's first entry on; somebody else may have done it."""
    try:
        client.xgroup_create(STREAM, GROUP, "0", mkstream=True)
    except redis.exceptions.ResponseError as error:
        if not str(error).startswith("BUSYGROUP"):
            raise


def ship(client, entries):
    """Writes them, then says so: never the other way round."""
    for stream_id, fields in entries:
        if fields:
            print(json.dumps({"stream_id": stream_id, **fields}))
        else:
            print(f"{stream_id} was trimmed unread", file=sys.stderr)
    sys.stdout.flush()
    if entries:
        client.xack(STREAM, GROUP, *(stream_id for stream_id, _ in entries))


def read(client, name):
    """First what this member took and did not acknowledge when it ended."""
    behind = "0"
    while True:
        # What others took and never acknowledged: they are gone.
        ship(client, client.xautoclaim(STREAM, GROUP, name, ABANDONED_MS,
                                       count=COUNT)[1])
        answer = client.xreadgroup(GROUP, name, {STREAM: behind}, count=COUNT,
                                   block=BLOCK_MS)
        entries = answer[0][1] if answer else []
        ship(client, entries)
        behind = entries[-1][0] if entries and behind != ">" else ">"


def main():
    name = sys.argv[1] if len(sys.argv) == 2 else ""
    if not name:
        sys.exit("usage: ship.py NAME")
    client = redis.Redis.from_url(URL, socket_timeout=2 * BLOCK_MS / 1000,
                                  decode_responses=True,
                                  encoding_errors="replace")
    while True:
        try:
            join(client)
            read(client, name)
        except (redis.exceptions.ConnectionError,
                redis.exceptions.TimeoutError) as error:
            print(f"Redis is away: {error}", file=sys.stderr)
        except redis.exceptions.ResponseError as error:
            # LOADING, READONLY and a stream that was deleted pass; the rest
            # is for people.
            if not str(error).startswith(("LOADING", "READONLY", "NOGROUP",
                                          "UNBLOCKED", "OOM")):
                sys.exit(f"Redis refuses: {error}")
            print(f"Redis refuses: {error}", file=sys.stderr)
        time.sleep(1)


if __name__ == "__main__":
    try:
        main()
    except (KeyboardInterrupt, BrokenPipeError):
        sys.exit(1)

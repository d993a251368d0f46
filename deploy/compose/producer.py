#!/usr/bin/env python3
"""Enqueues made-up events: producer.py COUNT [PER_SECOND [PAYLOAD]], for the
tenants of $TENANTS in turn. Prints the id of each job that Redis acknowledged.
No answer means maybe: again, with the same id, until there is one."""

import json
import os
import sys
import time
import uuid

import redis

TENANTS = os.environ["TENANTS"].split(",")
LIMIT_S = 120


def connect():
    with open("/run/secrets/redis-producer", encoding="ascii") as file:
        password = file.read().strip()
    return redis.Redis(host="redis", username="extq-producer",
                       password=password, socket_timeout=5)


def enqueue(link, job):
    text, until = json.dumps(job), time.monotonic() + LIMIT_S
    while True:
        try:
            link.lpush("extq:{default}:jobs", text)
            print(job["id"], flush=True)
            return
        except (redis.ConnectionError, redis.TimeoutError) as error:
            if time.monotonic() > until:
                sys.exit(f"given up on {job['id']}: {error}")
            print(f"{job['id']} again: {error}", file=sys.stderr)
            time.sleep(0.5)


def main():
    count = int(sys.argv[1])
    pause_s = 1 / float(sys.argv[2]) if len(sys.argv) > 2 else 0
    payload = json.loads(sys.argv[3]) if len(sys.argv) > 3 else {}
    link, run = connect(), uuid.uuid4().hex[:12]
    for n in range(count):
        enqueue(link, {"id": f"{run}-{n}", "point": "on-new-lead",
                       "container": TENANTS[n % len(TENANTS)],
                       "payload": dict(payload, lead=f"L-{n}")})
        time.sleep(pause_s)


if __name__ == "__main__":
    main()

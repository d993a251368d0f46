#!/usr/bin/env python3
"""A producer with redis-py: producer.py ID. Needs python3-redis."""
import json, os, sys, time
import redis

r = redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://127.0.0.1:6379"),
                         socket_timeout=5)
job = {"id": sys.argv[1],           # yours: the same for the same event
       "container": "acme", "point": "on-new-lead",
       "payload": {"lead": {"name": "Ada"}}}
for attempt in range(5):
    try:
        r.lpush("extq:{default}:jobs", json.dumps(job))
        print(job["id"])
        sys.exit(0)
    except (redis.ConnectionError, redis.TimeoutError) as e:
        print("no answer, so maybe; again with the same id:", e,
              file=sys.stderr)
        time.sleep(1)
    except redis.ResponseError as e:    # OOM: full, and not enqueued
        sys.exit(f"not enqueued: {e}")
sys.exit("given up: enqueue it later, with the same id")

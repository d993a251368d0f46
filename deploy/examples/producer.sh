#!/bin/sh
# A producer with redis-cli: producer.sh ID. Needs redis-tools.
id=$1 # yours: the same for the same event
job='{"id":"'$id'","container":"acme","point":"on-new-lead",'
job=$job'"payload":{"lead":{"name":"Ada"}}}'
for attempt in 1 2 3 4 5; do
  # The job on stdin: the arguments of a program are there for all to read.
  answer=$(printf %s "$job" | timeout 5 redis-cli \
    -u "${REDIS_URL:-redis://127.0.0.1:6379}" -x \
    LPUSH 'extq:{default}:jobs' 2>&1)
  case $answer in
  [0-9]*) echo "$id"; exit 0 ;;
  *OOM* | *NOPERM* | *NOAUTH* | *WRONG*) # full, or not allowed: not enqueued
    echo "not enqueued: $answer" >&2; exit 1 ;;
  esac
  echo "try $attempt: no answer, so maybe; again with the same id: $answer" >&2
  sleep 1
done
echo "given up: enqueue it later, with the same id" >&2
exit 1

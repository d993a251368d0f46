#!/usr/bin/env ruby
# A producer with redis-rb: producer.rb ID. Needs ruby-redis.
require "json"
require "redis"

redis = Redis.new(url: ENV["REDIS_URL"], timeout: 5, reconnect_attempts: 0)
job = { id: ARGV[0],                # yours: the same for the same event
        container: "acme", point: "on-new-lead",
        payload: { lead: { name: "Ada" } } }
5.times do
  redis.lpush("extq:{default}:jobs", JSON.generate(job))
  puts job[:id]
  exit 0
rescue Redis::CommandError => e     # OOM: full, and not enqueued
  abort "not enqueued: #{e.message}"
rescue Redis::BaseConnectionError => e
  warn "no answer, so maybe; again with the same id: #{e.message}"
  sleep 1
end
abort "given up: enqueue it later, with the same id"

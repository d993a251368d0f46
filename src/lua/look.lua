-- What monitoring asks once a second: lengths alone, nothing is moved.

-- More gates than this are not added up: Redis serves nobody else meanwhile.
local GATES_MOST = 2000

-- The jobs parked at all gates, or -1 when these are too many.
local function parked_jobs(gates, parked)
  local count = 0
  if redis.call('HLEN', gates) > GATES_MOST then
    return -1
  end
  for _, gate in ipairs(redis.call('HKEYS', gates)) do
    if string.sub(gate, 1, 1) ~= ':' then
      count = count + redis.call('LLEN', parked .. gate)
    end
  end
  return count
end

-- KEYS jobs later dead outcomes suspects meta held parked gates
-- {waiting, later, dead, outcomes, suspects, dropped from dead, held, parked or
-- -1, due, age of the oldest that is due in ms, 1 when it is paused, how long the
-- first of those waiting did at least in ms}
local function look(keys)
  local now = now_ms()
  local oldest = redis.call('ZRANGE', keys[2], 0, 0, 'WITHSCORES')[2]
  local age = oldest and math.max(0, now - oldest) or 0
  local waiting = redis.call('LLEN', keys[1])
  local meta = redis.call('HMGET', keys[6], 'dead_dropped', 'seq', 'seen')
  return {
    waiting, redis.call('ZCARD', keys[2]),
    redis.call('XLEN', keys[3]), redis.call('XLEN', keys[4]),
    redis.call('LLEN', keys[5]),
    tonumber(meta[1] or 0),
    redis.call('HLEN', keys[7]), parked_jobs(keys[9], keys[8]),
    redis.call('ZCOUNT', keys[2], '-inf', text(now)), age,
    is_paused(keys[9], now) and 1 or 0,
    waited(meta[2], meta[3], waiting, now),
  }
end

register('look', look)

-- Leases: who is alive, and what the dead held.

-- What else was put off until a time goes back with the clock where it is worth
-- the work; `behind` in `meta` is how far it has to.
local WORTH_MS, PAGE = 60000, 64

-- Where the clock went back, leases go with it: those of dead processes would
-- otherwise run until it is there again. Looked at before any lease is written
-- by the new time. Returns whether they did, how far behind the rest is, and what
-- else was asked for at once: when jobs were seen waiting.
local function follow_clock(leases, meta, alone, now)
  local last = redis.call('HMGET', meta, 'clock', 'behind', 'seen')
  local back, behind = (last[1] or now) - now, tonumber(last[2] or 0)
  redis.call('HSET', meta, 'clock', text(now))
  if back < 1000 then
    return false, behind, last[3]
  end
  local all = redis.call('ZRANGE', leases, '(0', '+inf', 'BYSCORE',
    'WITHSCORES')
  for i = 1, #all, 2 do
    redis.call('ZADD', leases, text(all[i + 1] - back), all[i])
  end
  redis.call('DEL', alone)
  if back >= WORTH_MS then
    behind = redis.call('HINCRBY', meta, 'behind', text(back))
  end
  return true, behind, last[3]
end

-- Those that wait for their time: each goes back by the same, so that no rank
-- changes meanwhile. Those that may not run before are put back by their worker.
local function shift_later(later, behind)
  local at = 0
  repeat
    local some = redis.call('ZRANGE', later, at, at + PAGE - 1, 'WITHSCORES')
    for i = 1, #some, 2 do
      redis.call('ZADD', later, text(some[i + 1] - behind), some[i])
    end
    at = at + PAGE
  until #some < 2 * PAGE
end

-- Gates that were shut by the old time.
local function shift_gates(gates, changes, behind, now)
  local names = redis.call('HKEYS', gates)
  table.sort(names)
  for _, gate in ipairs(names) do
    local state = not string.find(gate, '^:.') and state_of(gates, gate)
    if state and state.since > now then
      state.since = state.since - behind
      state.ends = state.ends > 0 and math.max(state.ends - behind, 1) or 0
      set_state(gates, changes, gate, state)
    end
  end
end

local function shift(keys, behind, now)
  redis.call('HDEL', keys[5], 'behind')
  shift_later(keys[2], behind)
  shift_gates(keys[8], keys[9], behind, now)
end

-- Who came, did not leave and has no lease: somebody deleted `leases`. A sweep
-- gives back what they held.
local function end_unleased(leases, services)
  for _, epoch in ipairs(redis.call('HKEYS', services)) do
    if not string.find(epoch, ':', 1, true) then
      redis.call('ZADD', leases, 'NX', 0, epoch)
    end
  end
end

-- KEYS meta leases services alone; ARGV lease_ms about
-- A new epoch with a running lease: {epoch, now}. The microseconds make it
-- unique even when a failover lost the counter's last steps.
local function join(keys, args)
  local us = now_us()
  local now = math.floor(us / 1000)
  follow_clock(keys[2], keys[1], keys[4], now)
  end_unleased(keys[2], keys[3])
  local count = redis.call('HINCRBY', keys[1], 'epoch', 1)
  local epoch = string.format('%d-%.0f', count, us)
  redis.call('ZADD', keys[2], now + tonumber(args[1]), epoch)
  redis.call('HSET', keys[3], epoch, args[2])
  return {epoch, text(now)}
end

-- All leases: how many there are, how many of them come before this epoch's, in
-- an order that stays, those that ended, at most 16, and when its own ends.
local function read_leases(leases, epoch, now)
  local all = redis.call('ZRANGE', leases, 0, -1, 'WITHSCORES')
  local count, rank, ended, ends = 0, 0, {}, 0
  for i = 1, #all, 2 do
    local score = tonumber(all[i + 1])
    if all[i] == epoch then
      ends = score
    elseif score <= now and #ended < 16 then
      ended[#ended + 1] = all[i]
    end
    if score > 0 then
      count, rank = count + 1, rank + (all[i] < epoch and 1 or 0)
    end
  end
  return {count = count, rank = rank, ended = ended, ends = ends}
end

-- How many are due, and when the next one is, or '-1'.
local function read_later(later, now)
  local first = redis.call('ZRANGE', later, 0, 0, 'WITHSCORES')[2]
  if not first or tonumber(first) > now then
    return 0, first or '-1'
  end
  local next_due = redis.call('ZRANGE', later, '(' .. text(now), '+inf',
    'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  return redis.call('ZCOUNT', later, '-inf', text(now)), next_due or '-1'
end

-- KEYS leases later jobs dead meta suspects alone gates changes
-- ARGV epoch lease_ms sweep dead_min_id alone
-- Renews the lease, and tells what there is to do: {1, now, waiting, due, next
-- due or -1, isolate, version of the gates, services, our rank among them from
-- 0, ended epochs...}. With sweep, and if this one had more than
-- a quarter left, leases that ran out are taken, and their epochs named. isolate = 1:
-- suspects wait, and it is this epoch's turn to run them; with alone = 0 it does
-- not take a turn. {0, now}, and nothing else, when it was taken itself. With
-- dead_min_id '' the dead are not looked at. Asked all the time: little is
-- called while there is nothing.
local function tick(keys, args)
  local now = now_ms()
  local is = read_leases(keys[1], args[1], now)
  local lives = is.ends - now > args[2] / 4
  if is.ends <= 0 then
    return {0, text(now)}
  end
  local moved, behind, seen = follow_clock(keys[1], keys[5], keys[7], now)
  if moved then
    is = read_leases(keys[1], args[1], now)
  end
  if behind > 0 then
    shift(keys, behind, now)
  end
  redis.call('ZADD', keys[1], now + tonumber(args[2]), args[1])
  local due, next_due = read_later(keys[2], now)
  local some = redis.call('EXISTS', keys[3], keys[6]) > 0
  local waiting = some and redis.call('LLEN', keys[3]) or 0
  if seen or waiting > 0 then
    note_waiting(keys[5], seen, waiting, now)
  end
  local reply = {
    1, text(now), waiting, due, next_due, 0,
    version_of(keys[8]), is.count, is.rank,
  }
  if some and args[5] == '1' and redis.call('LLEN', keys[6]) > 0 and
    not is_paused(keys[8], now) then
    redis.call('SET', keys[7], args[1], 'NX', 'PX', args[2])
    reply[6] = redis.call('GET', keys[7]) == args[1] and 1 or 0
  end
  local dropped = args[4] ~= '' and
    redis.call('XTRIM', keys[4], 'MINID', args[4]) or 0
  if dropped > 0 then
    redis.call('HINCRBY', keys[5], 'dead_dropped', dropped)
  end
  -- Leases are renewed with three quarters left. Where our own was near its end,
  -- the clock jumped or nobody could renew: those of others, who live, may have
  -- run out.
  if args[3] == '1' and lives then
    for _, epoch in ipairs(is.ended) do
      redis.call('ZADD', keys[1], 0, epoch)
      reply[#reply + 1] = epoch
    end
  end
  return reply
end

-- Back to claimable, due by its age, so that the oldest is claimed first; and
-- not later than now, where the clock that it was stamped by was ahead.
local function give_back(keys, field, record)
  local first_ms = string.match(record, '^%S+ %S+ %S+ %S+ (%d+)')
  redis.call('HDEL', keys[1], field)
  redis.call('ZADD', keys[2], text(math.min(first_ms or 0, now_ms())), record)
end

local function forget_service(services, epoch)
  for _, field in ipairs(redis.call('HKEYS', services)) do
    if field == epoch or string.sub(field, 1, #epoch + 1) == epoch .. ':' then
      redis.call('HDEL', services, field)
    end
  end
end

-- KEYS held later leases services; ARGV epoch count mine
-- Moves up to about `count` jobs, or enough, of an ended epoch back; mine = 1
-- ends the epoch first. Returns how many stay behind; at 0 the epoch is gone.
local function release(keys, args)
  if args[3] == '1' then
    redis.call('ZADD', keys[3], 0, args[1])
  elseif owns(keys[3], args[1]) then
    return redis.error_reply('ERR the lease of this epoch was not taken')
  end
  local cursor, moved, bytes = '0', 0, 0
  repeat
    -- Each call scans from the start, where earlier ones left empty buckets:
    -- one step may find nothing.
    local reply = redis.call('HSCAN', keys[1], cursor, 'COUNT', STEP)
    local some = reply[2]
    cursor = reply[1]
    for i = 1, #some, 2 do
      give_back(keys, some[i], held_record(some[i], some[i + 1]))
      bytes = bytes + #some[i + 1]
    end
    moved = moved + #some / 2
  until cursor == '0' or moved >= tonumber(args[2]) or bytes >= ENOUGH
  local left = redis.call('HLEN', keys[1])
  if left == 0 then
    redis.call('ZREM', keys[3], args[1])
    forget_service(keys[4], args[1])
  end
  return left
end

-- The record as it was before its last claim.
local function uncounted(record)
  local _, stop, seq, claims = string.find(record, '^(%d[%d-]*) ([1-9]%d*) ')
  if not stop then
    return record
  end
  return seq .. ' ' .. (claims - 1) .. ' ' .. string.sub(record, stop + 1)
end

-- KEYS held later leases services; ARGV epoch tag generation known fields...
-- After a claim whose reply was lost: gives back what the worker `tag` holds
-- without knowing it. Returns {generation, more}: the worker's new generation,
-- for claims of an older one, which may still be on the wire, are refused; and
-- more = 1 when this was enough for one call. Nothing but {its generation, 1}
-- is returned to a call that does not know it: such a call may have come late,
-- and be ignorant of jobs claimed since. Claims that are given back do not count:
-- their worker lives.
local function recover(keys, args)
  if not owns(keys[3], args[1]) then
    return redis.error_reply(LOST)
  end
  local generation = generation_field(args[1], args[2])
  local current = redis.call('HGET', keys[4], generation) or '0'
  if args[3] ~= current then
    return {tonumber(current), 1}
  end
  local known, prefix, bytes, more = {}, args[2] .. ':', 0, 0
  for i = 4, #args do
    known[args[i]] = true
  end
  for _, field in ipairs(redis.call('HKEYS', keys[1])) do
    if not known[field] and string.sub(field, 1, #prefix) == prefix then
      if bytes >= ENOUGH then
        more = 1
        break
      end
      local record = held_record(field, redis.call('HGET', keys[1], field))
      bytes = bytes + #record
      give_back(keys, field, uncounted(record))
    end
  end
  return {redis.call('HINCRBY', keys[4], generation, 1), more}
end

register('join', join)
register('tick', tick)
register('release', release)
register('recover', recover)

-- Claims: from what waits to what is held.

-- A record's next claim: its field and its text. What is no record (somebody
-- wrote into our keys) gets a field too, and the worker buries it.
local function claimed(record, tag, tail)
  local _, stop, seq, claims = string.find(record, '^(%d[%d-]*) (%d+) ')
  if not stop or #seq > 48 then
    return tag .. '?' .. redis.sha1hex(record) .. tail, record, 1
  end
  claims = claims + 1
  return tag .. seq .. tail,
    seq .. ' ' .. claims .. ' ' .. string.sub(record, stop + 1), claims
end

-- True while the epoch may claim; otherwise the error to answer.
local function may_claim(leases, services, epoch, tag, generation)
  if not owns(leases, epoch) then
    return false, redis.error_reply(LOST)
  end
  local field = generation_field(epoch, tag)
  if generation ~= (redis.call('HGET', services, field) or '0') then
    return false, redis.error_reply('GENERATION this claim was given up')
  end
  return true
end

-- Jobs whose workers died are suspects: the more deaths, the fewer of them are
-- claimed together, so that those that only flew along part from the one that
-- kills. With alone_from claims a job waits to be run with nothing beside it.
-- Returns 'alone' then, 'apart' where there are enough of its kind in `crowd`.
local function suspect(crowd, claims, alone_from)
  crowd[claims] = (crowd[claims] or 0) + 1
  if claims >= alone_from then
    return 'alone'
  elseif claims > 1 and crowd[claims] > 4 ^ (alone_from - claims) then
    return 'apart'
  end
end

-- Calls more(how many are there, how many at most) for further elements until
-- there are `count`, or enough, or no more. `bytes` were gathered before; returns
-- how many are now.
local function gather(count, more, bytes)
  local all = {}
  while #all < count and bytes < ENOUGH do
    local some = more(#all, math.min(STEP, count - #all)) or {}
    for _, text in ipairs(some) do
      all[#all + 1] = text
      bytes = bytes + #text
    end
    if #some < STEP then
      break
    end
  end
  return all, bytes
end

-- KEYS jobs later held leases meta services suspects gates
-- ARGV epoch count due_count tag generation alone_from
-- Takes up to `count` jobs, of them `due_count` from those due, or more where
-- fresh ones are few.
-- Returns {now, how many were due, {field, record, ...}, version of the gates}.
-- A held job's field is '<tag>:<seq>' plus, for one that was due, the claim's
-- own microseconds, so that no two claims of a job share a field.
local function claim(keys, args)
  local us = now_us()
  local now = text(math.floor(us / 1000))
  local may, refusal = may_claim(keys[4], keys[6], args[1], args[4], args[5])
  if not may then
    return refusal
  end
  local tag, set = args[4] .. ':', {}
  local tail = string.format('-%.0f', us % 1000000000)
  local count, waiting = tonumber(args[2]), redis.call('LLEN', keys[1])
  local most = math.max(tonumber(args[3]), count - waiting)
  local due = gather(math.min(most, count), function(at, step)
    return redis.call('ZRANGE', keys[2], '-inf', now, 'BYSCORE', 'LIMIT', at,
      step)
  end, 0)
  -- A key of a wrong type is an error before anything has moved.
  local rest, base = math.min(count - #due, waiting), 0
  if rest > 0 then
    base = redis.call('HINCRBY', keys[5], 'seq', rest) - rest
  end
  redis.call('LLEN', keys[7])
  local version = version_of(keys[8])
  if #due > 0 then
    redis.call('ZREM', keys[2], unpack(due))
  end
  local alone_from, crowd = tonumber(args[6]), {}
  for _, record in ipairs(due) do
    local field, bumped, claims = claimed(record, tag, tail)
    local fate = suspect(crowd, claims, alone_from)
    if fate == 'alone' then
      redis.call('RPUSH', keys[7], record)
    elseif fate == 'apart' then
      redis.call('ZADD', keys[2], now + 200, record)
    else
      set[#set + 1] = field
      set[#set + 1] = bumped
    end
  end
  if rest > 0 then
    local fresh = gather(rest, function(_, step)
      return redis.call('RPOP', keys[1], step)
    end, 0)
    local head = ' 1 0 0 ' .. now .. ' -\n'
    for i, job in ipairs(fresh) do
      local seq = (base + i) .. tail
      set[#set + 1] = tag .. seq
      set[#set + 1] = seq .. head .. job
    end
  end
  if #set > 0 then
    redis.call('HSET', keys[3], unpack(set))
  end
  return {now, #due, set, version}
end

-- KEYS held leases services suspects; ARGV epoch tag generation
-- One suspect, for a process that has nothing else in flight; as claim.
local function isolate(keys, args)
  local us = now_us()
  local may, refusal = may_claim(keys[2], keys[3], args[1], args[2], args[3])
  if not may then
    return refusal
  end
  local set = {}
  local record = redis.call('LPOP', keys[4])
  if record then
    local tail = string.format('-%.0f', us % 1000000000)
    set[1], set[2] = claimed(record, args[2] .. ':', tail)
    redis.call('HSET', keys[1], set[1], set[2])
  end
  return {text(math.floor(us / 1000)), 0, set}
end

register('claim', claim)
register('isolate', isolate)

-- Claims: from what waits to what is held.

-- What the field of a later claim ends with.
local function tail_of(us)
  return string.format('+%.0f', us % 1000000000)
end

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

-- What is answered for a paused queue, of which nothing is taken: who does not
-- know of it yet finds it below that version, unless somebody wrote it by hand.
local function paused(gates)
  return redis.error_reply('PAUSED ' .. version_of(gates))
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

-- How large jobs are shows only when they were taken. So behind a large one they
-- are taken one by one, then few at once, and many when so many in a row were
-- small: of all queues, and remembered from call to call.
local MANY, CALM, LARGE = 3 * STEP, 1024, ENOUGH / 8
local calm = 0

local function at_once()
  return calm == 0 and 1 or calm < CALM and STEP or MANY
end

local function came(count, bytes)
  calm = bytes < LARGE and calm + count or 0
end

-- Calls more(how many are there, how many at most) for further elements until
-- there are `count`, or enough, or no more. `bytes` were gathered before; returns
-- how many are now.
local function gather(count, more, bytes)
  local all = {}
  while #all < count and bytes < ENOUGH do
    local before, asked = bytes, math.min(at_once(), count - #all)
    local some = more(#all, asked) or {}
    for _, text in ipairs(some) do
      all[#all + 1] = text
      bytes = bytes + #text
    end
    came(#some, bytes - before)
    if #some < asked then
      break
    end
  end
  return all, bytes
end

-- Those that were due are held, in `set`, but for suspects.
local function take_due(call, due, set)
  local crowd = {}
  for _, record in ipairs(due) do
    local field, bumped, claims = claimed(record, call.tag, call.tail)
    local fate = suspect(crowd, claims, call.alone_from)
    if fate == 'alone' then
      redis.call('RPUSH', call.suspects, record)
    elseif fate == 'apart' then
      redis.call('ZADD', call.later, call.now + 200, record)
    else
      set[#set + 1] = field
      set[#set + 1] = bumped
    end
  end
end

-- Jobs that one claim parks on its way to others, at most.
local ASIDE_MAX = 256

-- The gates that the caller names, as far as fresh jobs have to wait there: there
-- are others before them, or it is shut. nil where it names none.
local function lot_named(keys, args, now)
  if #args < 7 then
    return nil
  end
  local lot = lot_of(keys[8], keys[9], keys[10], tonumber(now))
  lot.waits = {}
  for i = 7, #args do
    local at = look_at(lot, args[i])
    if at.waiting > 0 or (at.state and at.state.kind ~= 'full') then
      local container, point = string.match(args[i], '^([^:]*):(.*)$')
      local whole = point == ''
      table.insert(lot.waits, whole and 1 or #lot.waits + 1, {
        gate = args[i], container = container, point = not whole and point,
        words = '"container":"' .. container .. '","point":"' ..
          (whole and '' or point .. '"'),
      })
    end
  end
  return lot
end

-- Jobs that begin with what says whose they are, in plain strings: it is
-- certain then, for no member may be there twice. Whose others are, a worker
-- finds out.
local PLAIN = '%s*:%s*"([^"\\]*)"%s*'
local WHOSE = '"container"' .. PLAIN .. ',%s*"point"' .. PLAIN
local FIRST = '^%s*{%s*' .. WHOSE
local SECOND = '^%s*{%s*"id"%s*:%s*"[^"\\]*"%s*,%s*' .. WHOSE

-- The same for jobs without spaces, as most are written: a quarter of the work.
local function waits_at_words(waits, job)
  local at = string.match(job, '^{"id":"[^"\\]*",()') or
    string.match(job, '^{()')
  for i = 1, at and #waits or 0 do
    local words = waits[i].words
    if string.sub(job, at, at + #words - 1) == words then
      return waits[i].gate
    end
  end
end

-- The gate where a fresh job has to wait, if it is known to.
local function waits_at(waits, job)
  local gate = waits_at_words(waits, job)
  if gate then
    return gate
  end
  local container, point = string.match(job, SECOND)
  if not container then
    container, point = string.match(job, FIRST)
  end
  for i = 1, container and #waits or 0 do
    local is = waits[i]
    if is.container == container and (is.point or point) == point then
      return is.gate
    end
  end
end

-- Takes the oldest jobs until `count` of them are held, which go into `set`;
-- those that have to wait are parked, as by a worker. Returns how many were taken
-- in all.
local function take_fresh(call, count, set)
  local lot, now, held, bytes = call.lot, call.now, 0, 0
  local aside, gates, parked, n = {}, {}, 0, 0
  local head = ' 0 0 0 ' .. now .. ' -\n'
  while held < count and parked < ASIDE_MAX and bytes < ENOUGH do
    local before = bytes
    local some = redis.call('RPOP', call.jobs,
      math.min(at_once(), count - held, ASIDE_MAX - parked))
    for _, job in ipairs(some or {}) do
      local gate = lot and waits_at(lot.waits, job)
      n, bytes = n + 1, bytes + #job
      if gate then
        if not aside[gate] then
          aside[gate], gates[#gates + 1] = {}, gate
        end
        local records = aside[gate]
        records[#records + 1] = call.number .. dashed(n) .. head .. job
        parked = parked + 1
      else
        set[#set + 1] = call.tag .. call.number .. dashed(n)
        set[#set + 1] = job
        held = held + 1
      end
    end
    if not some then
      break
    end
    came(#some, bytes - before)
  end
  for _, gate in ipairs(gates) do
    park(lot, gate, aside[gate])
  end
  return n
end

-- KEYS jobs later held leases meta services suspects gates changes parked
-- ARGV epoch count due_count tag generation alone_from gate...
-- Takes up to `count` jobs, of them `due_count` from those due, or more where
-- fresh ones are few. Fresh ones that have to wait at one of the gates named are
-- parked at once.
-- Returns {now, how many were due, {field, what is held, ...}, version of the
-- gates, 1 where more may be there to be claimed}.
-- A held job's field is '<tag>:<seq>' plus, for one that was due, the claim's
-- own microseconds, so that no two claims of a job share a field.
local function claim(keys, args)
  local us = now_us()
  local now = text(math.floor(us / 1000))
  local may, refusal = may_claim(keys[4], keys[6], args[1], args[4], args[5])
  if not may then
    return refusal
  elseif is_paused(keys[8], tonumber(now)) then
    return paused(keys[8])
  end
  local count, waiting = tonumber(args[2]), redis.call('LLEN', keys[1])
  local most = math.max(tonumber(args[3]), count - waiting)
  local due, bytes = gather(math.min(most, count), function(at, step)
    return redis.call('ZRANGE', keys[2], '-inf', now, 'BYSCORE', 'LIMIT', at,
      step)
  end, 0)
  local call = {
    jobs = keys[1], later = keys[2], suspects = keys[7], now = now,
    tag = args[4] .. ':', tail = tail_of(us),
    alone_from = tonumber(args[6]),
  }
  local rest, set = math.min(count - #due, waiting), {}
  -- A key of a wrong type is an error before anything has moved.
  if rest > 0 then
    call.lot = lot_named(keys, args, now)
    call.number = text(redis.call('HINCRBY', keys[5], 'seq', rest) - rest) ..
      '-' .. now
  end
  redis.call('LLEN', keys[7])
  if #due > 0 then
    redis.call('ZREM', keys[2], unpack(due))
    take_due(call, due, set)
  end
  if rest > 0 then
    local taken = take_fresh(call, rest, set)
    -- It counts the jobs taken, too: see waiting.lua.
    if taken ~= rest then
      redis.call('HINCRBY', keys[5], 'seq', taken - rest)
    end
    waiting = waiting - taken
  end
  if #set > 0 then
    redis.call('HSET', keys[3], unpack(set))
  end
  local more = waiting > 0 or bytes >= ENOUGH
  return {now, #due, set, version_of(keys[8]), more and 1 or 0}
end

-- KEYS held leases services suspects gates; ARGV epoch tag generation
-- One suspect, for a process that has nothing else in flight; as claim.
local function isolate(keys, args)
  local us = now_us()
  local now = math.floor(us / 1000)
  local may, refusal = may_claim(keys[2], keys[3], args[1], args[2], args[3])
  if not may then
    return refusal
  elseif is_paused(keys[5], now) then
    return paused(keys[5])
  end
  local set, record = {}, redis.call('LPOP', keys[4])
  if record then
    set[1], set[2] = claimed(record, args[2] .. ':', tail_of(us))
    redis.call('HSET', keys[1], set[1], set[2])
  end
  return {text(now), 0, set}
end

-- As claim, behind a bell: that one rings in vain when its time is over, and then
-- there is little to be done.
local function bell(keys, args)
  if redis.call('LLEN', keys[1]) == 0 then
    return {text(now_ms()), 0, {}, '-1', 0}
  end
  return claim(keys, args)
end

register('claim', claim)
register('bell', bell)
register('isolate', isolate)

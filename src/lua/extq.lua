#!lua name=extq_@HASH@
-- The server side of extq: every move of a job between keys is one call here,
-- so a job is in exactly one key at any instant. All time is the server's.
-- Everything works above maxmemory (allow-oom): only enqueueing is refused
-- then, and services drain.
--
-- A record is '<seq> <claims> <attempts> <flags> <first_ms> <history>\n<job>'.

local LOST = 'LEASE this epoch owns nothing any more'

local function now_us()
  local t = redis.call('TIME')
  return t[1] * 1000000 + t[2]
end

local function now_ms()
  return math.floor(now_us() / 1000)
end

local function text(ms)
  return string.format('%.0f', ms)
end

-- The fence: when the lease ends, or false. One that ran out but was not taken
-- by a sweep may be renewed (its jobs are still untouched); the sweep sets it to
-- 0, and that is for ever.
local function owns(leases, epoch)
  local ends = tonumber(redis.call('ZSCORE', leases, epoch) or 0)
  return ends > 0 and ends
end

-- KEYS meta leases services; ARGV lease_ms about
-- A new epoch with a running lease: {epoch, now}. The microseconds make it
-- unique even when a failover lost the counter's last steps.
local function join(keys, args)
  local us = now_us()
  local count = redis.call('HINCRBY', keys[1], 'epoch', 1)
  local epoch = string.format('%d-%.0f', count, us)
  local now = math.floor(us / 1000)
  redis.call('ZADD', keys[2], now + tonumber(args[1]), epoch)
  redis.call('HSET', keys[3], epoch, args[2])
  return {epoch, text(now)}
end

-- Where the clock went back, leases go with it: those of dead processes would
-- otherwise run until it is there again.
local function follow_clock(keys, now)
  local back = (redis.call('HGET', keys[5], 'clock') or now) - now
  redis.call('HSET', keys[5], 'clock', text(now))
  if back < 1000 then
    return
  end
  local all = redis.call('ZRANGE', keys[1], '(0', '+inf', 'BYSCORE',
    'WITHSCORES')
  for i = 1, #all, 2 do
    redis.call('ZADD', keys[1], text(all[i + 1] - back), all[i])
  end
  redis.call('DEL', keys[7])
end

-- KEYS leases later jobs dead meta suspects alone
-- ARGV epoch lease_ms sweep dead_min_id
-- Renews the lease, and tells what there is to do: {1, now, waiting, due, next
-- due or -1, isolate, ended epochs...}. With sweep, and if this one had not run
-- out itself, leases that did are taken, and their epochs named. isolate = 1:
-- suspects wait, and it is this epoch's turn to run them. {0, now}, and nothing
-- else, when it was taken itself.
local function tick(keys, args)
  local now = now_ms()
  local ends = owns(keys[1], args[1])
  if not ends then
    return {0, text(now)}
  end
  follow_clock(keys, now)
  redis.call('ZADD', keys[1], now + tonumber(args[2]), args[1])
  local next_due = redis.call('ZRANGE', keys[2], '(' .. text(now), '+inf',
    'BYSCORE', 'LIMIT', 0, 1, 'WITHSCORES')[2]
  local reply = {
    1, text(now), redis.call('LLEN', keys[3]),
    redis.call('ZCOUNT', keys[2], '-inf', text(now)), next_due or '-1', 0,
  }
  if redis.call('LLEN', keys[6]) > 0 then
    redis.call('SET', keys[7], args[1], 'NX', 'PX', args[2])
    reply[6] = redis.call('GET', keys[7]) == args[1] and 1 or 0
  end
  local dropped = redis.call('XTRIM', keys[4], 'MINID', args[4])
  if dropped > 0 then
    redis.call('HINCRBY', keys[5], 'dead_dropped', dropped)
  end
  -- Where our own ran out, the clock jumped or nobody could renew: so may those
  -- of others, who live.
  if args[3] == '1' and ends > now then
    local ended = redis.call('ZRANGE', keys[1], '-inf', text(now), 'BYSCORE',
      'LIMIT', 0, 16)
    for _, epoch in ipairs(ended) do
      redis.call('ZADD', keys[1], 0, epoch)
      reply[#reply + 1] = epoch
    end
  end
  return reply
end

-- Back to claimable, due by its age, so that the oldest is claimed first.
local function give_back(keys, field, record)
  local first_ms = string.match(record, '^%S+ %S+ %S+ %S+ (%d+)')
  redis.call('HDEL', keys[1], field)
  redis.call('ZADD', keys[2], first_ms or 0, record)
end

-- KEYS held later leases services; ARGV epoch count mine
-- Moves up to about `count` jobs of an ended epoch back; mine = 1 ends the
-- epoch first. Returns how many stay behind; at 0 the epoch is gone.
local function release(keys, args)
  if args[3] == '1' then
    redis.call('ZADD', keys[3], 0, args[1])
  elseif owns(keys[3], args[1]) then
    return redis.error_reply('ERR the lease of this epoch was not taken')
  end
  local cursor, moved = '0', 0
  repeat
    -- Each call scans from the start, where earlier ones left empty buckets:
    -- one step may find nothing.
    local reply = redis.call('HSCAN', keys[1], cursor, 'COUNT', args[2])
    local some = reply[2]
    cursor = reply[1]
    for i = 1, #some, 2 do
      give_back(keys, some[i], some[i + 1])
    end
    moved = moved + #some / 2
  until cursor == '0' or moved >= tonumber(args[2])
  local left = redis.call('HLEN', keys[1])
  if left == 0 then
    redis.call('ZREM', keys[3], args[1])
    redis.call('HDEL', keys[4], args[1], args[1] .. ':recovered')
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

-- KEYS held later leases services; ARGV epoch tag known fields...
-- After a claim whose reply was lost: gives back what the worker `tag` holds
-- without knowing it. Returns the epoch's new generation: claims of an older
-- one, which may still be on the wire, are refused. Claims that are given back
-- do not count: their worker lives.
local function recover(keys, args)
  if not owns(keys[3], args[1]) then
    return redis.error_reply(LOST)
  end
  local known, prefix = {}, args[2] .. ':'
  for i = 3, #args do
    known[args[i]] = true
  end
  for _, field in ipairs(redis.call('HKEYS', keys[1])) do
    if not known[field] and string.sub(field, 1, #prefix) == prefix then
      give_back(keys, field, uncounted(redis.call('HGET', keys[1], field)))
    end
  end
  return redis.call('HINCRBY', keys[4], args[1] .. ':recovered', 1)
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
local function may_claim(leases, services, epoch, generation)
  if not owns(leases, epoch) then
    return false, redis.error_reply(LOST)
  end
  if generation ~= (redis.call('HGET', services, epoch .. ':recovered') or '0')
  then
    return false, redis.error_reply('GENERATION this claim was given up')
  end
  return true
end

-- Jobs whose workers died are suspects: the more deaths, the fewer of them are
-- claimed together, so that those that only flew along part from the one that
-- kills. With alone_from claims a job waits to be run with nothing beside it.

-- A claim ends early when it has taken so many bytes, looked at every few jobs:
-- Redis serves nobody else meanwhile, and its answer must come in time.
local ENOUGH, STEP = 4194304, 4

-- Calls more(how many are there, how many at most) for further elements until
-- there are `count`, or enough, or no more.
local function gather(count, more)
  local all, bytes = {}, 0
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
  return all
end

-- KEYS jobs later held leases meta services suspects
-- ARGV epoch count due_count tag generation alone_from
-- Takes up to `count` jobs, of them `due_count` from those due, or more where
-- fresh ones are few.
-- Returns {now, how many were due, {field, record, ...}}. A held job's field
-- is '<tag>:<seq>' plus, for one that was due, the claim's own microseconds,
-- so that no two claims of a job share a field.
local function claim(keys, args)
  local us = now_us()
  local now = text(math.floor(us / 1000))
  local may, refusal = may_claim(keys[4], keys[6], args[1], args[5])
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
  end)
  -- A key of a wrong type is an error before anything has moved.
  local rest, base = math.min(count - #due, waiting), 0
  if rest > 0 then
    base = redis.call('HINCRBY', keys[5], 'seq', rest) - rest
  end
  redis.call('LLEN', keys[7])
  if #due > 0 then
    redis.call('ZREM', keys[2], unpack(due))
  end
  local alone_from, crowd = tonumber(args[6]), {}
  for _, record in ipairs(due) do
    local field, bumped, claims = claimed(record, tag, tail)
    crowd[claims] = (crowd[claims] or 0) + 1
    if claims >= alone_from then
      redis.call('RPUSH', keys[7], record)
    elseif claims > 1 and crowd[claims] > 4 ^ (alone_from - claims) then
      redis.call('ZADD', keys[2], now + 200, record)
    else
      set[#set + 1] = field
      set[#set + 1] = bumped
    end
  end
  if rest > 0 then
    local fresh = gather(rest, function(_, step)
      return redis.call('RPOP', keys[1], step)
    end)
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
  return {now, #due, set}
end

-- KEYS held leases services suspects; ARGV epoch tag generation
-- One suspect, for a process that has nothing else in flight; as claim.
local function isolate(keys, args)
  local us = now_us()
  local may, refusal = may_claim(keys[2], keys[3], args[1], args[3])
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

-- Where a job goes when it is finished; each takes it out of held first, so
-- that a repeated call finds nothing to do.
local moves = {}

function moves.done(keys, field)
  return redis.call('HDEL', keys[1], field) == 1
end

-- Takes the job's own bytes out of held; nothing when they are not there.
local function take(keys, field)
  local record = redis.call('HGET', keys[1], field)
  if record then
    redis.call('HDEL', keys[1], field)
    return string.sub(record, (string.find(record, '\n', 1, true) or 0) + 1)
  end
end

function moves.later(keys, field, due, header)
  local job = take(keys, field)
  if job then
    redis.call('ZADD', keys[2], text(due), header .. job)
  end
  return job
end

function moves.dead(keys, field, due, header, fields)
  local job = take(keys, field)
  if job then
    local entry = {'record', header .. job}
    if #fields > 0 then
      entry = {
        'id', fields[2], 'container', fields[4], 'point', fields[6],
        'class', fields[12], 'error', fields[18], unpack(entry),
      }
    end
    redis.call('XADD', keys[3], '*', unpack(entry))
  end
  return job
end

-- KEYS held later dead outcomes leases meta
-- ARGV epoch outcomes_max dead_max, then per job:
--   held-field move delay_ms header n name value ... (n names and values; 0
--   means no outcome entry). The first twelve pairs are fixed, see
--   stages/record.c; of these next_at, written as '+', becomes the due time.
-- Returns {now, held-fields that were not held...}.
local function finish(keys, args)
  local now = now_ms()
  if not owns(keys[5], args[1]) then
    return redis.error_reply(LOST)
  end
  -- A key of a wrong type is an error before anything has moved.
  redis.call('ZCARD', keys[2])
  redis.call('XLEN', keys[3])
  redis.call('XLEN', keys[4])
  redis.call('HLEN', keys[6])
  local reply, counts, dead = {text(now)}, {}, false
  local at = 4
  while at <= #args do
    local field, move, n = args[at], args[at + 1], tonumber(args[at + 4])
    local due = now + tonumber(args[at + 2])
    local fields = {unpack(args, at + 5, at + 4 + n)}
    if not moves[move](keys, field, due, args[at + 3], fields) then
      reply[#reply + 1] = field
    elseif n > 0 then
      if fields[22] == '+' then
        fields[22] = text(due)
      end
      redis.call('XADD', keys[4], 'MAXLEN', '~', args[2], '*', unpack(fields))
      counts[fields[10]] = (counts[fields[10]] or 0) + 1
      dead = dead or move == 'dead'
    end
    at = at + 5 + n
  end
  for verdict, count in pairs(counts) do
    redis.call('HINCRBY', keys[6], verdict, count)
  end
  if dead then
    local dropped = redis.call('XTRIM', keys[3], 'MAXLEN', args[3])
    if dropped > 0 then
      redis.call('HINCRBY', keys[6], 'dead_dropped', dropped)
    end
  end
  return reply
end

-- The shared discovery cache: an entry is 'fresh-until body'; the ask key
-- names who is asking discovery just now, or says 'failed'.

-- KEYS entry ask; ARGV token ask_ms anew
-- Returns {what, now, entry}: 'fresh'; or 'ask' (the caller holds the mark and
-- must keep or fail), 'wait' (somebody else does), 'failed' (leave discovery
-- alone for now); entry is stale or empty then.
local function find(keys, args)
  local now = now_ms()
  local entry = redis.call('GET', keys[1]) or ''
  local fresh = string.match(entry, '^(%d+) ')
  if fresh and tonumber(fresh) > now and args[3] ~= '1' then
    return {'fresh', text(now), entry}
  end
  if redis.call('SET', keys[2], args[1], 'NX', 'PX', args[2]) then
    return {'ask', text(now), entry}
  end
  local mark = redis.call('GET', keys[2])
  return {mark == 'failed' and 'failed' or 'wait', text(now), entry}
end

-- KEYS entry ask; ARGV token fresh_until total_ms body
-- Keeps what discovery said, if the caller still holds the mark. Returns the
-- entry's stamp, or nothing. The stamp is the caller's (counted from the time
-- that find returned), because a sealed body is bound to it.
local function keep(keys, args)
  if redis.call('GET', keys[2]) ~= args[1] then
    return false
  end
  redis.call('SET', keys[1], args[2] .. ' ' .. args[4], 'PX', args[3])
  redis.call('DEL', keys[2])
  return args[2]
end

-- KEYS entry ask; ARGV token cool_ms
local function fail(keys, args)
  if redis.call('GET', keys[2]) ~= args[1] then
    return 0
  end
  redis.call('SET', keys[2], 'failed', 'PX', args[2])
  return 1
end

-- KEYS entry ask; ARGV stamp ('' = whatever is there)
local function forget(keys, args)
  if args[1] ~= '' then
    local entry = redis.call('GET', keys[1]) or ''
    if string.match(entry, '^(%d+) ') ~= args[1] then
      return 0
    end
  elseif redis.call('GET', keys[2]) == 'failed' then
    redis.call('DEL', keys[2])
  end
  return redis.call('DEL', keys[1])
end

local function register(name, callback)
  redis.register_function{
    function_name = 'extq_' .. name .. '_@HASH@',
    callback = callback,
    flags = {'allow-oom'},
  }
end

register('join', join)
register('tick', tick)
register('release', release)
register('recover', recover)
register('claim', claim)
register('isolate', isolate)
register('finish', finish)
register('find', find)
register('keep', keep)
register('fail', fail)
register('forget', forget)

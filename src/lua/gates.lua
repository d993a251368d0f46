-- What becomes of gates, see park.lua: parked jobs are taken up, gates are shut
-- and opened, and services learn of it.

local function clear(gates, changes, gate)
  redis.call('HDEL', gates, gate)
  tell(gates, changes, gate)
end

-- Of a gate's jobs as many as may go now, at most `most`.
local function passing(state, waiting, most, now)
  if not state or state.kind == 'full' then
    return math.min(waiting, most)
  elseif state.ends > 0 and state.ends <= now then
    return math.min(waiting, most, 1)
  end
  return 0
end

-- True while another service that lives is at the gate's probe. One of our own
-- is known to have ended: nobody asks before.
local function is_probed(call, gate)
  local by = redis.call('HGET', call[3], ':by ' .. gate)
  if not by or by == call.epoch then
    return false
  end
  local ends = owns(call[5], by)
  return ends and ends > call.now
end

-- What becomes of a gate of which `taken` jobs went and `left` still wait.
local function after(keys, gate, state, taken, left)
  if state and state.kind ~= 'full' then
    if taken > 0 then
      redis.call('HSET', keys[3], ':by ' .. gate, keys.epoch)
      state.ends = keys.now + keys.hold_ms
      set_state(keys[3], keys[4], gate, state)
    end
  elseif left == 0 then
    if state then
      clear(keys[3], keys[4], gate)
    end
    return nil
  elseif not state then
    state = full(keys.now)
    set_state(keys[3], keys[4], gate, state)
  end
  return state
end

-- The records are to be held, but for suspects, with which it is as in a claim.
local function hold(call, records, gate, probe)
  local set, jobs = call.set, call.jobs
  for _, record in ipairs(records) do
    local field, bumped, claims = claimed(record, call.tag, call.tail)
    local fate = suspect(call.crowd, claims, call.alone_from)
    if fate == 'alone' then
      redis.call('RPUSH', call[7], record)
    elseif fate == 'apart' then
      redis.call('ZADD', call[8], text(call.now + 200), record)
    else
      set[#set + 1], set[#set + 2] = field, bumped
      jobs[#jobs + 1], jobs[#jobs + 2] = field, bumped
      jobs[#jobs + 1], jobs[#jobs + 2] = gate, probe
    end
  end
end

-- More values than some 8,000 are an error of unpack, after jobs have moved.
local HOLD_MAX = 1000

-- KEYS held parked gates changes leases services suspects later
-- ARGV epoch tag generation hold_ms alone_from, then per gate: gate count
-- Takes parked jobs up, as claim does: from a full gate up to `count`, from one
-- that is shut and whose time has come a single one as its probe. Until that has
-- ended, it is looked at every hold_ms whether its service lives.
-- Returns {now, version, {field, record, gate, probe, ...}, {gate, state or '',
-- how many wait, ...}}, of each gate that was asked.
local function unpark(keys, args)
  local us = now_us()
  local now = math.floor(us / 1000)
  local may, refusal = may_claim(keys[5], keys[6], args[1], args[2], args[3])
  if not may then
    return refusal
  elseif is_paused(keys[3], now) then
    return paused(keys[3])
  end
  local call = {
    epoch = args[1], tag = args[2] .. ':', tail = tail_of(us),
    now = now, hold_ms = tonumber(args[4]),
    alone_from = tonumber(args[5]), crowd = {}, set = {}, jobs = {},
    unpack(keys),
  }
  -- A key of a wrong type is an error before anything has moved.
  redis.call('HLEN', keys[1])
  redis.call('ZCARD', keys[4])
  redis.call('LLEN', keys[7])
  redis.call('ZCARD', keys[8])
  local states, waiting, rows, bytes = {}, {}, {}, 0
  for i = 6, #args, 2 do
    states[args[i]] = state_of(keys[3], args[i])
    waiting[args[i]] = redis.call('LLEN', keys[2] .. args[i])
  end
  for i = 6, #args, 2 do
    local gate, records = args[i]
    local state, wait = states[gate], waiting[gate]
    local most = passing(state, wait, tonumber(args[i + 1]), call.now)
    most = math.min(most, HOLD_MAX - #call.set / 2)
    if most > 0 and state and state.kind ~= 'full' and is_probed(call, gate)
    then
      most = 0
      state.ends = call.now + call.hold_ms
      set_state(keys[3], keys[4], gate, state)
    end
    records, bytes = gather(most, function(_, step)
      return redis.call('LPOP', keys[2] .. gate, step)
    end, bytes)
    local probe = state and state.kind ~= 'full' and 1 or 0
    hold(call, records, gate, probe)
    wait = wait - #records
    state = after(call, gate, state, #records, wait)
    states[gate], waiting[gate] = state, wait
    rows[#rows + 1], rows[#rows + 2] = gate, state and state.text or ''
    rows[#rows + 1] = wait
  end
  if #call.set > 0 then
    redis.call('HSET', keys[1], unpack(call.set))
  end
  return {text(call.now), version_of(keys[3]), call.jobs, rows}
end

-- True where a gate stays what it is; `probe` is the end of the one that it
-- waits for, if this is about that.
local function stays(is, new, probe)
  if not is or (probe > 0 and is.ends == probe) then
    return false
  elseif WEIGHT[is.kind] ~= WEIGHT[new.kind] then
    return WEIGHT[is.kind] > WEIGHT[new.kind]
  elseif is.kind == 'paused' then
    return is.ends == new.ends and is.why == new.why
  end
  local longer = is.ends == 0 or (new.ends ~= 0 and is.ends >= new.ends)
  return longer and is.step >= new.step
end

-- What a shut gate becomes.
local function shut_state(is, args, now)
  local wait = tonumber(args[5])
  return {
    kind = args[4], since = now, ends = wait < 0 and 0 or now + wait,
    step = tonumber(args[6]), mark = args[7], why = args[8],
  }
end

-- For people, in the outcome stream.
local function entry(keys, args, kind, now, shut, ends)
  local circuit = kind == 'circuit'
  local class = circuit and (shut and 'circuit_open' or 'circuit_closed') or
    (shut and 'paused' or 'resumed')
  local container, point = string.match(args[3], '^([^:]*):?(.*)$')
  redis.call('XADD', keys[4], 'MAXLEN', '~', args[1], '*', 'id', '',
    'container', container, 'point', point, 'attempt', '0', 'verdict',
    shut and 'paused' or 'resumed', 'class', class, 'status', '0', 'ms', '0',
    'error', args[8], 'at', text(now), 'next_at',
    ends > 0 and text(ends) or '', 'worker', args[10])
end

local ops = {}

function ops.shut(keys, args, is, now)
  local new = shut_state(is, args, now)
  local probe = tonumber(args[9])
  if stays(is, new, probe) then
    return is, 0
  end
  local known = is and is.kind == new.kind
  if known then
    new.since = is.since
  end
  if is and new.kind ~= 'paused' and not (probe > 0 and is.ends == probe) then
    new.step = math.max(new.step, is.step)
  end
  set_state(keys[1], keys[2], args[3], new)
  if not known or new.kind == 'paused' then
    entry(keys, args, new.kind, now, true, new.ends)
  end
  return new, 1
end

function ops.open(keys, args, is, now, waiting)
  local ends = tonumber(args[9])
  if not is or is.kind == 'full' or (args[4] ~= '' and args[4] ~= is.kind) or
    (ends > 0 and ends ~= is.ends) then
    return is, 0
  end
  local new
  if waiting > 0 then
    new = full(now)
    set_state(keys[1], keys[2], args[3], new)
  else
    clear(keys[1], keys[2], args[3])
  end
  entry(keys, args, is.kind, now, false, 0)
  return new, 1
end

-- KEYS gates changes parked outcomes
-- ARGV outcomes_max op gate kind wait_ms step mark why probe_ms by
-- op shut: the gate becomes `kind` for wait_ms (-1: until somebody says), unless
-- it stays what it is; probe_ms is the end of the probe that this is about, or
-- 0. op open: it opens, if it is of that kind ('' = any), and ends at probe_ms
-- (0 = whenever).
-- Returns {now, version, changed, gate, state or '', how many wait}.
local function gate(keys, args)
  local now = now_ms()
  -- A key of a wrong type is an error before anything has changed.
  redis.call('ZCARD', keys[2])
  redis.call('XLEN', keys[4])
  local waiting = redis.call('LLEN', keys[3] .. args[3])
  local is = state_of(keys[1], args[3])
  if args[2] == 'open' or tonumber(args[9]) > 0 then
    redis.call('HDEL', keys[1], ':by ' .. args[3])
  end
  local new, changed = ops[args[2]](keys, args, is, now, waiting)
  return {
    text(now), version_of(keys[1]), changed, args[3], new and new.text or '',
    waiting,
  }
end

-- Where somebody deleted the hash of the states, or `changes`, the other one
-- makes up for it: what neither names is not found any more, nor its jobs.
local function mend(gates, changes, parked, now)
  local last = redis.call('ZRANGE', changes, -1, -1, 'WITHSCORES')[2]
  if last and tonumber(last) > tonumber(version_of(gates)) then
    redis.call('HSET', gates, ':version', last)
    for _, gate in ipairs(redis.call('ZRANGE', changes, 0, -1)) do
      if not redis.call('HGET', gates, gate) and
        redis.call('LLEN', parked .. gate) > 0 then
        set_state(gates, changes, gate, full(now))
      end
    end
  end
  for _, gate in ipairs(redis.call('HKEYS', gates)) do
    if (gate == ':' or string.sub(gate, 1, 1) ~= ':') and
      not redis.call('ZSCORE', changes, gate) then
      tell(gates, changes, gate)
    end
  end
end

-- KEYS gates changes parked; ARGV since limit
-- The gates that changed after that version, at most so many. Returns {now,
-- version, whole, gate, state or '', how many wait, ...}: up to `version` all is
-- told; whole = 1 when it starts from nothing, because `since` is 0 or not known
-- here.
local function news(keys, args)
  local version, since = tonumber(version_of(keys[1])), tonumber(args[1])
  local floor = tonumber(redis.call('HGET', keys[1], ':floor') or 0)
  local whole = since == 0 or since < floor or since > version
  if whole then
    mend(keys[1], keys[2], keys[3], now_ms())
    version = tonumber(version_of(keys[1]))
  end
  local all = redis.call('ZRANGE', keys[2], '(' .. (whole and 0 or args[1]),
    '+inf', 'BYSCORE', 'LIMIT', 0, args[2], 'WITHSCORES')
  if #all >= 2 * tonumber(args[2]) then
    version = tonumber(all[#all])
  end
  local reply = {text(now_ms()), text(version), whole and 1 or 0}
  for i = 1, #all, 2 do
    local state = redis.call('HGET', keys[1], all[i])
    local waiting = redis.call('LLEN', keys[3] .. all[i])
    if state or waiting > 0 or not whole then
      reply[#reply + 1], reply[#reply + 2] = all[i], state or ''
      reply[#reply + 1] = waiting
    end
  end
  return reply
end

register('unpark', unpark)
register('gate', gate)
register('gates', news)

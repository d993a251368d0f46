-- Letters: jobs that are kept (dead, later, or parked at a gate), as people act
-- on them. Each is named by what finds it there: a dead one by its entry's id,
-- the others by their whole record.

-- Each takes a letter out of where it is kept and returns its record, or nothing
-- where it is not: a repeated call finds nothing to do.
local takes = {}

-- What has no record cannot be retried, only dropped.
function takes.dead(keys, name, retries)
  local entry, record = redis.call('XRANGE', keys[1], name, name)[1]
  for i = 1, entry and #entry[2] or 0, 2 do
    record = entry[2][i] == 'record' and entry[2][i + 1] or record
  end
  if entry and (record or not retries) then
    redis.call('XDEL', keys[1], name)
    return record or ''
  end
end

-- One that is due has nothing to be retried.
function takes.later(keys, name, retries, now)
  local due = redis.call('ZSCORE', keys[2], name)
  if due and not (retries and tonumber(due) <= now) then
    redis.call('ZREM', keys[2], name)
    return name
  end
end

-- People go through long lists from the end: it is near there.
function takes.parked(keys, name)
  return redis.call('LREM', keys[3], -1, name) == 1 and name
end

-- A dead job's record with all of its patience back, see model/record.h: what it
-- spent stays in it, and in its history a mark of where it starts again.
local function renewed(record, class, now, suspect_claims)
  local seq, attempts, first, history, at =
    string.match(record, '^(%d[%d-]*) %d+ (%d+) %d+ (%d+) (%S+)()\n')
  if not seq then
    return record
  end
  local mark = text(now) .. ',retried,' .. attempts
  while #history + 1 + #mark > 512 do
    history = string.match(history, ';(.*)$') or '-'
  end
  history = history == '-' and mark or history .. ';' .. mark
  local claims = class == 'worker_killer' and suspect_claims or '0'
  return table.concat({seq, claims, attempts, '0', first, history}, ' ') ..
    string.sub(record, at)
end

-- For people, in the outcome stream.
local function tell_letter(keys, args, at, record, now)
  local retries = args[1] == 'retry'
  redis.call('XADD', keys[4], 'MAXLEN', '~', args[3], '*', 'id', args[at + 1],
    'container', args[at + 2], 'point', args[at + 3], 'attempt',
    string.match(record, '^%S+ %d+ (%d+) ') or '0', 'verdict',
    retries and 'retry' or 'dropped', 'class', args[at + 4], 'status', '0',
    'ms', '0', 'error',
    (retries and 'retried' or 'dropped') .. ' by an operator', 'at', text(now),
    'next_at', retries and text(now) or '', 'worker', args[4])
end

-- After some left the gate: as where the last one is taken up.
local function leave_gate(keys, gate)
  if redis.call('LLEN', keys[3]) > 0 then
    return
  end
  local state = state_of(keys[6], gate)
  if state and state.kind == 'full' then
    clear(keys[6], keys[7], gate)
  else
    tell(keys[6], keys[7], gate)
  end
end

-- KEYS dead later parked outcomes meta gates changes; parked is one gate's list
-- ARGV op place outcomes_max by gate suspect_claims, then per letter:
--   name id container point class
-- op retry: they are due now, dead ones with all their patience back; op drop:
-- they are gone. Each leaves an outcome. What killed workers has suspect_claims,
-- so that it is tried alone. Returns {now, how many}.
local function letters(keys, args)
  local now, done, retries = now_ms(), 0, args[1] == 'retry'
  -- A key of a wrong type is an error before anything has moved.
  redis.call('XLEN', keys[1])
  redis.call('ZCARD', keys[2])
  redis.call('LLEN', keys[3])
  redis.call('XLEN', keys[4])
  redis.call('HLEN', keys[5])
  redis.call('ZCARD', keys[7])
  version_of(keys[6])
  for at = 7, #args, 5 do
    local record = takes[args[2]](keys, args[at], retries, now)
    if record then
      if retries then
        redis.call('ZADD', keys[2], text(now), args[2] == 'dead' and
          renewed(record, args[at + 4], now, args[6]) or record)
      end
      tell_letter(keys, args, at, record, now)
      done = done + 1
    end
  end
  if done > 0 and not retries then
    redis.call('HINCRBY', keys[5], 'dropped', done)
  end
  if done > 0 and args[2] == 'parked' then
    leave_gate(keys, args[5])
  end
  return {text(now), done}
end

register('letters', letters)

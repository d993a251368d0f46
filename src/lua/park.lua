-- Gates: whether jobs of an extension, or of a whole container, may go to their
-- call. A job that may not is parked: moved from held to the gate's own list,
-- and taken up from there in order.
--
-- A gate's state is '<kind> <since_ms> <until_ms> <step> <mark> <why>', see
-- model/gate_state.h; without one, jobs pass. In the hash of the states
-- ':version' counts changes; every gate that changed has its version in
-- `changes`, so that a service that knows one version can ask what came after.
-- The version rises as well when a gate's list becomes empty, or no longer is.
-- A list that is not empty has its gate in the hash; ':by <gate>' there is the
-- epoch whose probe a shut gate waits for.

-- How many gates that are gone stay in `changes`; ':floor' is the version of
-- the last one that fell out.
local GONE_MAX = 10000

local function tell(gates, changes, gate)
  local version = redis.call('HINCRBY', gates, ':version', 1)
  redis.call('ZADD', changes, version, gate)
  -- A few at a time, but more than come; of those at the front, gates that are
  -- still there are told anew.
  for _ = 1, 4 do
    if redis.call('ZCARD', changes) - redis.call('HLEN', gates) < GONE_MAX then
      return
    end
    local first = redis.call('ZRANGE', changes, 0, 0, 'WITHSCORES')
    if redis.call('HGET', gates, first[1]) then
      version = redis.call('HINCRBY', gates, ':version', 1)
      redis.call('ZADD', changes, version, first[1])
    else
      redis.call('ZREM', changes, first[1])
      redis.call('HSET', gates, ':floor', first[2])
    end
  end
end

-- Which kind a gate keeps when another is asked for: the heavier.
local WEIGHT = {full = 0, circuit = 1, wait = 1, gone = 2, paused = 3}

-- The state as a table, nil without one. What nobody of ours wrote is a pause:
-- it takes somebody to look at it.
local function state_of(gates, gate)
  local state = redis.call('HGET', gates, gate)
  if not state then
    return nil
  end
  local kind, since, ends, step, mark, why =
    string.match(state, '^(%l+) (%d+) (%d+) (%d+) (%S+) (.*)$')
  return {
    kind = WEIGHT[kind] and kind or 'paused', since = tonumber(since or 0),
    ends = tonumber(ends or 0), step = tonumber(step or 0),
    mark = mark or '-', why = why or '', text = state,
  }
end

local function set_state(gates, changes, gate, s)
  s.text = string.format('%s %.0f %.0f %.0f %s %s', s.kind, s.since, s.ends,
    s.step, s.mark, s.why)
  redis.call('HSET', gates, gate, s.text)
  tell(gates, changes, gate)
end

local function full(now)
  return {kind = 'full', since = now, ends = 0, step = 0, mark = '-', why = '-'}
end

-- Where jobs are parked in one call: three keys, and by its name each gate that
-- was looked at. A key of a wrong type is an error before anything has moved.
local function lot_of(gates, changes, parked, now)
  redis.call('ZCARD', changes)
  return {gates = gates, changes = changes, parked = parked, now = now, at = {}}
end

-- What a gate is before jobs are parked there.
local function look_at(lot, gate)
  local at = lot.at[gate]
  if not at then
    local list = lot.parked .. gate
    local state = state_of(lot.gates, gate)
    at = {
      state = state, list = list, waiting = redis.call('LLEN', list),
      next_at = state and state.ends > 0 and text(state.ends) or '',
    }
    lot.at[gate] = at
  end
  return at
end

-- Puts records behind the others that wait at the gate; returns when a shut one
-- is tried next, or ''.
local function park(lot, gate, records)
  local to = look_at(lot, gate)
  redis.call('RPUSH', to.list, unpack(records))
  if not to.state then
    to.state = full(lot.now)
    set_state(lot.gates, lot.changes, gate, to.state)
  elseif to.waiting == 0 then
    tell(lot.gates, lot.changes, gate)
  end
  to.waiting = to.waiting + #records
  return to.next_at
end

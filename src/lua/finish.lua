-- Finishing: a job leaves what is held, and its outcome is written.

-- Where a job goes when it is finished; each takes it out of held first, so
-- that a repeated call finds nothing to do. They return when it comes back, if
-- known, as text, or nothing when it was not held.
local moves = {}

function moves.done(keys, field)
  return redis.call('HDEL', keys[1], field) == 1 and ''
end

-- Takes the job's own bytes out of held; nothing when they are not there.
local function take(keys, field)
  local record = redis.call('HGET', keys[1], field)
  if record then
    redis.call('HDEL', keys[1], field)
    return string.sub(record, (string.find(record, '\n', 1, true) or 0) + 1)
  end
end

function moves.later(keys, field, wait_ms, header)
  local job = take(keys, field)
  if job then
    local due = text(keys.now + tonumber(wait_ms))
    redis.call('ZADD', keys[2], due, header .. job)
    return due
  end
end

function moves.dead(keys, field, _, header, fields)
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
    return ''
  end
end

function moves.park(keys, field, gate, header)
  local job = take(keys, field)
  return job and park(keys, gate, header .. job)
end

-- A key of a wrong type is an error before anything has moved.
local function check_types(keys, args)
  redis.call('ZCARD', keys[2])
  redis.call('XLEN', keys[3])
  redis.call('XLEN', keys[4])
  redis.call('HLEN', keys[6])
  local at = 4
  while at <= #args do
    if args[at + 1] == 'park' then
      look_at(keys, args[at + 2])
    end
    at = at + 5 + args[at + 4]
  end
end

-- KEYS held later dead outcomes leases meta gates changes parked
-- ARGV epoch outcomes_max dead_max, then per job:
--   held-field move delay_ms header n name value ... (n names and values; 0
--   means no outcome entry). In the place of delay_ms `park` has the gate. The
--   first twelve pairs are fixed, see stages/record.c; of these next_at, written
--   as '+', becomes the due time.
-- Returns {now, held-fields that were not held...}.
local function finish(keys, args)
  keys.now = now_ms()
  if not owns(keys[5], args[1]) then
    return redis.error_reply(LOST)
  end
  check_types(keys, args)
  local reply, counts, dead = {text(keys.now)}, {}, false
  local at = 4
  while at <= #args do
    local field, move, n = args[at], args[at + 1], tonumber(args[at + 4])
    local fields = {unpack(args, at + 5, at + 4 + n)}
    local due = moves[move](keys, field, args[at + 2], args[at + 3], fields)
    if not due then
      reply[#reply + 1] = field
    elseif n > 0 then
      if fields[22] == '+' then
        fields[22] = due
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

register('finish', finish)

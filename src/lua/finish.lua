-- Finishing: a job leaves what is held, and its outcome is written.

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

register('finish', finish)

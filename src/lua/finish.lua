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
  local held = redis.call('HGET', keys[1], field)
  if held then
    redis.call('HDEL', keys[1], field)
    return string.find(field, FIRST_FIELD) and held or
      string.sub(held, (string.find(held, '\n', 1, true) or 0) + 1)
  end
end

function moves.later(keys, field, args, at)
  local job = take(keys, field)
  if job then
    local due = text(keys.now + tonumber(args[at + 1]))
    redis.call('ZADD', keys[2], due, args[at + 2] .. job)
    return due
  end
end

function moves.dead(keys, field, args, at, entry)
  local job = take(keys, field)
  if job then
    local fields = {'record', args[at + 2] .. job}
    if entry then
      local from = at + 2
      fields = {
        'id', args[from + 1], 'container', args[from + 2],
        'point', args[from + 3], 'class', args[from + 6],
        'error', args[from + 9], unpack(fields),
      }
    end
    redis.call('XADD', keys[3], '*', unpack(fields))
    return ''
  end
end

function moves.park(keys, field, args, at)
  local job = take(keys, field)
  return job and park(keys.lot, args[at + 1], {args[at + 2] .. job})
end

-- An outcome's fields in order: those that every entry has, the two whose
-- value is known here or the same for a whole call, and, by their letters,
-- those that it may have.
local FIELDS = {
  'id', 'container', 'point', 'attempt', 'verdict', 'class', 'status', 'ms',
  'error', 'at', 'next_at', 'worker', 'dns_ms', 'connect_ms', 'tls_ms',
  'ttfb_ms', 'queue_ms', 'headers', 'body',
}
local LETTERS = {
  dns_ms = 'd', connect_ms = 'c', tls_ms = 't', ttfb_ms = 'f', headers = 'h',
  body = 'b',
}
-- What most jobs come to, marked by '+'.
local DELIVERED = {
  verdict = 'delivered', class = 'ok', error = '', next_at = '',
}

-- The words of the XADD for entries of one kind, where in them each value of
-- the call goes, and where some of them are.
local function entry_of(letters)
  local words = {'XADD', '', ''}
  local places, at, plus = {}, {}, string.find(letters, '+', 1, true)
  for _, name in ipairs(FIELDS) do
    local letter = LETTERS[name]
    if not letter or string.find(letters, letter, 1, true) then
      local known = plus and DELIVERED[name]
      words[#words + 1], words[#words + 2] = name, known or ''
      at[name] = #words
      if not known and name ~= 'worker' then
        places[#places + 1] = #words
      end
    end
  end
  return {words = words, places = places, at = at}
end

-- An entry that follows another has its id said: for Redis that is less work
-- than '*' is, which it has to write over for its log.
local function id_after(last)
  if not last.ms then
    return '*'
  end
  last.n = last.n + 1
  return last.ms .. dashed(last.n)
end

local function add_entry(last, words)
  local id = redis.call(unpack(words))
  if not last.ms then
    local ms, n = string.match(id, '^(%d+)%-(%d+)$')
    last.ms, last.n = ms, tonumber(n)
  end
end

-- A job's kind is its move, and, where there is an outcome, ':' and letters.
local kinds = {}

local function learn(name)
  local move, letters = string.match(name, '^(%l+):?(.*)$')
  local kind = {
    move = moves[move], name = move, first = move == 'done' and 1 or 3,
    entry = string.find(name, ':', 1, true) and entry_of(letters),
  }
  kinds[name] = kind
  return kind
end

-- A key of a wrong type is an error before anything has moved.
local function check_types(keys, args)
  redis.call('XLEN', keys[4])
  redis.call('HLEN', keys[6])
  if args[5] == '' then
    return
  end
  redis.call('ZCARD', keys[2])
  redis.call('XLEN', keys[3])
  local at = 6
  while at <= #args do
    local kind = kinds[args[at + 1]] or learn(args[at + 1])
    if kind.name == 'park' then
      keys.lot = keys.lot or lot_of(keys[7], keys[8], keys[9], keys.now)
      look_at(keys.lot, args[at + 2])
    end
    at = at + kind.first + (kind.entry and #kind.entry.places or 0) + 1
  end
end

-- KEYS held later dead outcomes leases meta gates changes parked
-- ARGV epoch outcomes_max dead_max worker moved, then per job:
--   held-field kind, for other moves than done: delay_ms header, then the
--   outcome's values. In the place of delay_ms `park` has the gate; next_at,
--   written as '+', becomes the due time. moved is empty if all are `done`.
-- Returns {now, held-fields that were not held...}.
local function finish(keys, args)
  keys.now = now_ms()
  if not owns(keys[5], args[1]) then
    return redis.error_reply(LOST)
  end
  check_types(keys, args)
  local reply, counts, dead, at, last = {text(keys.now)}, {}, false, 6, #args
  local last_entry = {}
  while at <= last do
    local field = args[at]
    local kind = kinds[args[at + 1]] or learn(args[at + 1])
    local from, entry = at + kind.first, kind.entry
    local due = kind.move(keys, field, args, at + 1, entry)
    if not due then
      reply[#reply + 1] = field
    elseif entry then
      local words, places = entry.words, entry.places
      words[2], words[3] = keys[4], id_after(last_entry)
      words[entry.at.worker] = args[4]
      for i = 1, #places do
        words[places[i]] = args[from + i]
      end
      if words[entry.at.next_at] == '+' then
        words[entry.at.next_at] = due
      end
      add_entry(last_entry, words)
      local verdict = words[entry.at.verdict]
      counts[verdict] = (counts[verdict] or 0) + 1
      dead = dead or kind.name == 'dead'
    end
    at = from + (entry and #entry.places or 0) + 1
  end
  if last_entry.ms then
    redis.call('XTRIM', keys[4], 'MAXLEN', '~', args[2])
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

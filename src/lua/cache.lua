-- The shared discovery cache: an entry is 'stamp body', its stamp
-- 'fresh_until-made_ms'; the ask key names who is asking discovery just now, or
-- says 'failed' and why.

local FAILED = '^failed (.*)$'

-- The small number by which a job remembers the entry that it was refused with.
local function tag(fresh_until)
  return text(fresh_until % 127 + 1)
end

-- KEYS entry ask; ARGV token mark_ms anew refused
-- Returns {what, now, entry}: 'fresh'; or 'ask' (the caller holds the mark and
-- must keep or fail), 'wait' (somebody else does), 'failed' (leave discovery
-- alone for now; why comes last); entry is stale or empty then. One with the tag `refused`
-- is not fresh.
local function find(keys, args)
  local now = now_ms()
  local entry = redis.call('GET', keys[1]) or ''
  local fresh = tonumber(string.match(entry, '^(%d+)%-?%d* ') or 0)
  if fresh > now and args[3] ~= '1' and tag(fresh) ~= args[4] then
    return {'fresh', text(now), entry}
  end
  if redis.call('SET', keys[2], args[1], 'NX', 'PX', args[2]) then
    return {'ask', text(now), entry}
  end
  local why = string.match(redis.call('GET', keys[2]), FAILED)
  return {why and 'failed' or 'wait', text(now), entry, why}
end

-- KEYS entry ask; ARGV token mark_ms
-- The mark of one who still asks lives on: it is short, so that nobody waits
-- long for one that died.
local function renew(keys, args)
  if redis.call('GET', keys[2]) ~= args[1] then
    return 0
  end
  redis.call('SET', keys[2], args[1], 'PX', args[2])
  return 1
end

-- KEYS entry ask; ARGV token stamp total_ms body
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

-- KEYS entry ask; ARGV token cool_ms why
local function fail(keys, args)
  if redis.call('GET', keys[2]) ~= args[1] then
    return 0
  end
  redis.call('SET', keys[2], 'failed ' .. (args[3] or ''), 'PX', args[2])
  return 1
end

-- KEYS entry ask; ARGV stamp ('' = whatever is there)
local function forget(keys, args)
  if args[1] ~= '' then
    local entry = redis.call('GET', keys[1]) or ''
    if string.match(entry, '^(%d[%d-]*) ') ~= args[1] then
      return 0
    end
  elseif string.match(redis.call('GET', keys[2]) or '', FAILED) then
    redis.call('DEL', keys[2])
  end
  return redis.call('DEL', keys[1])
end

register('find', find)
register('renew', renew)
register('keep', keep)
register('fail', fail)
register('forget', forget)

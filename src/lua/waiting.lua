-- How long fresh jobs wait, though nothing in them says when they were pushed.
--
-- Now and then it is noted how many jobs were taken and waiting together: `seen`
-- in `meta` has 'count ms ' for each such look, oldest first. Who waits behind
-- fewer jobs than that was there already.

-- Looks are that far apart, or an eighth of what they tell: few are enough.
local LOOK_MS, NEAR = 900, 8

-- Calls keep(count, ms) for each look that tells something of those who wait.
-- Where somebody else removed jobs, counts are higher than there are jobs.
local function each_look(seen, taken, waiting, keep)
  for count, ms in string.gmatch(seen or '', '(%d+) (%d+) ') do
    if tonumber(count) > taken and tonumber(count) <= taken + waiting then
      keep(count, tonumber(ms))
    end
  end
end

-- For how long the first of them was certainly waiting, in ms.
local function waited(taken, seen, waiting, now)
  local first = now
  each_look(seen, tonumber(taken or 0), waiting, function(_, ms)
    first = math.min(first, ms)
  end)
  return now - first
end

-- Looks: some of them are waiting, or `seen` is there.
local function note_waiting(meta, seen, waiting, now)
  if waiting == 0 then
    redis.call('HDEL', meta, 'seen')
    return
  end
  local taken = tonumber(redis.call('HGET', meta, 'seq') or 0)
  local looks, first, last, last_count = {}, now, 0, 0
  each_look(seen, taken, waiting, function(count, ms)
    if ms <= now then
      looks[#looks + 1] = count .. ' ' .. text(ms) .. ' '
      first, last, last_count = math.min(first, ms), ms, tonumber(count)
    end
  end)
  if taken + waiting > last_count and
    now - last >= math.max(LOOK_MS, (now - first) / NEAR) then
    looks[#looks + 1] = text(taken + waiting) .. ' ' .. text(now) .. ' '
  end
  local fresh = table.concat(looks)
  if fresh ~= seen then
    redis.call('HSET', meta, 'seen', fresh)
  end
end

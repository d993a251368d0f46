#!lua name=extq_@HASH@
-- The server side of extq: every move of a job between keys is one call here,
-- so a job is in exactly one key at any instant. All time is the server's.
-- Each call on a queue names one key that is never there, '...:parked:'. While a
-- slot of a cluster migrates, Redis then turns the whole call away (ASK, TRYAGAIN):
-- otherwise it would end one amid its writes, at the first key that is not there.
-- Everything works above maxmemory (allow-oom): only enqueueing is refused
-- then, and services drain.
--
-- A record is '<seq> <claims> <attempts> <flags> <first_ms> <history>\n<job>'.
-- A job that is held for the first time is its producer's bytes alone, and what
-- else its record has is in its field: a line in front would cost as much as all
-- the rest of a claim, for Lua goes through every byte of a string it makes.

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

-- '-<n>'. The texts are kept: making them costs more than what they are for.
local DASHED, DASHED_MAX = {}, 1024

local function dashed(n)
  local known = DASHED[n] or string.format('-%.0f', n)
  if n < DASHED_MAX then
    DASHED[n] = known
  end
  return known
end

-- The field of a job that is held for the first time: '<tag>:<seq>', seq being
-- '<jobs before>-<first_ms>-<n>'. Later ones end with '+' and the claim's microseconds.
local FIRST_FIELD = '^[^:]*:(%d+%-(%d+)%-%d+)$'

-- The record of what is held under that field.
local function held_record(field, held)
  local seq, first_ms = string.match(field, FIRST_FIELD)
  return seq and seq .. ' 1 0 0 ' .. first_ms .. ' -\n' .. held or held
end

-- The fence: when the lease ends, or false. One that ran out but was not taken
-- by a sweep may be renewed (its jobs are still untouched); the sweep sets it to
-- 0, and that is for ever.
local function owns(leases, epoch)
  local ends = tonumber(redis.call('ZSCORE', leases, epoch) or 0)
  return ends > 0 and ends
end

-- One call moves so many bytes and little more, looked at every few jobs: Redis
-- serves nobody else meanwhile, and its answer must come in time.
local ENOUGH, STEP = 4194304, 4

-- In the services hash, beside the epoch itself: how often its worker `tag` has
-- recovered. Claims from before the last time are refused.
local function generation_field(epoch, tag)
  return epoch .. ':' .. tag .. ':recovered'
end

-- Counts what happened to gates, see gates.lua: services look when it rises.
local function version_of(gates)
  return redis.call('HGET', gates, ':version') or '0'
end

-- The queue itself has a gate, ':', which only operators shut: nothing is claimed
-- then. What nobody of ours wrote there is a pause.
local function is_paused(gates, now)
  local state = redis.call('HGET', gates, ':')
  local ends = state and tonumber(string.match(state, '^%l+ %d+ (%d+) ') or 0)
  return state and (ends == 0 or ends > now)
end

local function register(name, callback)
  redis.register_function{
    function_name = 'extq_' .. name .. '_@HASH@',
    callback = callback,
    flags = {'allow-oom'},
  }
end

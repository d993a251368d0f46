#!lua name=shop
-- A function of the platform's own that does what it has to do and enqueues in
-- the same step: both happen or neither does. Load and call:
--
--     redis-cli -x FUNCTION LOAD < enqueue.lua
--     redis-cli FCALL add_lead 2 'shop:{default}:leads' 'extq:{default}:jobs' \
--       evt_9f2c acme '{"name":"Ada"}'
--
-- In a cluster both keys need the hash tag of the queue, {default} here. When
-- Redis is full the call is refused as a whole, before anything is done.
-- Without a function the same is a transaction: MULTI, HSETNX, LPUSH, EXEC.
redis.register_function('add_lead', function(keys, args)
  local id, tenant, lead = args[1], args[2], args[3]
  if redis.call('HSETNX', keys[1], id, lead) == 0 then
    return 0 -- this event was here before: called again after no answer
  end
  -- The payload is JSON already; decoding and encoding it would change it.
  redis.call('LPUSH', keys[2], '{"id":' .. cjson.encode(id)
    .. ',"container":' .. cjson.encode(tenant)
    .. ',"point":"on-new-lead","payload":{"lead":' .. lead .. '}}')
  return 1
end)

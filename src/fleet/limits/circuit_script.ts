/**
 * The script by which gateways share circuits.
 *
 * @module
 */

/**
 * `KEYS`: the open circuits, by when their cooldown ends, and the probe of one of them. `ARGV`: event,
 * circuit, milliseconds, channel, and a name for the gateway. What changed is published as `CIRCUIT MS`, or `CIRCUIT closed`.
 *
 * - `opened`, `closed`, `released`: as reported.
 * - `probe`: answers 1 and the time, or 0 and the time for which another gateway probes.
 * - `all`: answers each open circuit and the milliseconds until its cooldown ends.
 *
 * A circuit that nobody has closed an hour after its cooldown is forgotten.
 */
export const CIRCUIT_SCRIPT: string = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local event, circuit, ms, channel, owner = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4], ARGV[5]
local kept = 3600000
if event == 'opened' then
  redis.call('DEL', KEYS[2])
  redis.call('ZADD', KEYS[1], now + ms, circuit)
  redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - kept)
  redis.call('PEXPIRE', KEYS[1], math.max(redis.call('PTTL', KEYS[1]), ms + kept))
  redis.call('PUBLISH', channel, circuit .. ' ' .. ms)
elseif event == 'closed' then
  redis.call('DEL', KEYS[2])
  redis.call('ZREM', KEYS[1], circuit)
  redis.call('PUBLISH', channel, circuit .. ' closed')
elseif event == 'released' then
  if redis.call('GET', KEYS[2]) == owner then redis.call('DEL', KEYS[2]) end
elseif event == 'probe' then
  if redis.call('SET', KEYS[2], owner, 'PX', ms, 'NX') then return {1, ms} end
  return {0, redis.call('PTTL', KEYS[2])}
else
  local open = {}
  local found = redis.call('ZRANGEBYSCORE', KEYS[1], now - kept, '+inf', 'WITHSCORES')
  for i = 1, #found, 2 do
    open[#open + 1] = found[i]
    open[#open + 1] = math.max(0, found[i + 1] - now)
  end
  return open
end
return {}
`;

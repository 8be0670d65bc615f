/**
 * The script by which the engine leases tokens: the one place where a shared limit is counted.
 *
 * @module
 */

/**
 * `KEYS`: the epoch, then a bucket a request. `ARGV`: the engine's run, the memory that the gateway knew
 * before, then six numbers a request: limit, window, lease, want, back, alone. Answers two numbers a request: granted, and
 * milliseconds until there is one more; then the memory that there is.
 *
 * - Time is the engine's own: the clocks of gateways do not matter.
 * - A bucket has `n` tokens at the time `t`. What it has granted since `s` is `g`, and `p` in the slot
 *   before: tokens that may still be on lease. Together they never are more than the limit.
 * - A memory begins when an engine starts, or is emptied (FLUSHALL): what was granted before may be
 *   lost. From then on (`since`) what it does not know for certain is spent. Only where no gateway
 *   knew another memory is an engine new.
 * - A clock that was set back by more than the longest lease is believed from now on.
 * - Keys expire when their bucket would be full; the epoch after a year without any request.
 */
export const LEASE_SCRIPT: string = `
local clock = redis.call('TIME')
local now = clock[1] * 1000 + clock[2] / 1000
local run, known = ARGV[1], ARGV[2]
local epoch = redis.call('HMGET', KEYS[1], 'run', 'since', 'memory')
local since, memory = tonumber(epoch[2]) or 0, epoch[3]
if epoch[1] ~= run then
  memory = run .. ' ' .. string.format('%.3f', now)
  since = (epoch[1] or known ~= '') and now or 0
  redis.call('HSET', KEYS[1], 'run', run, 'since', since, 'memory', memory)
elseif since > now + 1000 or since == 0 and known ~= '' and known ~= memory then
  since = now
  redis.call('HSET', KEYS[1], 'since', since)
end
redis.call('PEXPIRE', KEYS[1], 31536000000)

local answers = {}
for i = 2, #KEYS do
  local a = 3 + (i - 2) * 6
  local limit, window, lease = tonumber(ARGV[a]), tonumber(ARGV[a + 1]), tonumber(ARGV[a + 2])
  local want, back, alone = tonumber(ARGV[a + 3]), tonumber(ARGV[a + 4]), tonumber(ARGV[a + 5])
  local rate = limit / window
  local kept = redis.call('HMGET', KEYS[i], 'n', 't', 's', 'g', 'p')
  local n, t = tonumber(kept[1]), tonumber(kept[2])
  local s, g, p = tonumber(kept[3]) or now, tonumber(kept[4]) or 0, tonumber(kept[5]) or 0
  if s > now + 1000 then
    s, g, p = now, 0, g
  end
  if t and t > now + 1000 then
    t = now
  end
  if (t or 0) < since then
    n, t, s, g, p = 0, since, now, 0, 0
  elseif not n then
    n, t = limit, now
  end
  if now - s >= 2 * lease then
    s, g, p = now, 0, 0
  elseif now - s >= lease then
    s, g, p = now, 0, g
  end
  local gained = math.max(0, now - t) * rate
  n = math.min(n + gained + back, limit - g - p)
  n = math.max(n - alone, -limit)
  local granted = math.max(0, math.min(want, math.floor(n + 0.000001)))
  n, g = n - granted, g + granted
  redis.call('HSET', KEYS[i], 'n', n, 't', math.max(now, t), 's', s, 'g', g, 'p', p)
  redis.call('PEXPIRE', KEYS[i], math.ceil((limit - n) / rate + 2 * lease))
  answers[#answers + 1] = granted
  answers[#answers + 1] = granted < want and math.ceil((1 - n) / rate) or 0
end
answers[#answers + 1] = memory
return answers
`;

// What postgres/attempt-repository.ts says in SQL. Each key is a hash: level, as of counted, and blocked, until when.
// A negative time asks for the clock of the server.
const clock = `
local time = tonumber(ARGV[1])
if time < 0 then
  local now = redis.call('TIME')
  time = now[1] * 1000 + math.floor(now[2] / 1000)
end`;
const text = (value: string) => `string.format('%.0f', ${value})`;

/** Keys; time, then of each key: free, first delay, longest delay, time to forget one, most that is remembered. Gives of each: admitted, when, delay. */
export const reserveScript = `${clock}
local answers = {}
for i, key in ipairs(KEYS) do
  local at = 2 + (i - 1) * 5
  local free, first, longest = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local forget, most = tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local kept = redis.call('HMGET', key, 'level', 'counted', 'blocked')
  local level, counted, blocked = tonumber(kept[1]) or 0, tonumber(kept[2]) or time, tonumber(kept[3]) or 0
  if blocked > time then
    answers[i] = {'0', '0', ${text('math.ceil(blocked - time)')}}
  else
    level = math.min(most, 1 + math.max(0, level - math.max(0, time - counted) / forget))
    local delay = 0
    if math.ceil(level - 0.1) >= free then delay = math.min(longest, first * 2 ^ (math.ceil(level - 0.1) - free)) end
    redis.call('HSET', key, 'level', level, 'counted', ${text('time')}, 'blocked', delay > 0 and ${text('time + delay')} or '0')
    redis.call('PEXPIRE', key, ${text('math.ceil(level * forget + longest)')})
    answers[i] = {'1', ${text('time')}, ${text('delay')}}
  end
end
return answers`;

/** Keys; of each key: when it was counted, and whether all is forgotten. */
export const settleScript = `
for i, key in ipairs(KEYS) do
  local counted, cleared = ARGV[i * 2 - 1], ARGV[i * 2] == '1'
  local kept = redis.call('HMGET', key, 'level', 'counted')
  if kept[1] then
    if cleared then
      redis.call('DEL', key)
    else
      redis.call('HSET', key, 'level', math.max(0, kept[1] - 1))
      if kept[2] == counted then redis.call('HSET', key, 'blocked', '0') end
    end
  end
end`;

/** A key; time, failures, time to forget one. Gives how many there are by now. */
export const countScript = `${clock}
local failures, forget = tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'level', 'counted')
local level = failures + math.max(0, (tonumber(kept[1]) or 0) - math.max(0, time - (tonumber(kept[2]) or time)) / forget)
if failures > 0 then
  redis.call('HSET', KEYS[1], 'level', level, 'counted', ${text('time')})
  redis.call('PEXPIRE', KEYS[1], ${text('math.ceil(level * forget) + 1000')})
end
return tostring(level)`;

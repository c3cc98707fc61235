-- Adds members to a set. KEYS[2] is the set; ARGV[5] is now, ARGV[6] the end of the members' lives,
-- ARGV[7] how many members a set has at most, ARGV[8] how many expired ones are removed at most,
-- ARGV[9] for how many milliseconds a set outlives its last member, the others are the members.
local set, now, last, max = KEYS[2], tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local expired = math.min(redis.call('ZCOUNT', set, '-inf', ARGV[5]), tonumber(ARGV[8]))
if expired > 0 then
  redis.call('ZREMRANGEBYRANK', set, 0, expired - 1)
end
local new = {}
for at = 10, #ARGV do
  local member = ARGV[at]
  local score = tonumber(redis.call('ZSCORE', set, member) or '-1')
  if score > now then
    if last > score then
      redis.call('ZADD', set, ARGV[6], member)
    end
    new[at - 9] = 0
  else
    if score >= 0 then
      redis.call('ZREM', set, member)
    end
    local size = redis.call('ZCARD', set)
    if size >= max then
      redis.call('ZREMRANGEBYRANK', set, 0, size - max)
    end
    redis.call('ZADD', set, ARGV[6], member)
    new[at - 9] = 1
  end
end
revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
local latest = tonumber(redis.call('ZRANGE', set, -1, -1, 'WITHSCORES')[2] or ARGV[6])
redis.call('PEXPIRE', set, string.format('%.0f', latest - now + tonumber(ARGV[9])))
return {'done', epoch, revision, new}

-- Writes a value. KEYS[2] has the names of all values, KEYS[3] is the value, KEYS[4], if given, what
-- was uploaded for it. ARGV[5] is the condition: *, nothing for none, or an etag; ARGV[6] is the
-- random half of the etag, ARGV[7] the name, ARGV[8] the channel, ARGV[9] the value or its length.
local current = redis.call('GETRANGE', KEYS[3], 0, 31)
if ARGV[5] ~= '*' and ARGV[5] ~= current then
  return {'conflict', epoch, revision, current}
end
if KEYS[4] and redis.call('STRLEN', KEYS[4]) ~= tonumber(ARGV[9]) then
  return {'gone', epoch, revision, ''}
end
-- First what may not be permitted, so that a refusal changes nothing.
redis.call('PUBLISH', ARGV[8], ARGV[7])
revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
local etag = string.format('%016x', revision) .. ARGV[6]
redis.call('ZADD', KEYS[2], 0, ARGV[7])
if KEYS[4] then
  redis.call('SETRANGE', KEYS[4], 0, etag)
  redis.call('PERSIST', KEYS[4])
  redis.call('RENAME', KEYS[4], KEYS[3])
else
  redis.call('SET', KEYS[3], etag .. ARGV[9])
end
return {'done', epoch, revision, etag}

-- Takes a value away. KEYS and ARGV as for put, without a value.
local current = redis.call('GETRANGE', KEYS[3], 0, 31)
if ARGV[5] ~= '*' and ARGV[5] ~= current then
  return {'conflict', epoch, revision, current}
end
if current ~= '' then
  redis.call('PUBLISH', ARGV[8], ARGV[7])
  revision = redis.call('HINCRBY', KEYS[1], 'revision', 1)
  redis.call('ZREM', KEYS[2], ARGV[7])
  redis.call('UNLINK', KEYS[3])
end
return {'done', epoch, revision, current}

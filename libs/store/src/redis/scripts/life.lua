-- Before each write: KEYS[1] is what the namespace knows about itself; ARGV[1] and ARGV[2] are the
-- epoch and the revision that the caller has seen, ARGV[3] is an epoch that nobody had, ARGV[4] is
-- 1 when the caller wants nothing written to any other epoch than ARGV[1].
local about = redis.call('HMGET', KEYS[1], 'epoch', 'revision')
local epoch, revision = about[1], tonumber(about[2] or '0')
if not epoch or (epoch == ARGV[1] and revision < tonumber(ARGV[2])) then
  epoch = ARGV[3]
  redis.call('HSET', KEYS[1], 'format', '1', 'epoch', epoch)
end
if ARGV[4] == '1' and epoch ~= ARGV[1] then
  return {'lost', epoch, revision, ''}
end

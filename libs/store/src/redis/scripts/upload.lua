-- Adds a part to an upload. KEYS[1] is the upload; ARGV[1] is where the part begins, ARGV[2] the
-- part, ARGV[3] for how many milliseconds the upload lives on. The length, or nothing when it is
-- gone.
local length = redis.call('STRLEN', KEYS[1])
if length > 0 and length ~= tonumber(ARGV[1]) or length == 0 and ARGV[1] ~= '32' then
  return -1
end
length = redis.call('SETRANGE', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return length

-- Reads a page of values. KEYS[2] has the names of all values; ARGV[1] is what stands before a name
-- in the key of its value, ARGV[2] and ARGV[3] are the first and the last name, ARGV[4] is how many
-- values a page has, ARGV[5] after how many octets it ends, ARGV[6] the last octet of each value
-- that is given.
local about = redis.call('HMGET', KEYS[1], 'epoch', 'revision')
local limit = tonumber(ARGV[4])
local names = redis.call('ZRANGE', KEYS[2], ARGV[2], ARGV[3], 'BYLEX', 'LIMIT', 0, limit + 1)
local entries, next, octets = {}, '', 0
for at, name in ipairs(names) do
  if at > limit or octets >= tonumber(ARGV[5]) then
    next = names[at - 1]
    break
  end
  local key = ARGV[1] .. name
  local length = redis.call('STRLEN', key)
  -- A server that evicts keys may have a name without its value.
  if length > 0 then
    octets = octets + length - 32
    entries[#entries + 1] = {name, length, redis.call('GETRANGE', key, 0, ARGV[6])}
  end
end
return {about[1] or '', about[2] or '0', next, entries}

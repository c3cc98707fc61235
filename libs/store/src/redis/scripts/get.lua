-- Reads a part of a value. KEYS[1] is what the namespace knows about itself, KEYS[2] the value;
-- ARGV[1] and ARGV[2] are the first and the last octet.
local about = redis.call('HMGET', KEYS[1], 'epoch', 'revision')
local etag, length = redis.call('GETRANGE', KEYS[2], 0, 31), redis.call('STRLEN', KEYS[2])
local part = redis.call('GETRANGE', KEYS[2], ARGV[1], ARGV[2])
return {about[1] or '', about[2] or '0', etag, length, part}

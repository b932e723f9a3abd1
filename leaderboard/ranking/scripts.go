package ranking

import "github.com/redis/go-redis/v9"

// The scripts that read and write. Every key that one touches is named in KEYS,
// and all keys of a drive share a hash tag, so that they run on Redis Cluster.
//
// A period of a drive is three keys: two sorted sets, by amount and by donors,
// with the same members ("<reached>|<host>", reached as 16 hex digits) and the
// negative figure as score, so that the order of the set is that of the board;
// and a hash from host to "<version>|<member>", where an unlisted host has no
// member and "*" has "<version>|<cents>|<donors>".
type scripts struct{ put, finish, read, around *redis.Script }

func newScripts() scripts {
	return scripts{
		put: redis.NewScript(putScript), finish: redis.NewScript(finishScript),
		read: redis.NewScript(readScript), around: redis.NewScript(aroundScript),
	}
}

// putScript puts values in. KEYS: meta, names of periods, number of chunks built;
// then three keys a period. ARGV: generation, "live" or "build", now, version and
// witness of the mark ("" if more is to come), number of periods, their names; then
// for each value: index of the period's first key, host, version, both scores, member
// (for "*" the figures themselves, and no member).
// It returns -1 if the generation is not the present one.
const putScript = `
local gen, live, now = ARGV[1], ARGV[2] == 'live', ARGV[3]
if live and redis.call('HGET', KEYS[1], 'gen') ~= gen then return -1 end
local periods = tonumber(ARGV[6])
if periods > 0 then redis.call('SADD', KEYS[2], unpack(ARGV, 7, 6 + periods)) end
local seen = 0
for i = 7 + periods, #ARGV, 6 do
  local k = tonumber(ARGV[i])
  local host, version, member = ARGV[i+1], tonumber(ARGV[i+2]), ARGV[i+5]
  local old = redis.call('HGET', KEYS[k+2], host)
  local held, before = -1, ''
  if old then
    local cut = string.find(old, '|', 1, true) or 0
    held, before = tonumber(string.sub(old, 1, cut - 1)) or -1, string.sub(old, cut + 1)
  end
  if version > held then
    local changed = false
    if host == '*' then
      member = ARGV[i+3] .. '|' .. ARGV[i+4]
      changed = member ~= before
    else
      if before ~= '' and before ~= member then
        redis.call('ZREM', KEYS[k], before)
        redis.call('ZREM', KEYS[k+1], before)
        changed = true
      end
      if member ~= '' then
        changed = redis.call('ZADD', KEYS[k], 'CH', ARGV[i+3], member) > 0 or changed
        changed = redis.call('ZADD', KEYS[k+1], 'CH', ARGV[i+4], member) > 0 or changed
      end
    end
    redis.call('HSET', KEYS[k+2], host, ARGV[i+2] .. '|' .. member)
    if changed and version > seen then seen = version end
  end
end
if not live then
  redis.call('INCR', KEYS[3])
  for i = 2, #KEYS do redis.call('EXPIRE', KEYS[i], 3600) end
  return seen
end
if ARGV[4] ~= '' or seen > 0 then
  local meta = redis.call('HMGET', KEYS[1], 'version', 'shown')
  if ARGV[4] ~= '' and tonumber(ARGV[4]) >= (tonumber(meta[1]) or 0) then
    redis.call('HSET', KEYS[1], 'version', ARGV[4], 'witness', ARGV[5])
  end
  if seen > 0 then
    if seen < (tonumber(meta[2]) or 0) then seen = meta[2] end
    redis.call('HSET', KEYS[1], 'shown', seen, 'at', now)
  end
end
return seen`

// finishScript makes a generation that has been built the present one. KEYS: meta,
// number of chunks built, and every other key of the generation. ARGV: generation,
// the one that it takes the place of, chunks, now, version, witness. It returns 0 if
// another process was quicker or something of it was lost.
const finishScript = `
if (redis.call('HGET', KEYS[1], 'gen') or '') ~= ARGV[2] then return 0 end
if redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
redis.call('DEL', KEYS[2])
for i = 3, #KEYS do redis.call('PERSIST', KEYS[i]) end
local shown = tonumber(redis.call('HGET', KEYS[1], 'shown')) or 0
if shown < tonumber(ARGV[5]) then shown = ARGV[5] end
redis.call('HSET', KEYS[1], 'gen', ARGV[1], 'version', ARGV[5], 'witness', ARGV[6], 'shown', shown, 'at', ARGV[4])
return 1`

// readScript reads rows. KEYS: meta, the set that orders, the other, the hash. ARGV:
// generation, first and last index. It returns the present generation alone if it is
// another; else generation, shown, at, the total, members with scores, scores of the other.
const readScript = `
local meta = redis.call('HMGET', KEYS[1], 'gen', 'shown', 'at')
if meta[1] ~= ARGV[1] then return {meta[1] or ''} end
local rows = redis.call('ZRANGE', KEYS[2], ARGV[2], ARGV[3], 'WITHSCORES')
local others, members = {}, {}
for i = 1, #rows, 2 do
  members[#members + 1] = rows[i]
  if #members == 4000 or i == #rows - 1 then
    local scores = redis.call('ZMSCORE', KEYS[3], unpack(members))
    if i == #rows - 1 and #others == 0 then others = scores
    else for j = 1, #scores do others[#others + 1] = scores[j] end end
    members = {}
  end
end
return {meta[1], meta[2] or '0', meta[3] or '0', redis.call('HGET', KEYS[4], '*') or '', rows, others}`

// aroundScript reads the rows around a host. KEYS as readScript. ARGV: generation,
// host, rows before and after. It returns the present generation alone if it is
// another; else generation, index of the first row (-1: not there), how many are better
// than that one, members with scores, scores of the other.
const aroundScript = `
local gen = redis.call('HGET', KEYS[1], 'gen')
if gen ~= ARGV[1] then return {gen or ''} end
local held = redis.call('HGET', KEYS[4], ARGV[2])
if not held then return {gen, -1} end
local member = string.sub(held, (string.find(held, '|', 1, true) or 0) + 1)
local index = redis.call('ZRANK', KEYS[2], member)
if not index then return {gen, -1} end
local n = tonumber(ARGV[3])
local first = index > n and index - n or 0
local rows = redis.call('ZRANGE', KEYS[2], first, index + n, 'WITHSCORES')
local members = {}
for i = 1, #rows, 2 do members[#members + 1] = rows[i] end
return {gen, first, redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. rows[2]), rows, redis.call('ZMSCORE', KEYS[3], unpack(members))}`

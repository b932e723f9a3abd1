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
//
// Of a drive there is besides a hash, meta: the generation, the mark, the edition, when
// figures last changed ("at"), and the version that the public sees ("shown", which is
// told by the time of the change as laterStamp does).
type scripts struct{ put, finish, read, around *redis.Script }

func newScripts() scripts {
	return scripts{
		put: redis.NewScript(putScript), finish: redis.NewScript(finishScript),
		read: redis.NewScript(readScript), around: redis.NewScript(aroundScript),
	}
}

// stampScript gives the version that the public sees after a change.
const stampScript = `
local function stamp(shown, now)
  return string.format('%.0f', math.max((tonumber(shown) or 0) + 1, tonumber(now)))
end`

// putScript puts values in. KEYS: meta, names of periods, number of chunks built;
// then three keys a period. ARGV: generation, "live" or "build", now, version and
// witness of the mark ("" if more is to come), edition, channel and name of this process for
// the wake-up, number of periods, their names; then for each value: index of the period's
// first key, host, version, both scores, member (for "*" the figures themselves, and
// no member). It returns -1 if the generation is not the present one, and else whether
// there was anything to be seen.
const putScript = stampScript + `
local call, KEYS, ARGV = redis.call, KEYS, ARGV
local live = ARGV[2] == 'live'
local meta = call('HMGET', KEYS[1], 'gen', 'version', 'shown', 'edition')
if live and meta[1] ~= ARGV[1] then return -1 end
local periods = tonumber(ARGV[9])
if periods > 0 then call('SADD', KEYS[2], unpack(ARGV, 10, 9 + periods)) end
local seen = false
for i = 10 + periods, #ARGV, 6 do
  local k = tonumber(ARGV[i])
  local host, version, member = ARGV[i+1], tonumber(ARGV[i+2]), ARGV[i+5]
  local old = call('HGET', KEYS[k+2], host)
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
        call('ZREM', KEYS[k], before)
        call('ZREM', KEYS[k+1], before)
        changed = true
      end
      if member ~= '' then
        changed = call('ZADD', KEYS[k], 'CH', ARGV[i+3], member) > 0 or changed
        changed = call('ZADD', KEYS[k+1], 'CH', ARGV[i+4], member) > 0 or changed
      end
    end
    call('HSET', KEYS[k+2], host, ARGV[i+2] .. '|' .. member)
    seen = seen or changed
  end
end
if not live then
  call('INCR', KEYS[3])
  for i = 2, #KEYS do call('EXPIRE', KEYS[i], 3600) end
  return 0
end
local set = {}
if ARGV[4] ~= '' and tonumber(ARGV[4]) >= (tonumber(meta[2]) or 0) then
  set = {'version', ARGV[4], 'witness', ARGV[5]}
end
if seen then
  set[#set + 1], set[#set + 2] = 'at', ARGV[3]
end
if tonumber(ARGV[6]) > (tonumber(meta[4]) or 0) then
  set[#set + 1], set[#set + 2] = 'edition', ARGV[6]
  seen = true
end
if seen then
  set[#set + 1], set[#set + 2] = 'shown', stamp(meta[3], ARGV[3])
end
if #set > 0 then call('HSET', KEYS[1], unpack(set)) end
if seen then call('PUBLISH', ARGV[7], ARGV[8]) end
return seen and 1 or 0`

// finishScript makes a generation that has been built the present one, and lets the
// one before expire, in case nobody comes to remove it. KEYS: meta, number of chunks
// built, every other key of the generation, and those of the one before. ARGV:
// generation, the one that it takes the place of, chunks, now, version, witness, edition,
// channel and name of this process for the wake-up, number of the keys that are not the one
// before's, the version that this process has seen. It returns 0 if another process was quicker or something of it was lost. A
// second call changes nothing and returns 1: the client asks again where the answer was lost.
const finishScript = stampScript + `
local gen = redis.call('HGET', KEYS[1], 'gen') or ''
if gen == ARGV[1] then return 1 end
if gen ~= ARGV[2] or redis.call('GET', KEYS[2]) ~= ARGV[3] then return 0 end
local own = tonumber(ARGV[10])
redis.call('DEL', KEYS[2])
for i = 3, own do redis.call('PERSIST', KEYS[i]) end
for i = own + 1, #KEYS do redis.call('EXPIRE', KEYS[i], 3600) end
local shown = stamp(math.max(tonumber(redis.call('HGET', KEYS[1], 'shown') or 0), tonumber(ARGV[11])), ARGV[4])
redis.call('HSET', KEYS[1], 'gen', ARGV[1], 'version', ARGV[5], 'witness', ARGV[6], 'edition', ARGV[7], 'shown', shown, 'at', ARGV[4])
redis.call('PUBLISH', ARGV[8], ARGV[9])
return 1`

// othersScript gives, of members with scores, the scores in the other set. Lua takes
// no more than some 8,000 arguments at a time.
const othersScript = `
local function others(key, rows)
  local scores = {}
  for from = 1, #rows, 8000 do
    local members = {}
    for i = from, math.min(from + 7998, #rows - 1), 2 do members[#members + 1] = rows[i] end
    local part = redis.call('ZMSCORE', key, unpack(members))
    if #rows <= 8000 then return part end
    for i = 1, #part do scores[#scores + 1] = part[i] end
  end
  return scores
end`

// readScript reads rows. KEYS: meta, the set that orders, the other, the hash. ARGV:
// generation, first and last index. It returns the present generation alone if it is
// another; else generation, shown, at, the total, members with scores, scores of the other.
const readScript = othersScript + `
local meta = redis.call('HMGET', KEYS[1], 'gen', 'shown', 'at')
if meta[1] ~= ARGV[1] then return {meta[1] or ''} end
local rows = redis.call('ZRANGE', KEYS[2], ARGV[2], ARGV[3], 'WITHSCORES')
return {meta[1], meta[2] or '0', meta[3] or '0', redis.call('HGET', KEYS[4], '*') or '', rows, others(KEYS[3], rows)}`

// aroundScript reads the rows around a host. KEYS as readScript. ARGV: generation,
// host, rows before and after; for 0 it does not look where the host's row is, which
// then counts as the first. It returns the present generation alone if it is
// another; else generation, index of the first row (-1: not there), how many are better
// than that one, members with scores, scores of the other.
const aroundScript = othersScript + `
local gen = redis.call('HGET', KEYS[1], 'gen')
if gen ~= ARGV[1] then return {gen or ''} end
local held = redis.call('HGET', KEYS[4], ARGV[2])
if not held then return {gen, -1} end
local member = string.sub(held, (string.find(held, '|', 1, true) or 0) + 1)
if ARGV[3] == '0' then
  local score = redis.call('ZSCORE', KEYS[2], member)
  if not score then return {gen, -1} end
  return {gen, 0, redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. score), {member, score}, redis.call('ZMSCORE', KEYS[3], member)}
end
local index = redis.call('ZRANK', KEYS[2], member)
if not index then return {gen, -1} end
local first = math.max(index - tonumber(ARGV[3]), 0)
local rows = redis.call('ZRANGE', KEYS[2], first, index + tonumber(ARGV[3]), 'WITHSCORES')
return {gen, first, redis.call('ZCOUNT', KEYS[2], '-inf', '(' .. rows[2]), rows, others(KEYS[3], rows)}`

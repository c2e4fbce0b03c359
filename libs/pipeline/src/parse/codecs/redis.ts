// The redis codec: Redis' and Valkey's own log.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
import { readTimestamp } from "../timestamps.ts"

const RedisConfig = Schema.Struct({})

export const redis = defineCodec({
  name: "redis",
  summary: "Reads `4213:M 30 Nov 2026 14:22:01.345 # message`, the log of Redis and Valkey.",
  config: RedisConfig,
  examples: [{ title: "Redis", config: {} }],
  make: () => Effect.succeed(bindRedis)
})

const space = 32
const colon = 58
const mostDigits = 8

/** Severity by the mark: `.` debug, `-` verbose, `*` notice, `#` warning. Attributes: `pid` and `redis.role` (M, S, C, X). */
export const bindRedis: BindCodec = ({ keys, time, instant }) => {
  const processId = keys.fix("pid")
  const redisRole = keys.fix("redis.role")
  return {
    name: "redis",
    decode: (bytes, start, end, draft) => {
      let at = start
      while (at < end && at - start < mostDigits && isDigit(bytes[at])) at++
      const letter = bytes[at + 1]
      if (at === start || bytes[at] !== colon || !(letter >= 65 && letter <= 90) || bytes[at + 2] !== space)
        return false
      if (!readTimestamp(bytes, at + 3, end, time, instant) || bytes[instant.end] !== space) return false
      const mark = instant.end + 1
      const level = severityOf(bytes[mark])
      if (level === 0 || mark + 1 >= end || bytes[mark + 1] !== space) return false
      draft.takeTime(instant, at + 3, instant.end - at - 3)
      draft.severityNumber = level
      draft.addAttribute(processId, start, at - start)
      draft.addAttribute(redisRole, at + 1, 1)
      draft.setRole(role.body, mark + 2, end - mark - 2)
      return true
    }
  }
}

const severityOf = (mark: number): number =>
  mark === 35 ? 13 : mark === 42 ? 10 : mark === 45 ? 5 : mark === 46 ? 5 : 0

// The zabbix codec: lines of Zabbix's server, proxy and agent.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { fraction, isDigit, midnight, twoDigits } from "../instant.ts"

const ZabbixConfig = Schema.Struct({})

export const zabbix = defineCodec({
  name: "zabbix",
  summary: "Reads lines of Zabbix, `pid:YYYYMMDD:hhmmss.mmm message`, also where blanks stand before them.",
  config: ZabbixConfig,
  examples: [{ title: "Server, proxy and agent", config: {} }],
  make: () => Effect.succeed(bindZabbix)
})

const space = 32
const colon = 58
const dot = 46
const dateAndTime = 20

/** Attribute: `pid`. Zabbix writes no level. */
export const bindZabbix: BindCodec = ({ keys, time, instant }) => {
  const processId = keys.fix("pid")
  return {
    name: "zabbix",
    decode: (bytes, start, end, draft) => {
      let at = start
      while (at < end && bytes[at] === space) at++
      const process = at
      while (at < end && isDigit(bytes[at])) at++
      const stamp = at + 1
      if (at === process || bytes[at] !== colon || bytes[stamp + 8] !== colon || bytes[stamp + 15] !== dot) return false
      const day = midnight(
        twoDigits(bytes, stamp) * 100 + twoDigits(bytes, stamp + 2),
        twoDigits(bytes, stamp + 4),
        twoDigits(bytes, stamp + 6)
      )
      const hour = twoDigits(bytes, stamp + 9)
      const minute = twoDigits(bytes, stamp + 11)
      const second = twoDigits(bytes, stamp + 13)
      if (Number.isNaN(day) || stamp + dateAndTime > end || !isDigit(bytes[stamp + 16])) return false
      if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 60) return false
      instant.millis = day + hour * 3_600_000 + minute * 60_000 + second * 1000
      instant.nanos = 0
      const behind = fraction(bytes, stamp + 16, end, instant)
      if (bytes[behind] !== space || behind >= end) return false
      instant.millis -= time.zone.offsetMinutes(instant.millis) * 60_000
      draft.takeTime(instant, stamp, behind - stamp)
      draft.addAttribute(processId, process, at - process)
      draft.setRole(role.body, behind + 1, end - behind - 1)
      return true
    }
  }
}

// The iis codec: access logs of IIS in the W3C extended format with the fields that it writes by default.
import { Effect, Schema } from "effect"
import { type BindCodec, defineCodec } from "../codec.ts"
import { role } from "../field-roles.ts"
import { isDigit } from "../instant.ts"
import { wordEnd } from "../syslog-header.ts"
import { readIso } from "../timestamp-iso.ts"
import { utc } from "../zone.ts"

const IisConfig = Schema.Struct({})

export const iis = defineCodec({
  name: "iis",
  summary:
    "Reads access logs of IIS with its default fields, with or without the referrer; the body is the whole line.",
  config: IisConfig,
  examples: [{ title: "u_ex261120.log", config: {} }],
  make: () => Effect.succeed(bindIis)
})

const dash = 45
// The fields behind date and time, with the referrer and, as older versions write them, without.
const before = [
  "server.address",
  "http.method",
  "http.path",
  "http.query",
  "server.port",
  "user",
  "client",
  "user_agent"
]
const behind = ["http.status", "http.substatus", "iis.win32_status", "duration_ms"]
const most = before.length + 1 + behind.length
const methodField = 1
const portField = 4

/** Times are UTC whatever the zone of others. Severity by the status: 5xx error, 4xx warning, else information. */
export const bindIis: BindCodec = ({ keys, instant }) => {
  const full = [...before, "referer", ...behind].map((key) => keys.fix(key))
  const short = [...before, ...behind].map((key) => keys.fix(key))
  const starts = new Int32Array(most)
  const ends = new Int32Array(most)
  return {
    name: "iis",
    decode: (bytes, start, end, draft) => {
      if (!isDigit(bytes[start + 20]) || !readIso(bytes, start, start + 19, utc, instant)) return false
      let count = 0
      for (let at = start + 20; at < end; count++) {
        if (count === most) return false
        starts[count] = at
        ends[count] = wordEnd(bytes, at, end)
        if (ends[count] === at) return false
        at = ends[count] + 1
      }
      const ids = count === most ? full : count === most - 1 ? short : undefined
      if (ids === undefined) return false
      const status = starts[count - behind.length]
      const isStatus = ends[count - behind.length] - status === 3 && isDigit(bytes[status])
      const method = bytes[starts[methodField]]
      if (!isStatus || !isDigit(bytes[starts[portField]]) || method < 65 || method > 90) return false
      draft.takeTime(instant, start, 19)
      for (let i = 0; i < count; i++) {
        const length = ends[i] - starts[i]
        if (length > 1 || bytes[starts[i]] !== dash) draft.addAttribute(ids[i], starts[i], length)
      }
      draft.severityNumber = bytes[status] === 53 ? 17 : bytes[status] === 52 ? 13 : 9
      draft.setRole(role.body, start, end - start)
      return true
    }
  }
}
